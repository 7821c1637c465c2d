"""How good a result is relative to the best and to a constant image; what counts as bad.

A group is the models of one activation in one setting, one for each seed. The floor
is the ELBO of a constant image.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """From where on a result is bad, and a symptom present.

    "Measured" is on 4,000 digits of MNIST with 128-64-32 hidden units, Adam at
    1e-3, 20 epochs, unless said otherwise.

    Attributes
    ----------
    margin_share : float
        A group is bad when its ELBO is below the best by more than this share of
        the best's gain over the floor. Measured: 4 nats of 82, where the intervals
        over nine seeds are 1 to 5 nats wide, that of tanh 9.
    floor_share : float
        A group is bad when its gain over the floor is at most this share of the
        floor's absolute value. Small, because no model can remove the entropy of
        grey pixels: on the 8 x 8 digits a good model gains 0.08.
    loss_rise : float
        Training also diverges without a loss that is NaN or infinite: when the
        training loss rises by this share of the floor's absolute value, to above
        the loss of a constant image. Measured: 30 for tanh at a hundred times the
        learning rate.
    gradient_flow : float
        The gradient has vanished when the gradient flow (`metrics.gradient_flow`)
        is below this, and exploded when it is above the inverse: two sigmoid
        layers, even at their steepest slope, leave 1/16. Measured: 0.003 for
        sigmoid, 0.09 to 3 for the ten others. The claims use the same threshold.
    persistence : float
        The smallest share of the measurements (see `training.probes.GradientProbe`)
        in which the gradient flow must cross its threshold: what recovers within
        one epoch of ten costs little.
    norm_growth : float
        The gradient also explodes when its norm grows to this multiple of that
        at the start. Measured: at most 33, with a Gaussian likelihood.
    dead_share : float
        Of the units in a layer. Measured: without half the encoder's units a
        leaky ReLU loses 4 nats of its gain of 78, without a third 0.7.
    saturated_share : float
        Of the elements of a layer's units that are not dead: fewer than a quarter
        of them pass a gradient on. Measured: at most 0.45 for tanh, 0.95 at ten
        times the learning rate.
    active_share : float
        A posterior has collapsed when at most this share of the latent units is
        active, and the ELBO is near the floor. Few active units alone may be a
        sparse and good code (19 of 50 in Burda et al. 2016).
    collapsed_gain : float
        Near: a gain over the floor of at most this share of the best's.
        Measured: 0.22 for sigmoid, 0.67 for tanh.
    """

    margin_share: float = 0.05
    floor_share: float = 0.02
    loss_rise: float = 0.1
    gradient_flow: float = 0.05
    persistence: float = 0.1
    norm_growth: float = 1000.0
    dead_share: float = 0.5
    saturated_share: float = 0.75
    active_share: float = 0.25
    collapsed_gain: float = 0.25


DEFAULTS = Thresholds()


@dataclasses.dataclass(frozen=True)
class RelativeQuality:
    """A group's mean ELBO on one set of images, relative to the best and to the floor.

    Attributes
    ----------
    elbo, best : float
        In nats, of the group and of the best group of its setting; NaN where
        there is none.
    floor : float
        ELBO of a constant image; see `bounds.ConstantImage`.
    margin : float or None
        Nats below the best that do not matter; None for the default.
    thresholds : Thresholds
    """

    elbo: float
    best: float
    floor: float
    margin: float | None = None
    thresholds: Thresholds = DEFAULTS

    @property
    def gain(self) -> float:
        """Nats above the floor; negative below it."""
        return self.elbo - self.floor

    @property
    def best_gain(self) -> float:
        """Nats by which the best is above the floor."""
        return self.best - self.floor

    @property
    def deficit(self) -> float:
        """Nats below the best."""
        return self.best - self.elbo

    @property
    def tolerance(self) -> float:
        """Nats that do not matter: the margin; without a best, a gain that counts as none."""
        if self.margin is not None:
            return self.margin
        if np.isnan(self.best):
            return self.thresholds.floor_share * abs(self.floor)
        return self.thresholds.margin_share * max(self.best_gain, 0.0)

    @property
    def at_floor(self) -> bool:
        """Whether the model learned little more than the mean image."""
        return bool(self.gain <= self.thresholds.floor_share * abs(self.floor))

    @property
    def bad(self) -> bool:
        """Whether the group is at the floor, or below the best by more than the tolerance."""
        return self.at_floor or bool(self.deficit > self.tolerance)
