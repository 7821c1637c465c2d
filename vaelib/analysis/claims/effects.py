"""Effects by which pairs of activations are compared, within one setting.

Each function takes a `measurements.Case` and the pairs (a, b), and returns the paired
differences a - b, of which lower is better. A pair is compared replicate by replicate,
on the same split.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from vaelib.analysis import intervals
from vaelib.analysis.claims.measurements import Case
from vaelib.analysis.claims.pairs import Pairs
from vaelib.analysis.diagnosis.criteria import DEFAULTS

SPEED_MARGIN = float(np.log(1.1))
LOG_RATIO = "log ratio"  # in the names of measures that are one


@dataclasses.dataclass(frozen=True)
class PairedDifferences:
    """The differences of a measure between the activations of each pair.

    Attributes
    ----------
    measure : str
        Its name, with the unit.
    differences : dict of (a, b) to array of float [replicates]
        a - b, for each common replicate.
    margin : float
        A difference of at most this does not matter; in the measure's unit.
    observed : sequence of bool or None
        For each pair, whether what is compared occurred at all. None for measures
        that can always be compared.
    """

    measure: str
    differences: dict[tuple[str, str], np.ndarray]
    margin: float
    observed: Sequence[bool] | None = None


Effect = Callable[[Case, Pairs], PairedDifferences]
_Curves = Mapping[str, Mapping[str, np.ndarray]]


def steps(case: Case, pairs: Pairs) -> PairedDifferences:
    """Compare the optimiser steps to a quality that both reach, as log ratios.

    The quality is the best validation loss of the worse of the two with that
    replicate. It must be clearly better than that of a constant image: by more than
    `Thresholds.collapsed_gain` of what the best activation gains there, as at the floor
    the first step may decide. Steps are counted in epochs, with fractions from the
    straight line between epochs. Replicates in which the quality is not clear, or both
    need less than one epoch, are left out.
    """
    curves = _curves(case.history, "val_loss")
    clear = _clear_losses(case.runs, curves)
    differences = {}
    for a, b in pairs:
        logs = []
        for replicate in sorted(curves[a].keys() & curves[b].keys()):
            of_a, of_b = curves[a][replicate], curves[b][replicate]
            target = max(of_a.min(), of_b.min())
            needed = crossing(of_a, target), crossing(of_b, target)
            if target < clear[replicate] and max(needed) > 1:
                logs.append(np.log(needed[0] / needed[1]))
        differences[a, b] = np.array(logs)
    return PairedDifferences(f"steps to equal quality ({LOG_RATIO})", differences, SPEED_MARGIN)


def overfit(case: Case, pairs: Pairs) -> PairedDifferences:
    """Compare generalisation gaps of equally good fits to the training images.

    A gap depends on how far the training images are fitted. Both are therefore compared
    when they reach the best training loss of the worse fit of the two with that
    replicate; the gap is the validation loss at that time, less that training loss.
    As both have the same split, what is luck of the split cancels out.
    The training loss at the end of an epoch is taken as the mean of those logged
    during that epoch and the next, which are means over weights before and after.
    Replicates where one fits better after the first epoch than the other ever does are
    left out. Overfitting is observed where the larger gap's 95 % interval (Student's,
    over replicates, whose splits differ) is above the margin.
    """
    training, validation = _curves(case.history, "loss"), _curves(case.history, "val_loss")
    differences, observed = {}, []
    for a, b in pairs:
        gaps = []
        for replicate in sorted(training[a].keys() & training[b].keys()):
            # At the end of each epoch but the last.
            both = [training[name][replicate] for name in (a, b)]
            fits = [(losses[:-1] + losses[1:]) / 2 for losses in both]
            if min(map(len, fits)) < 2:
                continue
            target = max(fit.min() for fit in fits)
            if target > min(fit[0] for fit in fits):
                continue
            gaps.append(
                [
                    _value_at(validation[name][replicate][:-1], crossing(fit, target)) - target
                    for name, fit in zip((a, b), fits, strict=True)
                ]
            )
        gaps = np.reshape(gaps, (-1, 2))
        differences[a, b] = gaps[:, 0] - gaps[:, 1]
        low, _ = intervals.mean_interval(gaps)
        observed.append(bool(np.max(low) > case.margin))
    return PairedDifferences("gap at equal fit (nats)", differences, case.margin, observed)


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


def _curves(history: pd.DataFrame, column: str) -> _Curves:
    """Return the curve of each activation and replicate."""
    curves: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
    ordered = history.sort_values("epoch")
    for (activation, replicate), rows in ordered.groupby(["activation", "replicate"]):
        curves[activation][replicate] = rows[column].to_numpy(float)
    return curves


def _clear_losses(runs: pd.DataFrame, curves: _Curves) -> dict[str, float]:
    """Return the loss of each replicate under which a model is clearly above the floor."""
    clear = {}
    # Of the validation images, as the losses are.
    for replicate, floor in (-runs.groupby("replicate")["constant_val_elbo"].first()).items():
        best = min(of[replicate].min() for of in curves.values() if replicate in of)
        clear[replicate] = floor - DEFAULTS.collapsed_gain * max(floor - best, 0)
    return clear
