"""The signs by which causes of a bad result are told apart, measured in the tables.

Every function takes the rows of one group: what one activation did in one
setting, over its seeds. Numbers are means over the seeds, medians where they are
ratios of gradients.
"""

import dataclasses
import enum
import re

import numpy as np
import pandas as pd

from vaelib.analysis.diagnosis.criteria import DEFAULTS, Standing, Thresholds
from vaelib.formatting import nats, percent, ratio
from vaelib.results.keys import Status


class Cause(enum.StrEnum):
    """Causes of a bad result, in the order of explanation.

    Each may bring about those after it.
    """

    DIVERGENCE = "divergence"
    EXPLODING = "exploding gradient"
    DEAD = "dead units"
    SATURATION = "saturation"
    VANISHING = "vanishing gradient"
    COLLAPSE = "posterior collapse"
    OVERFITTING = "overfitting"
    UNDERFITTING = "underfitting"


_NETWORKS = ("encoder", "decoder")
# Zero over a part of the axis where many inputs lie.
_RECTIFIERS = {"relu", "relu6", "sparse_plus", "hard_shrink", "soft_shrink", "threshold"}


@dataclasses.dataclass(frozen=True)
class Symptom:
    """One cause, looked for.

    Attributes
    ----------
    cause : Cause
    present : bool
    text : str
        What was measured, and the threshold.
    numbers : dict of str to float
        Those of the text; NaN for what could not be measured.
    """

    cause: Cause
    present: bool
    text: str
    numbers: dict[str, float]


def divergence(
    runs: pd.DataFrame, history: pd.DataFrame, thresholds: Thresholds = DEFAULTS
) -> Symptom:
    """Look for a loss that was no longer a number, or rose beyond a constant image's."""
    lost = runs["status"] == Status.DIVERGED
    rows = history[history["seed"].isin(runs.loc[lost, "seed"])]
    epoch = rows.loc[~np.isfinite(rows[["loss", "val_loss"]]).all(axis=1), "epoch"].min()
    losses = history.sort_values("epoch").groupby("seed")["loss"]
    rise = (losses.last() - losses.first()).reindex(runs["seed"]).to_numpy()
    floor = runs["constant_elbo"]
    rose = (rise > thresholds.rise * floor.abs()) & (runs["train_elbo"] < floor) & ~lost
    parts = []
    if lost.any() or not rose.any():
        since = "" if np.isnan(epoch) else f", first in epoch {epoch}"
        parts.append(f"the loss was no longer a number in {lost.sum()} of {len(runs)} runs{since}")
    if rose.any():
        parts.append(
            f"the training loss rose by up to {nats(rise[rose].max())} nats from the first epoch "
            f"to the last, beyond that of a constant image, in {rose.sum()} of {len(runs)} runs"
        )
    numbers = {"lost": int(lost.sum()), "rose": int(rose.sum()), "epoch": float(epoch)}
    return Symptom(Cause.DIVERGENCE, bool((lost | rose).any()), " and ".join(parts), numbers)


def exploding(
    gradients: pd.DataFrame, flow: pd.DataFrame, thresholds: Thresholds = DEFAULTS
) -> Symptom:
    """Look for a gradient that grows towards the input, or in training.

    Parameters
    ----------
    gradients : pandas.DataFrame
        See `training.probes.GradientProbe`.
    flow : pandas.DataFrame
        Of these gradients; see `metrics.gradient_flow`.
    thresholds : Thresholds
    """
    limit = 1 / thresholds.gradient_flow
    median = _median_by_epoch(flow["flow"])
    over = int((median > limit).sum())
    growth = _norm_growth(gradients).median()
    present = growth >= thresholds.growth or _lasts(over, median, thresholds)
    text = (
        f"the gradient at the first hidden layers is up to {ratio(median.max())} times that at "
        f"the last (over {ratio(limit)} in {over} of {len(median)} measurements), its norm up "
        f"to {ratio(growth)} times that at the start (limit {ratio(thresholds.growth)})"
    )
    numbers = {"largest": median.max(), "measurements": over, "growth": growth}
    return Symptom(Cause.EXPLODING, bool(present), text, numbers)


def dead(gradients: pd.DataFrame, collapsed: bool, thresholds: Thresholds = DEFAULTS) -> Symptom:
    """Look for a layer of units that are zero for every probe image.

    A decoder that ignores the code of a collapsed posterior has constant units,
    of which those that are off look dead: then only those count that were dead
    before training.
    """
    hidden = _hidden(gradients)
    shares = _shares_at(hidden, "max")["dead"]
    if collapsed:
        start = _shares_at(hidden, "min")["dead"]
        in_encoder = shares.index.get_level_values("network") == "encoder"
        shares = shares[in_encoder | (start >= thresholds.dead)]
    text = "of the units of {layer} are zero for every probe image"
    return _worst(Cause.DEAD, shares, thresholds.dead, text)


