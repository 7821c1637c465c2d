"""What happens inside the network: gradients, dead and saturated units."""

from itertools import zip_longest

import numpy as np
import pandas as pd

from vaelib.backend import keras, tf
from vaelib.models import likelihoods

COLUMNS = ("epoch", "depth", "layer", "gradient_norm", "gradient_rms", "dead", "saturated")


class GradientProbe(keras.callbacks.Callback):
    """Record every layer at the start and after every epoch.

    One fixed batch with fixed noise is sent forward and back once an epoch, so
    the training loop carries no extra work. Give every activation and seed the
    same images.

    Parameters
    ----------
    images : array [n, height, width, channels]
        The batch, in [0, 1].
    saturation : float
        An element is saturated when the slope of its activation is below this
        in size.
    seed : int
        Of the noise of the posterior samples.

    Attributes
    ----------
    rows : list of dict
        Since training began, one for each epoch and layer (`COLUMNS`):
        ``epoch``, 0 before training; ``depth``, 1 for the layer at the images;
        ``layer``, its name; ``gradient_norm``, Euclidean norm of the loss'
        gradient with respect to the kernel; ``gradient_rms``, root mean square
        over images and units of the gradient with respect to the
        pre-activation, the loss being summed over images; ``dead``, share of
        units that are zero for every image; ``saturated``, share of elements.
        The last two are NaN for layers without an activation.
    """

    def __init__(self, images: np.ndarray, saturation: float = 0.01, seed: int = 0):
        super().__init__()
        self.images = np.asarray(images, "float32")
        self.saturation = saturation
        self.seed = seed
        self.rows: list[dict] = []
        self._measured_model = None

    def set_model(self, model) -> None:
        super().set_model(model)
        if model is not self._measured_model:  # one trace serves all seeds
            self._measured_model = model
            rng = np.random.default_rng([self.seed])
            noise = rng.standard_normal((len(self.images), model.latent_dim), dtype="float32")
            measure = _measurement(model, self.saturation)
            self._measure = lambda: measure(tf.constant(self.images), tf.constant(noise))

    def on_train_begin(self, logs=None) -> None:
        self.rows = []
        self._record(0)

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        self._record(epoch + 1)

    def _record(self, epoch: int) -> None:
        values = self._measure().numpy()
        for depth, (layer, row) in enumerate(
            zip(self.model.dense_layers, values, strict=True), start=1
        ):
            self.rows.append(
                dict(zip(COLUMNS, (epoch, depth, layer.name, *map(float, row)), strict=True))
            )


def gradient_ratio(gradients: pd.DataFrame) -> tuple[float, float]:
    """Return how much of the gradient arrives at the first hidden layer.

    Parameters
    ----------
    gradients : pandas.DataFrame
        Rows of one model's `GradientProbe`.

    Returns
    -------
    start, end : float
        Gradient RMS at the pre-activations of the encoder's first hidden layer
        over that of the decoder's last, before training and after. NaN for a
        network without hidden layers.
    """
    hidden = gradients[gradients["layer"].str.match(r"(encoder|decoder)_\d+$")]
    if hidden.empty:
        return np.nan, np.nan
    by_depth = hidden.pivot_table(index="epoch", columns="depth", values="gradient_rms")
    ratios = by_depth.iloc[:, 0] / by_depth.iloc[:, -1]
    return float(ratios.iloc[0]), float(ratios.iloc[-1])


def _measurement(model, saturation: float):
    """Return the compiled function of images and noise; tensor [layers, 4]."""
    halves = [_with_inner_values(half) for half in (model.encoder, model.decoder)]
    kernels = [layer.kernel for layer in model.dense_layers]

    @tf.function(autograph=False)
    def measure(images, noise):
        with tf.GradientTape(persistent=True) as tape:
            (mean, log_variance), inner = _call(halves[0], images)
            code = mean + tf.exp(0.5 * log_variance) * noise
            logits, inner_decoder = _call(halves[1], code)
            inner = inner + inner_decoder
            loss = tf.reduce_sum(model.negative_log_likelihood(images, logits))
            loss += tf.reduce_sum(likelihoods.gaussian_kl(mean, log_variance))
            outputs = [tf.reduce_sum(output) for _, output in inner if output is not None]
        pre_activations = [value for value, _ in inner]
        kernel_gradients = tape.gradient(loss, kernels)
        gradients = tape.gradient(loss, pre_activations)
        hidden = [(a, output) for a, output in inner if output is not None]
        slopes = iter(
            [tape.gradient(total, a) for (a, _), total in zip(hidden, outputs, strict=True)]
        )
        rows = []
        n = tf.cast(tf.shape(images)[0], tf.float32)
        for kernel_gradient, gradient, (_, output) in zip(
            kernel_gradients, gradients, inner, strict=True
        ):
            dead = saturated = tf.constant(np.nan, tf.float32)
            if output is not None:
                dead = _share(tf.reduce_all(output == 0, axis=0))
                saturated = _share(tf.abs(next(slopes)) < saturation)
            norm = tf.norm(kernel_gradient / n)
            rows.append(tf.stack([norm, tf.sqrt(tf.reduce_mean(gradient**2)), dead, saturated]))
        return tf.stack(rows)

    return measure


def _with_inner_values(network: keras.Model):
    """Return a model with every dense layer's value before and after activation."""
    inner = []
    for layer, *following in zip_longest(*(network.layers[i:] for i in range(3))):
        if isinstance(layer, keras.layers.Dense):
            if isinstance(following[0], keras.layers.BatchNormalization):
                layer, *following = following
            activated = isinstance(following[0], keras.layers.Activation)
            inner.append((layer.output, following[0].output if activated else None))
    flat = [value for pair in inner for value in pair if value is not None]
    return keras.Model(network.input, [network.output, flat]), inner


def _call(half, x):
    """Return a network's output and its (before, after or None) values."""
    network, inner = half
    output, flat = network(x, training=False)
    values = iter(flat)
    return output, [(next(values), None if after is None else next(values)) for _, after in inner]


def _share(mask):
    return tf.reduce_mean(tf.cast(mask, tf.float32))
