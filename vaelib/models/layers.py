"""The encoder and the decoder as Keras models of their own."""

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np

from vaelib.backend import keras, tf


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
    """Leave the rows that pad a mini-batch out of its statistics."""
    for layer in layers:
        layer.rows = rows
    try:
        yield
    finally:
        for layer in layers:
            layer.rows = None


def layers_of(kind: type, *networks: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a kind, in the order of the data's way."""
    return [layer for network in networks for layer in network.layers if isinstance(layer, kind)]


def draw_weights(layers: Sequence[keras.layers.Dense], seed: int) -> None:
    """Draw every kernel anew from its layer's initialiser; biases become 0.

    Each layer has a seed of its own, drawn from `seed`.
    """
    seeds = np.random.SeedSequence(seed).generate_state(len(layers))
    for layer, layer_seed in zip(layers, seeds, strict=True):
        initializer = layer.kernel_initializer
        config = {**initializer.get_config(), "seed": int(layer_seed)}
        layer.kernel.assign(type(initializer).from_config(config)(layer.kernel.shape))
        if layer.use_bias:
            layer.bias.assign(tf.zeros(layer.bias.shape))


def reset_norms(layers: Sequence[BatchNormalization]) -> None:
    """Start batch normalisation again: mean 0, variance and scale 1, shift 0."""
    for layer in layers:
        for variable, value in (
            *((layer.gamma, 1.0), (layer.beta, 0.0)),
            *((layer.moving_mean, 0.0), (layer.moving_variance, 1.0)),
        ):
            variable.assign(tf.fill(variable.shape, value))
