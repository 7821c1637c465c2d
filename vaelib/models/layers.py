"""Layers of encoders and decoders: normalisation, initialisation, what can be observed."""

import contextlib
import dataclasses
import enum
from collections.abc import Iterator, Sequence

import numpy as np

from vaelib.backend import keras, tf
from vaelib.models.activations import Activation

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

    Mean and variance are those of a unit, or of a channel over all positions.

    Attributes
    ----------
    rows : tensor of bool [n] or None
        The rows whose mean and variance are taken in training; all by default.
    """

    rows = None

    def call(self, inputs, training=None):
        mask = self.rows
        if mask is not None:  # [n], to all positions
            mask = tf.reshape(mask, [-1] + [1] * (len(inputs.shape) - 2))
            mask = tf.broadcast_to(mask, tf.shape(inputs)[:-1])
        return super().call(inputs, training=training, mask=mask)


def hidden(
    x: keras.KerasTensor,
    layer: keras.layers.Layer,
    activation: Activation,
    network: Network,
    batch_norm: bool,
    shaping: keras.layers.Layer | None = None,
) -> WatchedLayer:
    """Apply a linear layer with a kernel, then a normalisation, then an activation function.

    Each is a Keras layer of its own, so that the pre-activation can be observed.

    Parameters
    ----------
    x : KerasTensor
    layer : keras.layers.Layer
        Named after its place in the network.
    activation : activations.Activation
    network : Network
    batch_norm : bool
    shaping : keras.layers.Layer, optional
        That brings the linear layer's output to the shape it is used in.
    """
    pre_activation = layer(x)
    if shaping is not None:
        pre_activation = shaping(pre_activation)
    if batch_norm:
        pre_activation = BatchNormalization(dtype=DTYPE, name=f"{layer.name}_norm")(pre_activation)
    function = keras.layers.Activation(
        activation.resolve(), dtype=DTYPE, name=f"{layer.name}_activation"
    )
    return WatchedLayer(network, Role.HIDDEN, layer, pre_activation, function(pre_activation))


def output(x: keras.KerasTensor, units: int, name: str, network: Network) -> WatchedLayer:
    """Apply a dense layer without an activation function."""
    layer = keras.layers.Dense(units, dtype=DTYPE, name=name)
    values = layer(x)
    return WatchedLayer(network, Role.OUTPUT, layer, values, values)


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


def draw_weights(layers: Sequence[keras.layers.Layer], seed: int) -> None:
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
