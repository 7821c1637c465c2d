"""Dense encoders and decoders as Keras models of their own."""

import math
from collections.abc import Sequence

from vaelib.backend import keras
from vaelib.models import activations
from vaelib.models.layers import BatchNormalization


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
