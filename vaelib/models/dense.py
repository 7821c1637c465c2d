"""Dense encoders and decoders as Keras models of their own."""

import math
from collections.abc import Sequence

from vaelib.backend import keras
from vaelib.models import activations, layers
from vaelib.models.layers import DTYPE, Network, WatchedLayer


def build_encoder(
    image_shape: Sequence[int],
    hidden_units: Sequence[int],
    latent_dim: int,
    activation: str,
    initializer: str,
    batch_norm: bool = False,
    depth: int = 1,
) -> tuple[keras.Model, list[WatchedLayer]]:
    """Return the network from images to the posterior's mean and log-variance.

    Parameters
    ----------
    image_shape : tuple of int
        Height, width and channels.
    hidden_units : sequence of int
        Units of each layer, from the images to the code.
    latent_dim : int
    activation : str
        Of every hidden layer.
    initializer : {"keras", "matched"}
    batch_norm : bool
        Whether to normalise the values before every activation.
    depth : int
        How often each hidden layer is repeated.

    Returns
    -------
    network : keras.Model
        With two outputs [n, latent_dim].
    watched : list of WatchedLayer
        Its layers with kernels, from the images to the posterior.
    """
    images = keras.Input(image_shape, dtype=DTYPE, name="images")
    x = keras.layers.Flatten(data_format="channels_last", dtype=DTYPE, name="flatten")(images)
    x, watched = _hidden_layers(
        x, hidden_units, depth, activation, initializer, batch_norm, Network.ENCODER
    )
    mean, log_variance = (
        layers.output(x, latent_dim, name, Network.ENCODER) for name in ("mean", "log_variance")
    )
    network = keras.Model(images, [mean.activation, log_variance.activation], name="encoder")
    return network, [*watched, mean, log_variance]


def build_decoder(
    image_shape: Sequence[int],
    hidden_units: Sequence[int],
    latent_dim: int,
    activation: str,
    initializer: str,
    batch_norm: bool = False,
    depth: int = 1,
) -> tuple[keras.Model, list[WatchedLayer]]:
    """Return the network from latent codes to logits of the shape of images.

    Takes the parameters of `build_encoder`, whose mirror it is.
    """
    code = keras.Input((latent_dim,), dtype=DTYPE, name="code")
    x, watched = _hidden_layers(
        code, hidden_units[::-1], depth, activation, initializer, batch_norm, Network.DECODER
    )
    pixels = layers.output(x, math.prod(image_shape), "logits", Network.DECODER)
    logits = keras.layers.Reshape(image_shape, dtype=DTYPE, name="logits_image")(pixels.activation)
    return keras.Model(code, logits, name="decoder"), [*watched, pixels]


def _hidden_layers(x, units, depth, activation, initializer, batch_norm, network):
    """Stack hidden layers; return the last one's output, and all as watched layers."""
    entry = activations.get(activation)
    watched = []
    for number, width in enumerate((width for width in units for _ in range(depth)), start=1):
        layer = keras.layers.Dense(
            width,
            kernel_initializer=entry.initializer(initializer),
            use_bias=not batch_norm,  # the normalisation would subtract it again
            dtype=DTYPE,
            name=f"{network}_{number}",
        )
        watched.append(layers.hidden(x, layer, entry, network, batch_norm))
        x = watched[-1].activation
    return x, watched
