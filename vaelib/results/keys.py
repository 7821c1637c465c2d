"""What identifies a trained model: keys, settings, learning rates."""

import dataclasses
import enum
import itertools
from collections.abc import Sequence

# The key of a model in every table.
MODEL_KEYS = ["dataset", "activation", "point", "seed"]

SAME = "same"  # the decoder's activation, where it is the encoder's


class Status(enum.StrEnum):
    """How the training of a model ended."""

    FINISHED = "finished"
    DIVERGED = "diverged"  # the loss was no longer a number


class RateChoice(enum.StrEnum):
    """How a model's learning rate was chosen."""

    DEFAULT = "default"  # the study's, one for all activations
    TUNED = "tuned"  # each activation's own, best on the validation images

    @property
    def column(self) -> str:
        """The column of ``runs`` that marks the models with such a rate."""
        return f"{self}_rate"


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a model is trained with besides its activation, rate and seed.

    Attributes
    ----------
    decoder_activation : str or None
        Of the decoder's hidden layers; None for the encoder's.
    depth : int
        How often each hidden layer is repeated.
    initializer : {"keras", "matched"}
    optimizer : str
    train_size : int or None
        Training images; None for all.
    batch_norm : bool
    weight_decay : float
        Decoupled (Loshchilov and Hutter 2019), of the kernels.
    """

    decoder_activation: str | None = None
    depth: int = 1
    initializer: str = "keras"
    optimizer: str = "adam"
    train_size: int | None = None
    batch_norm: bool = False
    weight_decay: float = 0.0


SETTING_KEYS = tuple(field.name for field in dataclasses.fields(Setting))


def settings(**values: Sequence) -> list[Setting]:
    """Return every combination of the values of `SETTING_KEYS`, the first varying slowest."""
    combinations = itertools.product(*(values[name] for name in SETTING_KEYS))
    return [Setting(*combination) for combination in combinations]


def rates(learning_rate: float, learning_rates: Sequence[float]) -> list[float]:
    """Return the rates to train with, the default one first, then ascending."""
    return [learning_rate, *sorted(set(learning_rates) - {learning_rate})]
