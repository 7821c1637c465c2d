"""Symptoms of a bad result in losses, ELBOs and latent units.

Every function takes the rows of one group (see `criteria`). Numbers are means over
the seeds. For the symptoms inside the networks see `gradients`.
"""

import dataclasses
import enum

import numpy as np
import pandas as pd

from vaelib.analysis.diagnosis.criteria import DEFAULTS, RelativeQuality, Thresholds
from vaelib.formatting import nats, percent
from vaelib.results.keys import Status


class Cause(enum.StrEnum):
    """Causes of a bad result; each may bring about those after it."""

    DIVERGENCE = "divergence"
    EXPLODING = "exploding gradient"
    DEAD = "dead units"
    SATURATION = "saturation"
    VANISHING = "vanishing gradient"
    COLLAPSE = "posterior collapse"
    OVERFITTING = "overfitting"
    UNDERFITTING = "underfitting"


@dataclasses.dataclass(frozen=True)
class Symptom:
    """What was measured to find one cause.

    Attributes
    ----------
    cause : Cause
    present : bool
    text : str
        The measurement and its threshold, in words.
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
    """Look for a loss that became NaN or infinite, or rose above a constant image's."""
    lost = runs["status"] == Status.DIVERGED
    rows = history[history["seed"].isin(runs.loc[lost, "seed"])]
    epoch = rows.loc[~np.isfinite(rows[["loss", "val_loss"]]).all(axis=1), "epoch"].min()
    losses = history.sort_values("epoch").groupby("seed")["loss"]
    rise = (losses.last() - losses.first()).reindex(runs["seed"]).to_numpy()
    floor = runs["constant_elbo"]
    rose = (rise > thresholds.loss_rise * floor.abs()) & (runs["train_elbo"] < floor) & ~lost
    parts = []
    if lost.any() or not rose.any():
        since = "" if np.isnan(epoch) else f", first in epoch {epoch}"
        parts.append(f"the loss became NaN or infinite in {lost.sum()} of {len(runs)} runs{since}")
    if rose.any():
        parts.append(
            f"the training loss rose by up to {nats(rise[rose].max())} nats from the first epoch "
            f"to the last, above that of a constant image, in {rose.sum()} of {len(runs)} runs"
        )
    numbers = {"lost": int(lost.sum()), "rose": int(rose.sum()), "epoch": float(epoch)}
    return Symptom(Cause.DIVERGENCE, bool((lost | rose).any()), " and ".join(parts), numbers)


def collapse(latents: pd.DataFrame, test: RelativeQuality) -> Symptom:
    """Look for a posterior that carries almost no information about the image."""
    thresholds = test.thresholds
    by_seed = latents.astype({"active": float}).groupby("seed")
    units, (active, kl) = by_seed.size().mean(), by_seed[["active", "kl"]].sum().mean()
    text = (
        f"{active:.3g} of {units:.3g} latent units active "
        f"(limit {percent(thresholds.active_share)}), KL {nats(kl)} nats, {test.describe_gain()}"
    )
    numbers = {"active": active, "units": units, "kl": kl, "gain": test.gain, "floor": test.floor}
    return Symptom(Cause.COLLAPSE, collapsed(active, units, test), text, numbers)


def collapsed(active: float, units: float, test: RelativeQuality) -> bool:
    """Return whether so few active of all latent units, with that quality, are a collapse."""
    thresholds = test.thresholds
    near_floor = test.at_floor or test.gain <= thresholds.collapsed_gain * test.best_gain
    return bool(active <= thresholds.active_share * units and near_floor)


def overfitting(train: RelativeQuality, test: RelativeQuality) -> Symptom:
    """Look for a result that is bad on the test images only, with a gap to explain it."""
    gap = train.gain - test.gain
    best_gap = train.best_gain - test.best_gain
    excess = gap - np.nan_to_num(best_gap)
    text = f"training ELBO {nats(train.elbo)} nats, {nats(gap)} further above a constant image "
    text += "than the test ELBO"
    if best_gap > 0:
        text += f" (for the best, {nats(best_gap)})"
    present = test.bad and not train.bad and excess > test.tolerance
    return Symptom(Cause.OVERFITTING, bool(present), text, {"gap": gap, "excess": excess})


def underfitting(train: RelativeQuality, present: bool) -> Symptom:
    """Return the symptom that remains where no other explains a bad result."""
    text = f"no other symptom, training ELBO {nats(train.elbo)} nats"
    if train.deficit > 0:
        text += f", {nats(train.deficit)} below that of the best"
    return Symptom(Cause.UNDERFITTING, present, text, {"deficit": train.deficit})
