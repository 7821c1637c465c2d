"""Evidence about vanishing gradients: the gradient flow by setting, depth and remedy.

The gradient flow is `metrics.gradient_flow`, as recorded in ``runs``; it has vanished
below `Thresholds.gradient_flow`, the threshold of the diagnosis.
"""

import enum

import numpy as np
import pandas as pd

from vaelib.analysis import intervals
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.claims.measurements import ANY, SETTING, Measurements
from vaelib.analysis.curves import BEFORE
from vaelib.analysis.diagnosis.criteria import DEFAULTS, RelativeQuality
from vaelib.analysis.diagnosis.symptoms import collapsed

LEARNING = "while learning"
COLUMNS = {BEFORE: "gradient_flow_start", LEARNING: "gradient_flow_learning"}
# What a network before training does not depend on: that it has in common.
_OF_TRAINING = (
    "optimizer",
    "train_size",
    "weight_decay",
    "learning_rate",
    "batch_size",
    "training",
)
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
    # Of a model that ignores its code: what is small then is not due to the layers.
    COLLAPSED = "posterior collapsed"


_REMEDY_OUTCOMES = {
    FlowState.KEPT: Outcome.HOLDS,
    FlowState.VANISHED: Outcome.CONTRADICTED,
    FlowState.OPEN: Outcome.OPEN,
    FlowState.COLLAPSED: Outcome.OPEN,
}


def flow_by_setting(
    measurements: Measurements, threshold: float = DEFAULTS.gradient_flow
) -> pd.DataFrame:
    """Return the gradient flow of each activation in each setting, over replicates.

    Parameters
    ----------
    measurements : Measurements
    threshold : float
        Flow below which a gradient has vanished.

    Returns
    -------
    pandas.DataFrame
        The columns of `measurements.SETTING`, ``activation``, ``moment`` (a key of
        `COLUMNS`), ``n``, ``flow`` (geometric mean), ``low``, ``high`` (Student's
        95 % interval of the logarithm's mean) and ``state``, a `FlowState`. Before
        training, each initial network is counted once, however many models were
        trained from it, and what only concerns the training is `ANY`. While learning,
        a flow is the median over the epochs up to the weights that are kept.
    """
    rows = []
    for moment, column in COLUMNS.items():
        models = _measured(measurements, moment)
        keys = [*SETTING, "activation"]
        for values, group in models.groupby(keys, sort=False):
            found = _estimate(group[column])
            state = _state(found, threshold, bool(group["collapsed"].iloc[0]))
            key = dict(zip(keys, values, strict=True))
            rows.append({**key, "moment": moment, **found, "state": state})
    columns = [*SETTING, "activation", "moment", "n", "flow", "low", "high", "state"]
    return pd.DataFrame(rows, columns=columns)


def vanishing_with_depth(
    measurements: Measurements,
    activation: str,
    expected: FlowState,
    threshold: float = DEFAULTS.gradient_flow,
) -> pd.DataFrame:
    """Compare the deepest network of an activation with its shallowest.

    Parameters
    ----------
    measurements : Measurements
    activation : str
    expected : FlowState
        Of the deepest, by the claim.
    threshold : float
        Flow below which a gradient has vanished.

    Returns
    -------
    pandas.DataFrame
        A row for each setting with several depths, and moment: the setting,
        ``moment``, ``activation``, ``shallowest`` and ``deepest``; ``n``, ``flow``,
        ``low`` and ``high`` of the deepest network; ``state``, vanished only where the
        flow is also lower than in the shallowest; and ``outcome``, which holds where
        the state is the expected one.
    """
    rows = []
    keys = [key for key in SETTING if key != "depth"]
    for moment, column in COLUMNS.items():
        models = _measured(measurements, moment)
        models = models[models["activation"] == activation]
        for values, group in models.groupby(keys, sort=False):
            shallowest, deepest = group["depth"].min(), group["depth"].max()
            if shallowest == deepest:
                continue
            found = _with_depth(group, column, threshold)
            key = {**dict(zip(keys, values, strict=True)), "moment": moment}
            depths = {"shallowest": shallowest, "deepest": deepest}
            row = {**key, "activation": activation, **depths, **found}
            rows.append({**row, "outcome": _outcome(found["state"], expected)})
    return pd.DataFrame(rows)


