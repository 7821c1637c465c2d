"""The grid of a study: every combination of settings that it lists."""

import dataclasses
import itertools
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a model is trained with besides its activation, rate and seed.

    Attributes
    ----------
    decoder_activation : str or None
        Of the decoder's hidden layers; None for the encoder's.
    depth : int
        How many times each hidden layer stands, one after another.
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


SETTINGS = tuple(field.name for field in dataclasses.fields(Setting))


def settings(**values: Sequence) -> list[Setting]:
    """Return every combination of the values of `SETTINGS`, the first varying slowest."""
    combinations = itertools.product(*(values[name] for name in SETTINGS))
    return [Setting(*combination) for combination in combinations]


def rates(learning_rate: float, learning_rates: Sequence[float]) -> list[float]:
    """Return the rates to train with, the fixed league's first, then ascending."""
    return [learning_rate, *sorted(set(learning_rates) - {learning_rate})]
