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

    @property
    def meaning(self) -> str:
        """What it means for the model, in a few words."""
        return _MEANINGS[self]


_MEANINGS = {
    Cause.DIVERGENCE: "training failed, as it does where the learning rate is too large",
    Cause.EXPLODING: "steps are far too large, above all in the first layers",
    Cause.DEAD: "these units take no part in training",
    Cause.SATURATION: "hardly any gradient passes this layer",
    Cause.VANISHING: "the first layers learn slowly or not at all",
    Cause.COLLAPSE: "the decoder ignores the code: all reconstructions are much the same",
    Cause.OVERFITTING: "what was learned holds for the training images only",
    Cause.UNDERFITTING: "the training images are fitted worse, too, and nothing measured says why",
}


@dataclasses.dataclass(frozen=True)
class Symptom:
    """What was measured to find one cause.

    Attributes
    ----------
    cause : Cause
    present : bool
    measured : str
        In words.
    criterion : str
        From where on it is a symptom, in words.
    numbers : dict of str to float
        Those that were measured; NaN for what could not be.
    """

    cause: Cause
    present: bool
    measured: str
    criterion: str
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
    criterion = (
        f"NaN or infinite; or a rise by over {percent(thresholds.loss_rise)} of a constant image's "
        "loss, to above it"
    )
    numbers = {"lost": int(lost.sum()), "rose": int(rose.sum()), "epoch": float(epoch)}
    present = bool((lost | rose).any())
    return Symptom(Cause.DIVERGENCE, present, " and ".join(parts), criterion, numbers)


def collapse(latents: pd.DataFrame, test: RelativeQuality) -> Symptom:
    """Look for a posterior that carries almost no information about the image."""
    thresholds = test.thresholds
    by_seed = latents.astype({"active": float}).groupby("seed")
    units, (active, kl) = by_seed.size().mean(), by_seed[["active", "kl"]].sum().mean()
    measured = f"{active:.3g} of {units:.3g} latent units active, KL {nats(kl)} nats"
    criterion = (
        f"at most {percent(thresholds.active_share)} active, and at most "
        f"{percent(thresholds.collapsed_gain)} of the best's lead over a constant image"
    )
    numbers = {"active": active, "units": units, "kl": kl, "gain": test.gain, "floor": test.floor}
    return Symptom(Cause.COLLAPSE, collapsed(active, units, test), measured, criterion, numbers)


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
    measured = f"training ELBO {nats(train.elbo)} nats, {nats(gap)} further above a constant image "
    measured += "than the test ELBO"
    if best_gap > 0:
        measured += f" (for the best, {nats(best_gap)})"
    criterion = "further by more than the margin than the best, and a training ELBO that is not bad"
    present = test.bad and not train.bad and excess > test.tolerance
    numbers = {"gap": gap, "excess": excess}
    return Symptom(Cause.OVERFITTING, bool(present), measured, criterion, numbers)


def underfitting(train: RelativeQuality, present: bool, trend: str = "") -> Symptom:
    """Return the symptom that remains where no other explains a bad result.

    `trend` says whether the validation loss was still falling at the end.
    """
    measured = f"training ELBO {nats(train.elbo)} nats"
    if train.deficit > 0:
        measured = f"training ELBO {nats(train.deficit)} nats below that of the best"
    measured = "; ".join(filter(None, (measured, trend)))
    numbers = {"deficit": train.deficit}
    return Symptom(Cause.UNDERFITTING, present, measured, "no other symptom", numbers)
