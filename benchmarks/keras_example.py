"""The network of keras.io's example of a VAE, made of this project's parts.

    https://keras.io/examples/generative/vae/

Strided convolutions of 3 x 3 pixels and a dense layer of 16 units before the code: no
`architecture` of `VAE`, which has neither. So these functions stand in for those of
`vaelib.models.conv`; the likelihood, the KL term, the sampling, the start and the
training are the project's.
"""

from collections.abc import Iterable
from unittest import mock

from vaelib import VAE
from vaelib.backend import keras
from vaelib.models import activations, layers
from vaelib.models import vae as networks
from vaelib.models.layers import Network, Role, WatchedLayer

SHAPE, CHANNELS, UNITS, LATENT = (28, 28, 1), (32, 64), 16, 2
_RELU = activations.get("relu")


def build_vae(seed: int = 0) -> VAE:
    """Return the example's model, with this project's seed, loss and `fit`."""
    builders = mock.Mock(build_encoder=_build_encoder, build_decoder=_build_decoder)
    with mock.patch.dict(networks.ARCHITECTURES, conv=builders):
        vae = VAE(SHAPE, architecture="conv", channels=CHANNELS, latent_dim=LATENT, seed=seed)
    vae.compile(keras.optimizers.Adam(1e-3))
    return vae


def _build_encoder(*_) -> tuple[keras.Model, list[WatchedLayer]]:
    images = keras.Input(SHAPE, name="images")
    first, second = (
        keras.layers.Conv2D(channels, 3, 2, padding="same", name=f"encoder_{i}")
        for i, channels in enumerate(CHANNELS, start=1)
    )
    stack = [
        (first, None),
        (second, keras.layers.Flatten()),
        (keras.layers.Dense(UNITS, name="encoder_3"), None),
    ]
    x, watched = _hidden_layers(images, stack, Network.ENCODER)
    mean, log_variance = (
        layers.output(x, LATENT, name, Network.ENCODER) for name in ("mean", "log_variance")
    )
    network = keras.Model(images, [mean.activation, log_variance.activation], name="encoder")
    return network, [*watched, mean, log_variance]


def _build_decoder(*_) -> tuple[keras.Model, list[WatchedLayer]]:
    code = keras.Input((LATENT,), name="code")
    shape = (SHAPE[0] // 4, SHAPE[1] // 4, CHANNELS[-1])
    dense = keras.layers.Dense(shape[0] * shape[1] * shape[2], name="decoder_1")
    stack = [(dense, keras.layers.Reshape(shape))]
    for i, channels in enumerate(CHANNELS[::-1], start=2):
        name = f"decoder_{i}"
        layer = keras.layers.Conv2DTranspose(channels, 3, 2, padding="same", name=name)
        stack.append((layer, None))
    x, watched = _hidden_layers(code, stack, Network.DECODER)
    last = keras.layers.Conv2DTranspose(SHAPE[-1], 3, padding="same", name="logits")
    logits = last(x)
    pixels = WatchedLayer(Network.DECODER, Role.OUTPUT, last, logits, logits)
    return keras.Model(code, logits, name="decoder"), [*watched, pixels]


def _hidden_layers(x, stack: Iterable[tuple], network: Network):
    """Apply layers, and what shapes their output, each with a ReLU after it."""
    watched = []
    for layer, shaping in stack:
        watched.append(layers.hidden(x, layer, _RELU, network, False, shaping))
        x = watched[-1].activation
    return x, watched
