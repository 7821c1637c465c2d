"""What identifies a trained model: keys, settings, statuses."""

import dataclasses
import enum
import itertools
from collections.abc import Sequence

# The key of a model in every table; ``model`` alone, its identity, is one too.
MODEL_KEYS = ["dataset", "activation", "seed", "model"]

SAME = "same"  # the decoder's activation, where it is the encoder's


class Status(enum.StrEnum):
    """How the training of a model ended."""

    FINISHED = "finished"
    DIVERGED = "diverged"  # the loss was no longer a number


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a model is trained with besides its activation and its seed.

    Attributes
    ----------
    decoder_activation : str or None
        Of the decoder's hidden layers; None for the encoder's.
    architecture : {"dense", "conv"}
    depth : int
        How often each hidden layer is repeated.
    initializer : {"keras", "matched"}
    optimizer : str
    train_size : int or None
        Training images; None for all.
    batch_norm : bool
    weight_decay : float
        Decoupled (Loshchilov and Hutter 2019), of the kernels.
    beta : float
        Weight of the KL term in what is minimised; the ELBO is reported without it.
    kl_warmup : int
        Epochs over which that weight rises from 0.
    learning_rate : float
    """

    decoder_activation: str | None = None
    architecture: str = "dense"
    depth: int = 1
    initializer: str = "keras"
    optimizer: str = "adam"
    train_size: int | None = None
    batch_norm: bool = False
    weight_decay: float = 0.0
    beta: float = 1.0
    kl_warmup: int = 0
    learning_rate: float = 1e-3


SETTING_KEYS = tuple(field.name for field in dataclasses.fields(Setting))


def settings(**values: Sequence) -> list[Setting]:
    """Return every combination of the values of `SETTING_KEYS`, the first varying slowest."""
    combinations = itertools.product(*(values[name] for name in SETTING_KEYS))
    return [Setting(*combination) for combination in combinations]
