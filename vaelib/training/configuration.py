"""All that determines one trained model, and its identity."""

import dataclasses
from collections.abc import Mapping, Sequence

from vaelib.exceptions import require
from vaelib.results import provenance
from vaelib.results.keys import Setting

_CONV_FROM = 16  # pixels: the side from which convolutions suit colour images


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkConfiguration:
    """The network; see `VAE` for the fields.

    A `results.keys.Setting` has what varies between the models of a study, the
    architecture among it.

    Attributes
    ----------
    activation : str
    hidden_units : sequence of int
        Of a dense network, before a setting's ``depth`` repeats them.
    channels : sequence of int
        Of a convolutional one, likewise.
    latent_dim : int
    likelihood : {"bernoulli", "gaussian"} or None
        None for the one that suits the images; see `suited`.
    output_activation : {"sigmoid", "linear"}
    own_activations : mapping of str to str
        Texts of the files that activations of the study come from, by name.
    """

    activation: str
    hidden_units: Sequence[int] = (128, 64, 32)
    channels: Sequence[int] = (16, 32, 64)
    latent_dim: int = 16
    likelihood: str | None = "bernoulli"
    output_activation: str = "sigmoid"
    own_activations: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def widths(self, architecture: str) -> Sequence[int]:
        """Return the units or channels of the layers of an architecture."""
        return self.hidden_units if architecture == "dense" else self.channels


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfiguration:
    """How a model is trained and probed.

    Attributes
    ----------
    epochs : int
        At most.
    patience : int or None
        Epochs without a better validation loss after which training ends; the
        weights of the best epoch are kept. None trains all epochs and keeps the
        last weights.
    batch_size : int
    probe_images : int
        Training images in the batch of the `GradientProbe`.
    saturation : float
        Slope of an activation below which an element counts as saturated.

    Raises
    ------
    ValueError
        For a number that is not positive.
    """

    epochs: int
    patience: int | None = None
    batch_size: int = 32
    probe_images: int = 256
    saturation: float = 0.01

    def __post_init__(self):
        for field in ("epochs", "batch_size", "probe_images"):
            require(getattr(self, field) > 0, field, getattr(self, field), "at least 1")
        require(self.patience is None or self.patience > 0, "patience", self.patience, "above 0")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Split:
    """How the images of a replicate are split; see `data.load_images`.

    Attributes
    ----------
    dataset : str
        The name of the images in the tables.
    fingerprint : str
        Of the images before the split.
    validation_fraction, test_fraction : float
    """

    dataset: str
    fingerprint: str
    validation_fraction: float = 0.1
    test_fraction: float = 0.1


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfiguration:
    """All that determines one trained model: the unit of work of a study.

    Attributes
    ----------
    split : Split
    network : NetworkConfiguration
    setting : Setting
    training : TrainingConfiguration
    seed : int
        Number of the replicate: of the split, the weights, the order of images
        and the noise.
    scored : bool
        Whether the model is scored on test images, which models that serve to
        choose a configuration are not.
    """

    split: Split
    network: NetworkConfiguration
    setting: Setting
    training: TrainingConfiguration
    seed: int
    scored: bool = True

    @property
    def own_activations(self) -> dict[str, str]:
        """Texts of the files that the model's activations come from, by name."""
        names = self.network.activation, self.setting.decoder_activation
        texts = self.network.own_activations
        return {name: texts[name] for name in names if name in texts}

    def identity(self, environments: Mapping[str, str]) -> str:
        """Return the hash of all that determines the model: 16 hexadecimal digits.

        Parameters
        ----------
        environments : mapping of str to str
            By architecture, the hash of the code and the libraries; see
            `provenance.environments`.
        """
        configuration = dataclasses.asdict(self)
        configuration["network"]["own_activations"] = self.own_activations  # of no other model
        # The widths of the other architecture do not matter.
        for name in ("hidden_units", "channels"):
            del configuration["network"][name]
        configuration["widths"] = self.network.widths(self.setting.architecture)
        environment = environments[self.setting.architecture]
        return provenance.hash_of([environment, configuration])[:16]


def suited(
    network: NetworkConfiguration, settings: Sequence[Setting], image_shape: tuple[int, int, int]
) -> tuple[NetworkConfiguration, list[Setting]]:
    """Replace what is left open by what suits the images.

    Convolutions for colour images of 16 pixels and more, dense layers for others; a
    Gaussian likelihood for colour images and linear outputs, Bernoulli's for others.

    Parameters
    ----------
    network : NetworkConfiguration
    settings : sequence of Setting
        Their ``architecture`` may be None.
    image_shape : tuple of int
        Height, width and channels.

    Returns
    -------
    network : NetworkConfiguration
    settings : list of Setting
        Without those that are equal now.
    """
    height, width, channels = image_shape
    architecture = "conv" if channels > 1 and min(height, width) >= _CONV_FROM else "dense"
    gaussian = channels > 1 or network.output_activation == "linear"
    likelihood = network.likelihood or ("gaussian" if gaussian else "bernoulli")
    chosen = [
        dataclasses.replace(one, architecture=one.architecture or architecture) for one in settings
    ]
    return dataclasses.replace(network, likelihood=likelihood), list(dict.fromkeys(chosen))
