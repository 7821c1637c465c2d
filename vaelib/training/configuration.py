"""What a study's training notebook decides once, for all of its models."""

import dataclasses
from collections.abc import Sequence

from vaelib.exceptions import require
from vaelib.results import keys


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkConfiguration:
    """The network of every model; see `VAE` for the fields.

    A `results.keys.Setting` has what varies between the models of a study.

    Attributes
    ----------
    activation : str
    hidden_units : sequence of int
        Before a setting's ``depth`` repeats them.
    latent_dim : int
    likelihood : {"bernoulli", "gaussian"}
    output_activation : {"sigmoid", "linear"}
    """

    activation: str
    hidden_units: Sequence[int] = (128, 64, 32)
    latent_dim: int = 16
    likelihood: str = "bernoulli"
    output_activation: str = "sigmoid"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfiguration:
    """How every model is trained and probed.

    Attributes
    ----------
    learning_rate : float
        The default one; its models are scored on test images in any case.
    learning_rates : sequence of float
        More rates, from which the best on validation images is chosen.
    seeds : sequence of int
    epochs, batch_size : int
    probe_images : int
        Training images in the batch of the `GradientProbe`.
    saturation : float
        Slope of an activation below which an element counts as saturated.

    Raises
    ------
    ValueError
        For a number that is not positive, or without a seed.
    """

    learning_rate: float = 1e-3
    learning_rates: Sequence[float] = ()
    seeds: Sequence[int] = (0,)
    epochs: int
    batch_size: int = 32
    probe_images: int = 256
    saturation: float = 0.01

    def __post_init__(self):
        require(len(self.seeds) > 0, "seeds", self.seeds, "at least one")
        for field in ("epochs", "batch_size", "probe_images"):
            require(getattr(self, field) > 0, field, getattr(self, field), "at least 1")
        for rate in self.rates:
            require(rate > 0, "learning_rate", rate, "above 0")

    @property
    def rates(self) -> list[float]:
        """All learning rates, the default one first, then ascending."""
        return keys.rates(self.learning_rate, self.learning_rates)
