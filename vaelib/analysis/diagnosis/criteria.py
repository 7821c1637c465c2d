"""Where a group stands between the floor and the best; what counts as bad.

A group is what one activation did in one setting, over its seeds.
"""

import dataclasses

import numpy as np

from vaelib.formatting import nats


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """Where bad begins, and every sign of a cause.

    "Measured" is on 4,000 digits of MNIST with 128-64-32 hidden units, Adam at
    1e-3, 20 epochs, unless said otherwise.

    Attributes
    ----------
    margin_share : float
        A group is bad when it is behind the best by more than this share of the
        best's lead over the floor. Measured: 4 nats of 82, where the intervals
        over nine seeds are 1 to 5 nats wide, that of tanh 9.
    floor_share : float
        A group is bad when its lead over the floor is at most this share of the
        floor's size. Small, as grey pixels have an entropy that no model takes
        away: on the 8 x 8 digits a sound model leads by 0.08.
    rise : float
        Training diverges also without a loss that is no number: when the loss
        of training rises by this share of the floor's size, beyond the floor.
        Measured: 30 for tanh at a hundred times the learning rate.
    gradient_flow : float
        The gradient has vanished when the gradient flow (`metrics.gradient_flow`)
        is below this, and exploded when it is above the inverse: two sigmoid
        layers, even at their steepest slope, leave 1/16. Measured: 0.003 for
        sigmoid, 0.09 to 3 for the ten others. The claims use the same threshold.
    lasting : float
        Share of the measurements, at the start and after every epoch, in which
        that must be so: what mends within one epoch of ten costs little.
    growth : float
        The gradient also explodes when its norm grows to this multiple of that
        at the start. Measured: at most 33, with a Gaussian likelihood.
    dead : float
        Share of dead units in a layer. Measured: without half the encoder's
        units a leaky ReLU loses 4 nats of its lead of 78, without a third 0.7.
    saturated : float
        Share of saturated elements among the living units of a layer: under a
        quarter of them pass any gradient on. Measured: at most 0.45 for tanh,
        0.95 at ten times the learning rate.
    active : float
        A posterior has collapsed when at most this share of the latent units is
        active, and the ELBO is near the floor: alone, few active units may be a
        sparse and good code (19 of 50 in Burda et al. 2016).
    collapsed_lead : float
        Near: a lead over the floor of at most this share of the best's.
        Measured: 0.22 for sigmoid, 0.67 for tanh.
    """

    margin_share: float = 0.05
    floor_share: float = 0.02
    rise: float = 0.1
    gradient_flow: float = 0.05
    lasting: float = 0.1
    growth: float = 1000.0
    dead: float = 0.5
    saturated: float = 0.75
    active: float = 0.25
    collapsed_lead: float = 0.25


DEFAULTS = Thresholds()


@dataclasses.dataclass(frozen=True)
class Standing:
    """A group's mean ELBO on one set of images, beside the best's and the floor.

    Attributes
    ----------
    elbo, best : float
        In nats, of the group and of the best group of its setting; NaN where
        there is none.
    floor : float
        What a constant reconstruction reaches; see `bounds.constant_elbo`.
    margin : float or None
        Nats behind the best that do not matter; None for the default.
    thresholds : Thresholds
    """

    elbo: float
    best: float
    floor: float
    margin: float | None = None
    thresholds: Thresholds = DEFAULTS

    @property
    def lead(self) -> float:
        """Nats above the floor."""
        return self.elbo - self.floor

    @property
    def behind(self) -> float:
        """Nats behind the best."""
        return self.best - self.elbo

    @property
    def tolerated(self) -> float:
        """Nats that do not matter: the margin, or without a best, those at the floor."""
        if self.margin is not None:
            return self.margin
        if np.isnan(self.best):
            return self.thresholds.floor_share * abs(self.floor)
        return self.thresholds.margin_share * max(self.best - self.floor, 0.0)

    @property
    def at_floor(self) -> bool:
        """Whether next to nothing was learned but the mean image."""
        return bool(self.lead <= self.thresholds.floor_share * abs(self.floor))

    @property
    def bad(self) -> bool:
        """Whether the group is at the floor, or behind the best beyond the margin."""
        return self.at_floor or bool(self.behind > self.tolerated)

    def __str__(self) -> str:
        if np.isnan(self.elbo):
            return "no run finished"
        text = f"test ELBO {nats(self.elbo)} nats"
        if self.behind > 0:
            text += f", {nats(self.behind)} behind the best (margin {nats(self.tolerated)})"
        return text

    def from_floor(self) -> str:
        """Return the distance to the floor in words; empty without an ELBO."""
        if np.isnan(self.elbo):
            return ""
        side = "above" if self.lead >= 0 else "below"
        distance = f"{nats(abs(self.lead))} nats {side}"
        return f"{distance} the floor of a constant image ({nats(self.floor)})"
