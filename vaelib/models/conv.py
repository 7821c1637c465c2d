"""Convolutional encoders and decoders as Keras models of their own."""

from collections.abc import Sequence

from vaelib.backend import keras
from vaelib.models import activations, layers
from vaelib.models.activations import Activation
from vaelib.models.layers import DTYPE, Network, Role, WatchedLayer

STRIDE = 2
_KERNEL = 4  # a multiple of the stride, so that every pixel has equally many weights
_REPEATED_KERNEL = 3  # of the layers that keep the size


def build_encoder(
    image_shape: Sequence[int],
    channels: Sequence[int],
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
        Height, width and channels; any size.
    channels : sequence of int
        Of each convolution of 4 x 4 pixels, from the images to the code. Each halves
        height and width, rounded up.
    latent_dim : int
    activation : str
        Of every hidden layer.
    initializer : {"keras", "matched"}
    batch_norm : bool
        Whether to normalise the values before every activation, channel by channel.
    depth : int
        Layers of each size; those after the first are of 3 x 3 pixels.

    Returns
    -------
    network : keras.Model
        With two outputs [n, latent_dim].
    watched : list of WatchedLayer
        Its layers with kernels, from the images to the posterior.
    """
    entry = activations.get(activation)
    stack = _Stack(Network.ENCODER, entry, initializer, batch_norm)
    images = keras.Input(image_shape, dtype=DTYPE, name="images")
    x = images
    for width in channels:
        x = stack.convolution(x, width, _KERNEL, STRIDE)
        x = stack.repeated(x, width, depth - 1)
    x = keras.layers.Flatten(data_format="channels_last", dtype=DTYPE, name="flatten")(x)
    mean, log_variance = (
        layers.output(x, latent_dim, name, Network.ENCODER) for name in ("mean", "log_variance")
    )
    network = keras.Model(images, [mean.activation, log_variance.activation], name="encoder")
    return network, [*stack.watched, mean, log_variance]


def build_decoder(
    image_shape: Sequence[int],
    channels: Sequence[int],
    latent_dim: int,
    activation: str,
    initializer: str,
    batch_norm: bool = False,
    depth: int = 1,
) -> tuple[keras.Model, list[WatchedLayer]]:
    """Return the network from latent codes to logits of the shape of images.

    Takes the parameters of `build_encoder`, whose mirror it is: a dense layer, and
    transposed convolutions, each cropped to the size that the encoder has there.
    """
    entry = activations.get(activation)
    stack = _Stack(Network.DECODER, entry, initializer, batch_norm)
    sizes = sizes_of(image_shape, len(channels))[::-1]
    code = keras.Input((latent_dim,), dtype=DTYPE, name="code")
    x = stack.dense(code, (*sizes[0], channels[-1]))
    x = stack.repeated(x, channels[-1], depth - 1)
    for width, size in zip(channels[-2::-1], sizes[1:-1], strict=True):
        x = stack.transposed(x, width, size)
        x = stack.repeated(x, width, depth - 1)
    layer = _transposed(image_shape[-1], "logits")
    logits = layer(x)
    crop = _cropping(x.shape, sizes[-1], "logits_image")
    logits = logits if crop is None else crop(logits)
    network = keras.Model(code, logits, name="decoder")
    pixels = WatchedLayer(Network.DECODER, Role.OUTPUT, layer, logits, logits)
    return network, [*stack.watched, pixels]


def sizes_of(image_shape: Sequence[int], times: int) -> list[tuple[int, int]]:
    """Return height and width of images, and after each of some halvings, rounded up."""
    sizes = [tuple(image_shape[:2])]
    for _ in range(times):
        sizes.append(tuple(-(-side // STRIDE) for side in sizes[-1]))
    return sizes


class _Stack:
    """The hidden layers of a network, numbered in their order."""

    def __init__(self, network: Network, entry: Activation, initializer: str, batch_norm: bool):
        self.watched: list[WatchedLayer] = []
        self._network = network
        self._entry = entry
        self._initializer = entry.initializer(initializer)
        self._batch_norm = batch_norm

    def convolution(self, x, channels: int, kernel: int, stride: int):
        layer = keras.layers.Conv2D(
            channels,
            kernel,
            stride,
            padding="same",
            data_format="channels_last",
            kernel_initializer=self._initializer,
            use_bias=not self._batch_norm,  # the normalisation would subtract it again
            dtype=DTYPE,
            name=self._name(),
        )
        return self._hidden(x, layer)

    def repeated(self, x, channels: int, times: int):
        """Add convolutions that keep the size."""
        for _ in range(times):
            x = self.convolution(x, channels, _REPEATED_KERNEL, 1)
        return x

    def dense(self, x, shape: tuple[int, int, int]):
        height, width, channels = shape
        layer = keras.layers.Dense(
            height * width * channels,
            kernel_initializer=self._initializer,
            use_bias=not self._batch_norm,
            dtype=DTYPE,
            name=self._name(),
        )
        return self._hidden(x, layer, keras.layers.Reshape(shape, dtype=DTYPE, name="code_image"))

    def transposed(self, x, channels: int, size: tuple[int, int]):
        layer = _transposed(
            channels,
            self._name(),
            initializer=_of_transposed(self._initializer, x.shape[-1], channels),
            use_bias=not self._batch_norm,
        )
        return self._hidden(x, layer, _cropping(x.shape, size, f"{layer.name}_crop"))

    def _name(self) -> str:
        return f"{self._network}_{len(self.watched) + 1}"

    def _hidden(self, x, layer, shaping=None):
        one = layers.hidden(x, layer, self._entry, self._network, self._batch_norm, shaping)
        self.watched.append(one)
        return one.activation


def _transposed(channels: int, name: str, initializer=activations.GLOROT, use_bias: bool = True):
    return keras.layers.Conv2DTranspose(
        channels,
        _KERNEL,
        STRIDE,
        padding="same",
        data_format="channels_last",
        kernel_initializer=initializer,
        use_bias=use_bias,
        dtype=DTYPE,
        name=name,
    )


def _of_transposed(name: str, incoming: int, outgoing: int) -> keras.initializers.Initializer:
    """Return an initialiser whose variance suits a transposed convolution.

    Keras takes the number of channels that leave one, and all places of the kernel, for
    what a value is the sum of. That is the number of those that enter it, and of every
    stride only one place.
    """
    initializer = keras.initializers.get(name)
    if initializer.mode != "fan_in":
        return initializer
    scale = initializer.scale * outgoing * STRIDE**2 / incoming
    return keras.initializers.VarianceScaling(scale, initializer.mode, initializer.distribution)


def _cropping(shape, size: tuple[int, int], name: str) -> keras.layers.Layer | None:
    """Return the layer that cuts a transposed convolution's output to a size, if it must."""
    over = [(0, STRIDE * side - wanted) for side, wanted in zip(shape[1:3], size, strict=True)]
    if not any(after for _, after in over):
        return None
    return keras.layers.Cropping2D(over, data_format="channels_last", dtype=DTYPE, name=name)
