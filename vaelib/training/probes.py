"""Gradients per layer, and the shares of dead and saturated units, in training."""

from collections.abc import Sequence

import numpy as np

from vaelib.backend import keras, tf
from vaelib.models import elbo
from vaelib.models.layers import Network, Role, WatchedLayer

# What is measured of a layer; the other columns say which layer, and when.
_MEASURES = ("gradient_norm", "gradient_rms", "dead", "saturated")
COLUMNS = ("epoch", "depth", "network", "layer", "role", *_MEASURES)
_EVERY = 10  # epochs between two measurements, after as many that are all measured


class GradientProbe(keras.callbacks.Callback):
    """Record the gradients of every layer before training and after many epochs.

    One fixed batch with fixed noise passes forward and backward, so that the
    training step carries no extra work: after each of the first ten epochs and
    after every tenth from there on. Give every activation the same images.

    Parameters
    ----------
    images : array [n, height, width, channels]
        The batch, in [0, 1].
    saturation : float
        An element is saturated when the absolute slope of its activation is
        below this.
    seed : int
        Of the noise of the posterior samples.

    Attributes
    ----------
    rows : list of dict
        Since training began, one for each epoch and layer (`COLUMNS`):
        ``epoch``, 0 before training; ``depth``, 1 for the layer next to the
        images; ``network``, ``layer`` and ``role``, see
        `models.layers.WatchedLayer`; ``gradient_norm``, Euclidean norm of the
        gradient with respect to the kernel, the loss being averaged over
        images; ``gradient_rms``, root mean square over images and units of the
        gradient with respect to the pre-activation, the loss being summed over
        images; ``dead``, share of units that are saturated for every image (and at
        every position, where a layer has positions), so that no image trains them;
        ``saturated``, share of elements. The last two are NaN for output layers.
    """

    def __init__(self, images: np.ndarray, saturation: float = 0.01, seed: int = 0):
        super().__init__()
        self.images = np.asarray(images, "float32")  # may be replaced between two trainings
        self.saturation = saturation
        self.seed = seed
        self.rows: list[dict] = []
        self._measured_model = None

    def set_model(self, model) -> None:
        super().set_model(model)
        if model is not self._measured_model:  # one trace serves all seeds
            self._measured_model = model
            self._measurement = _measurement(model, self.saturation)

    def on_train_begin(self, logs=None) -> None:
        self.rows = []
        self.record(0)

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        if epoch < _EVERY or (epoch + 1) % _EVERY == 0:
            self.record(epoch + 1)

    def record(self, epoch: int) -> None:
        """Measure the model as it is now, unless this epoch was measured before.

        Parameters
        ----------
        epoch : int
            After which the model has its weights.
        """
        if any(row["epoch"] == epoch for row in self.rows):
            return
        rng = np.random.default_rng([self.seed])
        noise = rng.standard_normal((len(self.images), self.model.latent_dim), dtype="float32")
        measured = self._measurement(tf.constant(self.images), tf.constant(noise)).numpy()
        for depth, (watched, values) in enumerate(
            zip(self.model.watched_layers, measured, strict=True), start=1
        ):
            row = {
                "epoch": epoch,
                "depth": depth,
                "network": str(watched.network),
                "layer": watched.layer.name,
                "role": str(watched.role),
            }
            self.rows.append(row | dict(zip(_MEASURES, map(float, values), strict=True)))


class _ObservedNetwork:
    """A network that keeps what its watched layers computed in its last call."""

    def __init__(self, network: keras.Model, layers: Sequence[WatchedLayer]):
        values = [*(one.pre_activation for one in layers), *(one.activation for one in layers)]
        self._model = keras.Model(network.input, [network.output, values])
        self._layers = len(layers)

    def __call__(self, inputs, training: bool = False):
        output, values = self._model(inputs, training=training)
        self.pre_activations, self.activations = values[: self._layers], values[self._layers :]
        return output


def _measurement(model, saturation: float):
    """Return the compiled function from images and noise to a tensor [layers, 4]."""
    layers = model.watched_layers
    encoder, decoder = (
        _ObservedNetwork(network, [one for one in layers if one.network == name])
        for name, network in ((Network.ENCODER, model.encoder), (Network.DECODER, model.decoder))
    )

    @tf.function(autograph=False)
    def measure(images, noise):
        with tf.GradientTape(persistent=True) as tape:
            reconstruction, kl = elbo.terms(
                encoder, decoder, model.negative_log_likelihood, images, noise
            )
            loss = tf.reduce_sum(reconstruction) + tf.reduce_sum(kl)
            activations = encoder.activations + decoder.activations
            totals = [tf.reduce_sum(activation) for activation in activations]
        pre_activations = encoder.pre_activations + decoder.pre_activations
        # An activation is element-wise, so the gradient of the sum is each element's slope.
        slopes = map(tape.gradient, totals, pre_activations)
        kernel_gradients = tape.gradient(loss, [one.layer.kernel for one in layers])
        gradients = tape.gradient(loss, pre_activations)
        n = tf.cast(tf.shape(images)[0], tf.float32)
        rows = [
            [tf.norm(kernel_gradient / n), tf.sqrt(tf.reduce_mean(gradient**2))]
            for kernel_gradient, gradient in zip(kernel_gradients, gradients, strict=True)
        ]
        for row, one, slope in zip(rows, layers, slopes, strict=True):
            hidden = one.role == Role.HIDDEN
            flat = tf.abs(slope) < saturation
            row.append(dead_share(flat) if hidden else np.nan)
            row.append(_share(flat) if hidden else np.nan)
        return tf.stack([tf.stack(row) for row in rows])

    return measure


def dead_share(flat):
    """Return the share of units that are saturated for every image, and at every position.

    Parameters
    ----------
    flat : tensor of bool [n, ..., units]
        Whether an element is saturated; the axes between are positions.

    Returns
    -------
    scalar tensor
        In [0, 1].
    """
    all_but_units = list(range(len(flat.shape) - 1))
    return _share(tf.reduce_all(flat, axis=all_but_units))


def _share(mask):
    return tf.reduce_mean(tf.cast(mask, tf.float32))
