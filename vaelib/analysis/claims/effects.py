"""Effects by which pairs of activations are compared, within one setting of the studies.

Each function takes the finished runs of the setting, their history and the pairs
(a, b), and returns the paired differences a - b.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from vaelib.analysis import paired_tests
from vaelib.analysis.claims.pairs import Pairs
from vaelib.results.columns import BY_COLUMN

MARGIN = 0.01  # of the size of an ELBO or an error
SPEED_MARGIN = float(np.log(1.1))


@dataclasses.dataclass(frozen=True)
class PairedDifferences:
    """The differences of a measure between the activations of each pair.

    Attributes
    ----------
    measure : str
        Its name, with the unit.
    differences : dict of (a, b) to array of float [seeds]
        a - b, for each common seed.
    margin : float
        A difference of at most this does not matter; in the measure's unit.
    larger_gap : sequence of float or None
        For each pair, the larger mean generalisation gap of the two: where it is
        within the margin, neither overfits and nothing can be said. None for
        measures that can always be compared.
    """

    measure: str
    differences: dict[tuple[str, str], np.ndarray]
    margin: float
    larger_gap: Sequence[float] | None = None


Effect = Callable[[pd.DataFrame, pd.DataFrame, Pairs], PairedDifferences]


def elbo(runs: pd.DataFrame, history: pd.DataFrame, pairs: Pairs) -> PairedDifferences:
    """Compare ELBOs of test images, or of validation images where not all have a test."""
    if runs["elbo"].notna().all():
        return _differences(runs, "elbo", pairs, BY_COLUMN["elbo"].title)
    return _differences(runs, "val_elbo", pairs, "validation ELBO (nats)")


def reconstruction(runs: pd.DataFrame, history: pd.DataFrame, pairs: Pairs) -> PairedDifferences:
    """Compare MSEs of test images, or the last validation reconstruction error in nats."""
    if runs["mse"].notna().all():
        return _differences(runs, "mse", pairs, "test MSE")
    last = history.sort_values("epoch").drop_duplicates(["activation", "seed"], keep="last")
    name = "validation reconstruction error (nats)"
    return _differences(last, "val_reconstruction", pairs, name)


def pace(runs: pd.DataFrame, history: pd.DataFrame, pairs: Pairs) -> PairedDifferences:
    """Compare the times of an epoch, all of equally many steps, as log ratios."""
    logs = runs.assign(log=np.log(runs["seconds_per_epoch"]))
    compared = _differences(logs, "log", pairs, "time per step (log ratio)")
    return dataclasses.replace(compared, margin=SPEED_MARGIN)


def steps(runs: pd.DataFrame, history: pd.DataFrame, pairs: Pairs) -> PairedDifferences:
    """Compare the optimiser steps to a quality that both reach, as log ratios.

    The quality is the best validation loss of the worse of the two with that
    seed. Steps are counted in epochs, with fractions from the straight line
    between epochs; a seed with which both need less than one is left out.
    """
    curves = _curves(history, "val_loss")
    differences = {}
    for a, b in pairs:
        logs = []
        for seed in sorted(curves[a].keys() & curves[b].keys()):
            of_a, of_b = curves[a][seed], curves[b][seed]
            target = max(of_a.min(), of_b.min())
            needed = crossing(of_a, target), crossing(of_b, target)
            if max(needed) > 1:
                logs.append(np.log(needed[0] / needed[1]))
        differences[a, b] = np.array(logs)
    return PairedDifferences("steps to equal quality (log ratio)", differences, SPEED_MARGIN)


def overfit(runs: pd.DataFrame, history: pd.DataFrame, pairs: Pairs) -> PairedDifferences:
    """Compare generalisation gaps of equally good fits to the training images.

    A model that learned little has a small gap. Both are therefore compared
    when they reach the best training loss of the worse fit of the two with that
    seed; the gap is the validation loss at that time, less that training loss.
    The training loss at the end of an epoch is taken as the mean of those logged
    during that epoch and the next, which are means over weights before and after.
    Seeds where one fits better after the first epoch than the other ever does are
    left out.
    """
    training, validation = _curves(history, "loss"), _curves(history, "val_loss")
    differences, larger = {}, []
    for a, b in pairs:
        gaps = []
        for seed in sorted(training[a].keys() & training[b].keys()):
            # At the end of each epoch but the last.
            fits = [(training[name][seed][:-1] + training[name][seed][1:]) / 2 for name in (a, b)]
            if min(map(len, fits)) < 2:
                continue
            target = max(fit.min() for fit in fits)
            if target > min(fit[0] for fit in fits):
                continue
            gaps.append(
                [
                    _value_at(validation[name][seed][:-1], crossing(fit, target)) - target
                    for name, fit in zip((a, b), fits, strict=True)
                ]
            )
        gaps = np.reshape(gaps, (-1, 2))
        differences[a, b] = gaps[:, 0] - gaps[:, 1]
        larger.append(gaps.mean(axis=0).max() if len(gaps) else np.nan)
    margin = MARGIN * history["loss"].abs().median()
    return PairedDifferences("gap at equal fit (nats)", differences, margin, larger)


def crossing(curve: np.ndarray, target: float) -> float:
    """Return the epoch, from 1 and with fractions, at which a curve first falls to a target."""
    lowest = np.minimum.accumulate(curve)
    after = int(np.argmax(lowest <= target))
    if after == 0:
        return 1.0
    before = after - 1
    return after + (lowest[before] - target) / (lowest[before] - lowest[after])


def _value_at(curve: np.ndarray, epoch: float) -> float:
    """Return a curve's value at an epoch, from 1, on straight lines between epochs."""
    return np.interp(epoch - 1, np.arange(len(curve)), curve)


def _differences(table: pd.DataFrame, column: str, pairs: Pairs, measure: str) -> PairedDifferences:
    """Compare a column, within a margin of a share of its median size."""
    by_seed = {name: rows.set_index("seed")[column] for name, rows in table.groupby("activation")}
    values = pd.DataFrame(by_seed, dtype=float)
    differences = {
        (a, b): paired_tests.difference(values[a].to_numpy(), values[b].to_numpy())
        for a, b in pairs
    }
    return PairedDifferences(measure, differences, MARGIN * table[column].abs().median())


def _curves(history: pd.DataFrame, column: str) -> dict[str, dict[int, np.ndarray]]:
    curves: dict[str, dict[int, np.ndarray]] = defaultdict(dict)
    ordered = history.sort_values("epoch")
    for (activation, seed), rows in ordered.groupby(["activation", "seed"]):
        curves[activation][seed] = rows[column].to_numpy(float)
    return curves