def saturation(gradients: pd.DataFrame, thresholds: Thresholds = DEFAULTS) -> Symptom:
    """Look for a layer whose living units are on the flat parts of their activation.

    Not in rectifiers, whose units are off for many an image in the soundest net.
    """
    names = {name for text in gradients["activation"].unique() for name in re.findall(r"\w+", text)}
    hidden = _hidden(gradients).query("dead < 1")
    if names <= _RECTIFIERS:
        hidden = hidden.iloc[:0]
    # A dead unit's elements are all on a flat part: they are told once.
    living = (hidden["saturated"] - hidden["dead"]) / (1 - hidden["dead"])
    shares = _shares_at(hidden.assign(saturated=living), "max")["saturated"]
    text = "of the elements of {layer} are where their activation is flat"
    return _worst(Cause.SATURATION, shares, thresholds.saturated, text)


def vanishing(flow: pd.DataFrame, thresholds: Thresholds = DEFAULTS) -> Symptom:
    """Look for a gradient that shrinks towards the input; see `metrics.gradient_flow`."""
    median = _median_by_epoch(flow["flow"])
    under = int((median < thresholds.gradient_flow).sum())
    text = "there is no hidden layer, or no gradient, to measure"
    if len(median):
        worst = median.idxmin()
        by_network = {name: _median_by_epoch(flow[name])[worst] for name in _NETWORKS}
        text = (
            f"in the worst epoch {ratio(median.min())} of the gradient at the last hidden layers "
            f"reaches the first, and most is lost in the {min(by_network, key=by_network.get)} "
            f"(under {thresholds.gradient_flow:g} in {under} of {len(median)} measurements)"
        )
    numbers = {"smallest": median.min(), "measurements": under}
    return Symptom(Cause.VANISHING, _lasts(under, median, thresholds), text, numbers)


def collapse(latents: pd.DataFrame, test: Standing) -> Symptom:
    """Look for a posterior that tells next to nothing of the image."""
    limits = test.thresholds
    by_seed = latents.astype({"active": float}).groupby("seed")
    units, (active, kl) = by_seed.size().mean(), by_seed[["active", "kl"]].sum().mean()
    near = test.at_floor or test.lead <= limits.collapsed_lead * (test.best - test.floor)
    text = (
        f"{active:.3g} of {units:.3g} latent units active (limit {percent(limits.active)}), "
        f"KL {nats(kl)} nats, {test.from_floor()}"
    )
    numbers = {"active": active, "units": units, "kl": kl, "lead": test.lead, "floor": test.floor}
    return Symptom(Cause.COLLAPSE, bool(active <= limits.active * units and near), text, numbers)


def overfitting(train: Standing, test: Standing) -> Symptom:
    """Look for a result that is bad on the test images only, and for that gap."""
    gap = train.elbo - test.elbo
    excess = gap - np.nan_to_num(train.best - test.best)
    text = f"{nats(train.elbo)} nats on the training images, {nats(gap)} more than on the test's"
    if train.best > test.best:
        text += f", where the best has {nats(train.best - test.best)} more"
    present = test.bad and not train.bad and excess > test.tolerated
    return Symptom(Cause.OVERFITTING, bool(present), text, {"gap": gap, "excess": excess})


def underfitting(train: Standing, present: bool) -> Symptom:
    """Return the sign of what is left when no other explains a bad result."""
    text = f"no other sign, {nats(train.elbo)} nats on the training images"
    if train.behind > 0:
        text += f", {nats(train.behind)} behind the best there too"
    return Symptom(Cause.UNDERFITTING, present, text, {"behind": train.behind})


def _median_by_epoch(values: pd.Series) -> pd.Series:
    """Return the median over seeds at each epoch at which there is one."""
    return values.where(np.isfinite(values)).groupby("epoch").median().dropna()


def _norm_growth(gradients: pd.DataFrame) -> pd.Series:
    """Return each seed's largest norm of the whole gradient over that before training.

    Infinite for a norm before training that is no finite number.
    """
    squares = gradients.assign(square=gradients["gradient_norm"] ** 2)
    total = squares.groupby(["seed", "epoch"])["square"].agg(lambda part: part.sum(skipna=False))
    norms = np.sqrt(total).where(np.isfinite)
    start = norms.xs(0, level="epoch")
    growth = norms.groupby("seed").max() / start
    return growth.where(start.notna(), np.inf)


def _lasts(count: int, measurements: pd.Series, thresholds: Thresholds) -> bool:
    return count > 0 and count >= thresholds.lasting * len(measurements)


def _hidden(gradients: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of hidden layers as long as the gradient was a number."""
    hidden = gradients["role"] == "hidden"
    return gradients[hidden & np.isfinite(gradients["gradient_rms"])]


def _shares_at(hidden: pd.DataFrame, end: str) -> pd.DataFrame:
    """Return ``dead`` and ``saturated`` by layer, at every seed's first or last epoch."""
    rows = hidden[hidden["epoch"] == hidden.groupby("seed")["epoch"].transform(end)]
    return rows.groupby(["network", "layer"])[["dead", "saturated"]].mean()


def _worst(cause: Cause, shares: pd.Series, limit: float, text: str) -> Symptom:
    """Return the sign of the layer with the largest share."""
    if shares.empty:
        return Symptom(cause, False, "there is no layer to measure", {"share": np.nan})
    worst = shares.max()
    _, layer = shares.idxmax()
    text = f"{percent(worst)} {text.format(layer=layer)} (limit {percent(limit)})"
    return Symptom(cause, bool(worst >= limit), text, {"share": worst})
