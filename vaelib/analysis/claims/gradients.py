"""Evidence about vanishing gradients: the gradient flow by setting, depth and remedy.

The gradient flow is `metrics.gradient_flow`, as recorded in ``runs``; it has vanished
below `Thresholds.gradient_flow`, the threshold of the diagnosis.
"""

import enum
import itertools

import numpy as np
import pandas as pd

from vaelib.analysis import intervals
from vaelib.analysis.claims import evidence
from vaelib.analysis.claims.evidence import SETTING, Outcome, Studies
from vaelib.analysis.diagnosis.criteria import DEFAULTS

BEFORE, AFTER = "before training", "after training"
COLUMNS = {BEFORE: "gradient_flow_start", AFTER: "gradient_flow"}
# What is changed, by its key in a setting.
REMEDIES = {
    "depth": "deeper model",
    "optimizer": "other optimiser",
    "activation": "other activation",
}
_SMALLEST = 1e-12  # so that no gradient at all has a logarithm


class FlowState(enum.StrEnum):
    """Where the 95 % interval of a gradient flow lies relative to the threshold."""

    VANISHED = "vanished"  # below
    KEPT = "kept"  # above
    OPEN = "open"  # on both sides, or there is no interval


_REMEDY_OUTCOMES = {
    FlowState.KEPT: Outcome.HOLDS,
    FlowState.VANISHED: Outcome.CONTRADICTED,
    FlowState.OPEN: Outcome.OPEN,
}


def flow_by_setting(studies: Studies) -> pd.DataFrame:
    """Return the gradient flow of each activation in each setting, over seeds.

    Parameters
    ----------
    studies : mapping
        See `evidence.read`.

    Returns
    -------
    pandas.DataFrame
        The columns of `evidence.SETTING`, ``activation``, ``moment`` (a key of
        `COLUMNS`), ``n``, ``flow`` (geometric mean), ``low``, ``high`` (Student's
        95 % interval of the logarithm's mean) and ``state``, a `FlowState`.
    """
    rows = []
    for setting, group in evidence.by_setting(_at_one_rate(studies)):
        for activation, models in group.groupby("activation", sort=False):
            for moment, column in COLUMNS.items():
                found = _estimate(_logarithms(models[column]).dropna().to_numpy(float))
                state = _state(found["low"], found["high"])
                key = {**setting, "activation": activation, "moment": moment}
                rows.append({**key, **found, "state": state})
    columns = [*SETTING, "activation", "moment", "n", "flow", "low", "high", "state"]
    return pd.DataFrame(rows, columns=columns)


def vanishing_with_depth(studies: Studies) -> pd.DataFrame:
    """Compare the deepest network with the shallowest, for sigmoid, tanh and ReLU.

    Parameters
    ----------
    studies : mapping
        See `evidence.read`.

    Returns
    -------
    pandas.DataFrame
        A row for each setting with several depths, moment and activation: the
        setting, ``moment``, ``activation``, ``shallowest`` and ``deepest``;
        ``n``, ``flow``, ``low`` and ``high`` of the deepest network; ``state``,
        vanished only where the flow is also lower than in the shallowest; and
        ``outcome``, which holds where sigmoid's and tanh's has vanished and
        ReLU's is kept.
    """
    expected = {
        "sigmoid": FlowState.VANISHED,
        "tanh": FlowState.VANISHED,
        "relu": FlowState.KEPT,
    }
    rows = []
    for setting, group in evidence.by_setting(_at_one_rate(studies), without=["depth"]):
        shallowest, deepest = group["depth"].min(), group["depth"].max()
        if shallowest == deepest or not set(expected) <= set(group["activation"]):
            continue
        for moment, activation in itertools.product(COLUMNS, expected):
            models = group[group["activation"] == activation]
            found = _with_depth(models, COLUMNS[moment], shallowest, deepest)
            row = {**setting, "moment": moment, "activation": activation, **found}
            rows.append({**row, "outcome": _outcome(found["state"], expected[activation])})
    return pd.DataFrame(rows)


def remedies(studies: Studies) -> pd.DataFrame:
    """Find what keeps a gradient flow that has vanished without it, all else being equal.

    Parameters
    ----------
    studies : mapping
        See `evidence.read`.

    Returns
    -------
    pandas.DataFrame
        ``remedy``, a value of `REMEDIES`; the row of `flow_by_setting` with the
        remedy; ``vanished_with``, the values that it replaces, with which the
        gradient has vanished; and ``outcome``.
    """
    flows = flow_by_setting(studies)
    rows = []
    for key, remedy in REMEDIES.items():
        # Before training, the optimiser has not done anything yet.
        considered = flows[flows["moment"] == AFTER] if key == "optimizer" else flows
        equal = [name for name in (*SETTING, "activation", "moment") if name != key]
        for _, group in considered.groupby(equal, sort=False, dropna=False):
            vanished = group[group["state"] == FlowState.VANISHED]
            for row in group.to_dict("records"):
                without = vanished[vanished[key] != row[key]]
                if key == "depth":
                    without = without[without["depth"] < row["depth"]]
                if len(without):
                    replaced = ", ".join(map(str, without[key]))
                    rows.append({"remedy": remedy, **row, "vanished_with": replaced})
    table = pd.DataFrame(rows)
    if rows:
        table["outcome"] = table["state"].map(_REMEDY_OUTCOMES)
    return table


def _at_one_rate(studies: Studies) -> pd.DataFrame:
    """Return the runs without the repeated ones of the tuned rates."""
    runs = evidence.comparable_runs(studies)
    return runs[runs["learning_rate"] != evidence.TUNED]


def _logarithms(flow: pd.Series) -> pd.Series:
    return np.log10(flow.clip(lower=_SMALLEST))


def _estimate(logarithms: np.ndarray) -> dict:
    """Return the geometric mean and its interval."""
    low, high = intervals.mean_interval(logarithms)
    n = len(logarithms)
    mean = 10 ** logarithms.mean() if n else np.nan
    return {"n": n, "flow": mean, "low": 10**low, "high": 10**high}


def _state(low: float, high: float) -> FlowState:
    if high < DEFAULTS.gradient_flow:
        return FlowState.VANISHED
    return FlowState.KEPT if low > DEFAULTS.gradient_flow else FlowState.OPEN


def _with_depth(models: pd.DataFrame, column: str, shallowest: int, deepest: int) -> dict:
    """Return the flow of the deepest networks, and whether it vanishes with depth."""
    logarithms = {
        depth: _logarithms(models[models["depth"] == depth].set_index("seed")[column])
        for depth in (shallowest, deepest)
    }
    shallow, deep = pd.DataFrame(logarithms).dropna().to_numpy(float).T
    found = _estimate(deep)
    state = _state(found["low"], found["high"])
    _, highest_change = intervals.mean_interval(deep - shallow)
    if state == FlowState.VANISHED and not highest_change < 0:
        state = FlowState.OPEN
    return {"shallowest": shallowest, "deepest": deepest, **found, "state": state}


def _outcome(state: FlowState, expected: FlowState) -> Outcome:
    if state == FlowState.OPEN:
        return Outcome.OPEN
    return Outcome.HOLDS if state == expected else Outcome.CONTRADICTED
