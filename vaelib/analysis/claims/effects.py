"""What pairs of activations are compared by, within one setting of the studies.

Each function takes the finished runs of the setting, their history and the pairs
(a, b), and returns the differences a - b by pair, one for each common seed; the
margin under which they do not matter; and columns to add, ``measure`` its name.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from vaelib.analysis import paired_tests

MARGIN = 0.01  # of the size of an ELBO or an error
SPEED_MARGIN = float(np.log(1.1))

Pairs = Sequence[tuple[str, str]]
Effect = Callable[[pd.DataFrame, pd.DataFrame, Pairs], tuple[dict, float, dict]]


def elbo(runs: pd.DataFrame, history: pd.DataFrame, pairs: Pairs) -> tuple[dict, float, dict]:
    """Compare ELBOs of test images, or of validation images where not all have a test."""
    column = "elbo" if runs["elbo"].notna().all() else "val_elbo"
    name = "test ELBO (nats)" if column == "elbo" else "validation ELBO (nats)"
    return _valued(runs, column, pairs, name)


def reconstruction(
    runs: pd.DataFrame, history: pd.DataFrame, pairs: Pairs
) -> tuple[dict, float, dict]:
    """Compare MSEs of test images, or the last validation reconstruction error in nats."""
    if runs["mse"].notna().all():
        return _valued(runs, "mse", pairs, "test MSE")
    last = history.sort_values("epoch").drop_duplicates(["activation", "seed"], keep="last")
    return _valued(last, "val_reconstruction", pairs, "validation reconstruction error (nats)")


def pace(runs: pd.DataFrame, history: pd.DataFrame, pairs: Pairs) -> tuple[dict, float, dict]:
    """Compare the times of an epoch, all of equally many steps, as log ratios."""
    logs = runs.assign(log=np.log(runs["seconds_per_epoch"]))
    differences, _, _ = _valued(logs, "log", pairs, "")
    return differences, SPEED_MARGIN, {"measure": "time per step (log ratio)"}


def steps(runs: pd.DataFrame, history: pd.DataFrame, pairs: Pairs) -> tuple[dict, float, dict]:
    """Compare the optimiser steps to a quality that both reach, as log ratios.

    The quality is the best validation loss of the worse of the two with that
    seed. Steps are counted in epochs, with fractions from the straight line
    between epochs; where both need less than one, nothing is known.
    """
    curves = _curves(history, "val_loss")
    differences = {}
    for a, b in pairs:
        logs = []
        for seed in sorted(curves[a].keys() & curves[b].keys()):
            of_a, of_b = curves[a][seed], curves[b][seed]
            target = max(of_a.min(), of_b.min())
            needed = crossing(of_a, target), crossing(of_b, target)
            logs += [np.log(needed[0] / needed[1])] if max(needed) > 1 else []
        differences[a, b] = np.array(logs)
    return differences, SPEED_MARGIN, {"measure": "steps to equal quality (log ratio)"}


def overfit(runs: pd.DataFrame, history: pd.DataFrame, pairs: Pairs) -> tuple[dict, float, dict]:
    """Compare generalisation gaps of equally good fits to the training images.

    A model that learned little has little to lose. So both are taken at the
    moment when they reach the best training loss of the worse fit of the two
    with that seed; the gap is the validation loss then, less that training
    loss. The training loss at the end of an epoch is taken as the mean of those
    logged during that epoch and the next, which are means over weights before
    and after. Seeds where one fits better after the first epoch than the other
    ever does are left out.
    """
    fits, tests = _curves(history, "loss"), _curves(history, "val_loss")
    differences, larger = {}, []
    for a, b in pairs:
        gaps = []
        for seed in sorted(fits[a].keys() & fits[b].keys()):
            fit = [(fits[name][seed][:-1] + fits[name][seed][1:]) / 2 for name in (a, b)]
            if min(map(len, fit)) < 2 or max(f.min() for f in fit) > min(f[0] for f in fit):
                continue
            target = max(f.min() for f in fit)
            after = [tests[name][seed][:-1] for name in (a, b)]
            at = [crossing(f, target) - 1 for f in fit]
            reached = [np.interp(i, np.arange(len(v)), v) for i, v in zip(at, after, strict=True)]
            gaps.append(np.array(reached) - target)
        gaps = np.reshape(gaps, (-1, 2))
        differences[a, b] = gaps[:, 0] - gaps[:, 1]
        larger.append(gaps.mean(axis=0).max() if len(gaps) else np.nan)
    margin = MARGIN * history["loss"].abs().median()
    return differences, margin, {"measure": "gap at equal fit (nats)", "larger_gap": larger}


def crossing(curve: np.ndarray, target: float) -> float:
    """Return the epoch, from 1 and with fractions, at which a curve first falls to a target."""
    lowest = np.minimum.accumulate(curve)
    after = int(np.argmax(lowest <= target))
    if after == 0:
        return 1.0
    before = after - 1
    return after + (lowest[before] - target) / (lowest[before] - lowest[after])


def _valued(runs: pd.DataFrame, column: str, pairs: Pairs, name: str) -> tuple[dict, float, dict]:
    by_seed = {name: rows.set_index("seed")[column] for name, rows in runs.groupby("activation")}
    values = pd.DataFrame(by_seed, dtype=float)
    differences = {
        (a, b): paired_tests.difference(values[a].to_numpy(), values[b].to_numpy())
        for a, b in pairs
    }
    return differences, MARGIN * runs[column].abs().median(), {"measure": name}


def _curves(history: pd.DataFrame, column: str) -> dict[str, dict[int, np.ndarray]]:
    curves: dict[str, dict[int, np.ndarray]] = defaultdict(dict)
    ordered = history.sort_values("epoch")
    for (activation, seed), rows in ordered.groupby(["activation", "seed"]):
        curves[activation][seed] = rows[column].to_numpy(float)
    return curves
