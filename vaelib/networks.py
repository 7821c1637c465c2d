"""The encoder and the decoder as Keras models of their own."""

import contextlib
import math
from collections.abc import Iterator, Sequence

import numpy as np

from vaelib import activations
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


def build_encoder(
    image_shape: Sequence[int],
    hidden_units: Sequence[int],
    latent_dim: int,
    activation: str,
    initializer: str,
    batch_norm: bool = False,
) -> keras.Model:
    """Return the network from images to the posterior's mean and log-variance.

    Parameters
    ----------
    image_shape : tuple of int
        Height, width and channels.
    hidden_units : sequence of int
        From the images inwards.
    latent_dim : int
    activation : str
        Of every hidden layer.
    initializer : {"keras", "matched"}
    batch_norm : bool
        Whether to normalise the values before every activation.

    Returns
    -------
    keras.Model
        With two outputs [n, latent_dim].
    """
    images = keras.Input(image_shape, name="images")
    x = keras.layers.Flatten(name="flatten")(images)
    x = _hidden(x, hidden_units, activation, initializer, batch_norm, "encoder")
    mean = keras.layers.Dense(latent_dim, name="mean")(x)
    log_variance = keras.layers.Dense(latent_dim, name="log_variance")(x)
    return keras.Model(images, [mean, log_variance], name="encoder")


def build_decoder(
    image_shape: Sequence[int],
    hidden_units: Sequence[int],
    latent_dim: int,
    activation: str,
    initializer: str,
    batch_norm: bool = False,
) -> keras.Model:
    """Return the network from latent codes to logits of the shape of images.

    Takes the parameters of `build_encoder`, whose mirror it is.
    """
    code = keras.Input((latent_dim,), name="code")
    x = _hidden(code, hidden_units[::-1], activation, initializer, batch_norm, "decoder")
    x = keras.layers.Dense(math.prod(image_shape), name="logits")(x)
    logits = keras.layers.Reshape(image_shape, name="logits_image")(x)
    return keras.Model(code, logits, name="decoder")


def _hidden(x, units, activation, initializer, batch_norm, half):
    """Stack hidden layers; linear ones, so that pre-activations can be probed."""
    entry = activations.get(activation)
    for depth, width in enumerate(units, start=1):
        x = keras.layers.Dense(
            width,
            kernel_initializer=entry.initializer(initializer),
            use_bias=not batch_norm,  # normalising would take it away again
            name=f"{half}_{depth}",
        )(x)
        if batch_norm:
            x = BatchNormalization(name=f"{half}_{depth}_norm")(x)
        x = keras.layers.Activation(entry.resolve(), name=f"{half}_{depth}_activation")(x)
    return x


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
