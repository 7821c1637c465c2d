"""Layers of encoders and decoders: normalisation, initialisation, what can be observed."""

import contextlib
import dataclasses
import enum
from collections.abc import Iterator, Sequence

import numpy as np

from vaelib.backend import keras, tf

# Of all weights and values, whatever types the user's Keras is configured for: the
# compiled step, the probes and saved models rely on it.
DTYPE = "float32"


class Network(enum.StrEnum):
    """The network that a layer belongs to."""

    ENCODER = "encoder"
    DECODER = "decoder"


class Role(enum.StrEnum):
    """What a layer with a kernel does in its network."""

    HIDDEN = "hidden"  # an activation function follows
    OUTPUT = "output"  # mean, log-variance or logits


@dataclasses.dataclass(frozen=True)
class WatchedLayer:
    """A layer with a kernel, and where in its network its values are found.

    The function that builds a network declares these, so that they need not be
    inferred from names or from the order of layers.

    Attributes
    ----------
    network : Network
    role : Role
    layer : keras.layers.Layer
        With a kernel.
    pre_activation : KerasTensor [n, ..., units]
        What the activation function is applied to: after batch normalisation,
        where there is one. Of an output layer, its output.
    activation : KerasTensor [n, ..., units]
        What the activation function returns. Of an output layer, its output.
    """

    network: Network
    role: Role
    layer: keras.layers.Layer
    pre_activation: keras.KerasTensor
    activation: keras.KerasTensor


@keras.saving.register_keras_serializable(package="vaelib")
class BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation (Ioffe and Szegedy 2015) that can leave rows out.

    Attributes
    ----------
    rows : tensor of bool [n] or None
        The rows whose mean and variance are taken in training; all by default.
    """

    rows = None

    def call(self, inputs, training=None):
        return super().call(inputs, training=training, mask=self.rows)


@contextlib.contextmanager
def only_rows(layers: Sequence[BatchNormalization], rows) -> Iterator[None]:
    """Leave out of a mini-batch's statistics the rows that only pad it."""
    for layer in layers:
        layer.rows = rows
    try:
        yield
    finally:
        for layer in layers:
            layer.rows = None


def layers_of(layer_type: type, *networks: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a type, from the first network's input to the last one's output."""
    return [
        layer for network in networks for layer in network.layers if isinstance(layer, layer_type)
    ]


def draw_weights(layers: Sequence[keras.layers.Dense], seed: int) -> None:
    """Draw every kernel from its layer's initialiser and set biases to 0.

    Each layer has a seed of its own, derived from `seed`.
    """
    seeds = np.random.SeedSequence(seed).generate_state(len(layers))
    for layer, layer_seed in zip(layers, seeds, strict=True):
        initializer = layer.kernel_initializer
        config = {**initializer.get_config(), "seed": int(layer_seed)}
        layer.kernel.assign(type(initializer).from_config(config)(layer.kernel.shape, DTYPE))
        if layer.use_bias:
            layer.bias.assign(tf.zeros(layer.bias.shape))


def reset_norms(layers: Sequence[BatchNormalization]) -> None:
    """Reset batch normalisation: mean and shift 0, variance and scale 1."""
    for layer in layers:
        for variable in (layer.moving_mean, layer.beta):
            variable.assign(tf.zeros(variable.shape))
        for variable in (layer.moving_variance, layer.gamma):
            variable.assign(tf.ones(variable.shape))