def remedies(
    measurements: Measurements, key: str, threshold: float = DEFAULTS.gradient_flow
) -> pd.DataFrame:
    """Find where a change keeps a gradient flow that has vanished without it.

    Parameters
    ----------
    measurements : Measurements
    key : str
        What is changed, of `REMEDIES`; all else is equal.
    threshold : float
        Flow below which a gradient has vanished.

    Returns
    -------
    pandas.DataFrame
        ``remedy``, a value of `REMEDIES`; the row of `flow_by_setting` with the
        remedy; ``vanished_with``, the values that it replaces, with which the
        gradient has vanished; and ``outcome``.
    """
    flows = flow_by_setting(measurements, threshold)
    if key == "optimizer":  # before training it has not done anything yet
        flows = flows[flows["moment"] == LEARNING]
    equal = [name for name in (*SETTING, "activation", "moment") if name != key]
    rows = []
    for _, group in flows.groupby(equal, sort=False):
        vanished = group[group["state"] == FlowState.VANISHED]
        for row in group.to_dict("records"):
            without = vanished[vanished[key] != row[key]]
            if key == "depth":
                without = without[without["depth"] < row["depth"]]
            if len(without):
                replaced = ", ".join(map(str, without[key]))
                rows.append({"remedy": REMEDIES[key], **row, "vanished_with": replaced})
    table = pd.DataFrame(rows)
    return table.assign(outcome=table["state"].map(_REMEDY_OUTCOMES)) if rows else table


def _measured(measurements: Measurements, moment: str) -> pd.DataFrame:
    """Return the networks whose flow at that moment was measured, each of them once."""
    models = _with_collapse(measurements.models)
    if moment == LEARNING:
        return models
    initial = models.assign(collapsed=False, **dict.fromkeys(_OF_TRAINING, ANY))
    # Initialisers have the same weights for many activations, and so do other images: on
    # those, or with another likelihood, they have another gradient.
    network = [key for key in SETTING if key not in (*_OF_TRAINING, "initializer")]
    return initial.drop_duplicates([*network, "activation", "start"])


def _with_collapse(models: pd.DataFrame) -> pd.DataFrame:
    """Return the models with the column ``collapsed``: the posterior of their group."""
    if models.empty:
        return models.assign(collapsed=False)
    by_group = models.groupby([*SETTING, "activation"])
    means = {
        name: by_group[name].transform("mean")
        for name in ("elbo", "constant_elbo", "active_units", "latent_dim")
    }
    best = means["elbo"].groupby([models[key] for key in SETTING]).transform("max")
    rows = zip(*means.values(), best, strict=True)
    return models.assign(
        collapsed=[
            collapsed(active, units, RelativeQuality(elbo, highest, floor))
            for elbo, floor, active, units, highest in rows
        ]
    )


def _logarithms(flow: pd.Series) -> pd.Series:
    return np.log10(flow.clip(lower=_SMALLEST))


def _estimate(flow: pd.Series) -> dict:
    """Return the number of networks, the geometric mean and its interval."""
    logarithms = _logarithms(flow).dropna().to_numpy(float)
    low, high = intervals.mean_interval(logarithms)
    n = len(logarithms)
    mean = 10 ** logarithms.mean() if n else np.nan
    return {"n": n, "flow": mean, "low": 10**low, "high": 10**high}


def _state(found: dict, threshold: float, has_collapsed: bool) -> FlowState:
    if found["high"] < threshold:
        return FlowState.COLLAPSED if has_collapsed else FlowState.VANISHED
    return FlowState.KEPT if found["low"] > threshold else FlowState.OPEN


def _with_depth(models: pd.DataFrame, column: str, threshold: float) -> dict:
    """Return the flow of the deepest networks, and whether it vanishes with depth."""
    shallow, deep = (models[models["depth"] == models["depth"].agg(end)] for end in ("min", "max"))
    found = _estimate(deep[column])
    state = _state(found, threshold, bool(deep["collapsed"].iloc[0]))
    both = [_logarithms(part.set_index("replicate")[column]) for part in (deep, shallow)]
    _, highest_change = intervals.mean_interval((both[0] - both[1]).dropna().to_numpy(float))
    if state == FlowState.VANISHED and not highest_change < 0:
        state = FlowState.OPEN
    return {**found, "state": state}


def _outcome(state: FlowState, expected: FlowState) -> Outcome:
    if state in (FlowState.OPEN, FlowState.COLLAPSED):
        return Outcome.OPEN
    return Outcome.HOLDS if state == expected else Outcome.CONTRADICTED
