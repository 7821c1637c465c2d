"""Symptoms of a bad result inside the networks: gradients, dead and saturated units.

Every function takes the rows of one group (see `criteria`) from
`training.probes.GradientProbe`. Numbers are means over the seeds, medians where they
are ratios of gradients.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vaelib.analysis.diagnosis.criteria import DEFAULTS, Thresholds
from vaelib.analysis.diagnosis.symptoms import Cause, Symptom
from vaelib.formatting import percent, ratio

_NETWORKS = ("encoder", "decoder")
# Activations that are zero on an interval, where many pre-activations of a good model lie.
RECTIFIERS = frozenset(
    ("relu", "relu6", "sparse_plus", "hard_shrink", "soft_shrink", "threshold"),
)


def exploding(
    gradients: pd.DataFrame, flow: pd.DataFrame, thresholds: Thresholds = DEFAULTS
) -> Symptom:
    """Look for a gradient that grows from the last layers to the first, or in training.

    Parameters
    ----------
    gradients : pandas.DataFrame
    flow : pandas.DataFrame
        Of these gradients; see `metrics.gradient_flow`.
    thresholds : Thresholds
    """
    limit = 1 / thresholds.gradient_flow
    median = _median_by_epoch(flow["flow"])
    over = int((median > limit).sum())
    growth = _norm_growth(gradients).median()
    present = growth >= thresholds.norm_growth or _persists(over, median, thresholds)
    measured = (
        f"up to {ratio(median.max())} times, over {ratio(limit)} in {over} of {len(median)} "
        f"measurements; the norm grows to {ratio(growth)} times its initial value"
    )
    criterion = (
        f"the gradient at the first hidden layers over {ratio(limit)} times that at the last, in "
        f"at least {percent(thresholds.persistence)} of the measurements, or its norm "
        f"{ratio(thresholds.norm_growth)} times the initial one"
    )
    numbers = {"largest": median.max(), "measurements": over, "growth": growth}
    return Symptom(Cause.EXPLODING, bool(present), measured, criterion, numbers)


def vanishing(
    flow: pd.DataFrame, thresholds: Thresholds = DEFAULTS, collapsed: bool = False
) -> Symptom:
    """Look for a gradient that shrinks from the last layers to the first.

    What is small in a model that ignores its code is not due to its layers. After a
    collapse, the measurement before training is therefore the only one that counts.

    Parameters
    ----------
    flow : pandas.DataFrame
        See `metrics.gradient_flow`.
    thresholds : Thresholds
    collapsed : bool
        Whether the posterior collapsed.
    """
    if collapsed:
        flow = flow[flow.index.get_level_values("epoch") == 0]
    median = _median_by_epoch(flow["flow"])
    under = int((median < thresholds.gradient_flow).sum())
    measured = "there is no hidden layer, or no gradient, to measure"
    if len(median):
        lowest = median.idxmin()
        by_network = {name: _median_by_epoch(flow[name])[lowest] for name in _NETWORKS}
        measured = (
            f"{ratio(median.min())} at the lowest, most lost in the "
            f"{min(by_network, key=by_network.get)}; under {thresholds.gradient_flow:g} in {under} "
            f"of {len(median)} measurements"
        )
    criterion = (
        f"under {thresholds.gradient_flow:g} of the gradient at the last hidden layers reaches the "
        f"first, in at least {percent(thresholds.persistence)} of the measurements"
    )
    numbers = {"smallest": median.min(), "measurements": under}
    present = _persists(under, median, thresholds)
    return Symptom(Cause.VANISHING, present, measured, criterion, numbers)


def dead(gradients: pd.DataFrame, collapsed: bool, thresholds: Thresholds = DEFAULTS) -> Symptom:
    """Look for a layer of units that are saturated for every probe image.

    A decoder that ignores the code of a collapsed posterior has constant units,
    and those that are flat look dead. After a collapse the decoder's units
    therefore count only if they were dead before training.

    Parameters
    ----------
    gradients : pandas.DataFrame
    collapsed : bool
        Whether the posterior collapsed.
    thresholds : Thresholds
    """
    hidden = _hidden_layers(gradients)
    shares = _mean_by_layer(hidden, "dead", "last")
    if collapsed:
        initially = _mean_by_layer(hidden, "dead", "first")
        in_encoder = shares.index.get_level_values("network") == "encoder"
        shares = shares[in_encoder | (initially >= thresholds.dead_share)]
    text = "of the units of {layer} pass no gradient on for any probe image"
    return _largest_share(Cause.DEAD, shares, thresholds.dead_share, text)


def saturation(
    gradients: pd.DataFrame, activations: Mapping[str, str], thresholds: Thresholds = DEFAULTS
) -> Symptom:
    """Look for a layer whose units work where the activation function is flat.

    Not in a network of `RECTIFIERS`, where units are zero for many images in any
    good model.

    Parameters
    ----------
    gradients : pandas.DataFrame
    activations : mapping of str to str
        Name of the activation of the ``encoder`` and of the ``decoder``.
    thresholds : Thresholds
    """
    hidden = _hidden_layers(gradients)
    rectified = hidden["network"].map(activations).isin(RECTIFIERS)
    hidden = hidden[~rectified & (hidden["dead"] < 1)]
    # Every element of a dead unit is saturated; count those of the other units only.
    share = (hidden["saturated"] - hidden["dead"]) / (1 - hidden["dead"])
    shares = _mean_by_layer(hidden.assign(saturated=share), "saturated", "last")
    text = "of the pre-activations of {layer} lie where the activation function is flat"
    return _largest_share(Cause.SATURATION, shares, thresholds.saturated_share, text)


def _median_by_epoch(values: pd.Series) -> pd.Series:
    """Return the median over seeds of the finite values at each epoch that has some."""
    return values.where(np.isfinite(values)).groupby("epoch").median().dropna()


def _norm_growth(gradients: pd.DataFrame) -> pd.Series:
    """Return each seed's largest norm of the whole gradient over that before training.

    Infinite where the norm before training is not finite.
    """
    squares = gradients.assign(square=gradients["gradient_norm"] ** 2)
    total = squares.groupby(["seed", "epoch"])["square"].agg(lambda part: part.sum(skipna=False))
    norms = np.sqrt(total).where(np.isfinite)
    initial = norms.xs(0, level="epoch")
    growth = norms.groupby("seed").max() / initial
    return growth.where(initial.notna(), np.inf)


def _persists(count: int, measurements: pd.Series, thresholds: Thresholds) -> bool:
    return count > 0 and count >= thresholds.persistence * len(measurements)


def _hidden_layers(gradients: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of hidden layers where the gradient is finite."""
    hidden = gradients["role"] == "hidden"
    return gradients[hidden & np.isfinite(gradients["gradient_rms"])]


def _mean_by_layer(hidden: pd.DataFrame, column: str, which: str) -> pd.Series:
    """Return a mean over seeds for each network and layer.

    `which` is ``first`` or ``last``, of each seed's epochs.
    """
    epochs = hidden.groupby("seed")["epoch"]
    chosen = epochs.transform({"first": "min", "last": "max"}[which])
    rows = hidden[hidden["epoch"] == chosen]
    return rows.groupby(["network", "layer"])[column].mean()


def _largest_share(cause: Cause, shares: pd.Series, limit: float, text: str) -> Symptom:
    """Return the symptom of the layer with the largest share."""
    criterion = f"{percent(limit)} of a layer or more"
    if shares.empty:
        return Symptom(cause, False, "there is no layer to measure", criterion, {"share": np.nan})
    largest = shares.max()
    _, layer = shares.idxmax()
    measured = f"{percent(largest)} {text.format(layer=layer)}"
    return Symptom(cause, bool(largest >= limit), measured, criterion, {"share": largest})
