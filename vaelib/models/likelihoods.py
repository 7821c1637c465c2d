"""The terms of the ELBO as pure functions of tensors, in nats per image."""

import math

from vaelib.backend import tf

LIKELIHOODS = ("bernoulli", "gaussian")

# A standard deviation of a quarter of a grey level: the resolution of eight-bit images.
MINIMUM_VARIANCE = (0.25 / 255) ** 2
# Of the running variance: it averages about the last hundred batches.
_MOMENTUM = 0.99


def gaussian_kl(mean, log_variance):
    """Divergence of a diagonal Gaussian from the standard normal, for each unit.

    Parameters
    ----------
    mean, log_variance : tensor [n, latent_dim]

    Returns
    -------
    tensor [n, latent_dim]
        KL(N(mean, exp(log_variance)) || N(0, 1)) in nats, at least 0 (Kingma
        and Welling 2014, appendix B).
    """
    return 0.5 * (tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance)


def bernoulli_nll(images, logits):
    """Negative log-likelihood of pixels as independent Bernoulli variables.

    Parameters
    ----------
    images : tensor [n, height, width, channels]
        In [0, 1]; grey values are treated as probabilities.
    logits : tensor of the same shape
        Any real numbers; finite up to those of float32.

    Returns
    -------
    tensor [n]
        Sum over pixels of the cross-entropy, in nats.
    """
    return _cross_entropy(images, logits)


@tf.custom_gradient
def _cross_entropy(images, logits):
    """Return ``sum max(l, 0) - l x + log(1 + exp(-|l|))`` and its gradient.

    A logarithm per pixel would take a seventh of a training step, so up to 32
    pixels share one: the factors of ``log prod (1 + exp(-|l|))`` are between 1
    and 2, and a product of up to 32 of them loses no accuracy.
    """
    images, logits = tf.convert_to_tensor(images), tf.convert_to_tensor(logits)
    pixels = math.prod(logits.shape[1:])
    together = max(n for n in range(1, 33) if pixels % n == 0)
    factors = tf.reshape(1.0 + tf.exp(-tf.abs(logits)), [-1, together, pixels // together])
    logarithms = tf.math.log(tf.reduce_prod(factors, axis=1))
    linear = _sum_pixels(tf.maximum(logits, 0.0) - logits * images)

    def gradient(upstream):
        upstream = tf.reshape(upstream, [-1] + [1] * (len(logits.shape) - 1))
        return -upstream * logits, upstream * (tf.sigmoid(logits) - images)

    return linear + tf.reduce_sum(logarithms, axis=1), gradient


def squared_error(images, means):
    """Sum over pixels of the squared difference; tensor [n]."""
    return _sum_pixels(tf.square(images - means))


def gaussian_nll(error, pixels, variance):
    """Negative log-likelihood under one variance shared by all pixels.

    Parameters
    ----------
    error : tensor [n]
        Squared error summed over pixels, see `squared_error`.
    pixels : int
        Pixels times channels of an image.
    variance : scalar tensor
        The shared variance; the optimal one is the mean squared error (Rybkin
        et al. 2021, equation 5).

    Returns
    -------
    tensor [n]
        In nats; may be negative, as densities may exceed 1.
    """
    return 0.5 * (pixels * tf.math.log(2 * math.pi * variance) + error / variance)


def optimal_variance(error, weights, pixels):
    """Return the maximum-likelihood variance of a batch, a scalar tensor.

    The mean squared error (Rybkin et al. 2021, equation 5), and at least
    `MINIMUM_VARIANCE`. Without a gradient, as that is zero at the optimum.

    Parameters
    ----------
    error : tensor [n]
        Squared error summed over pixels.
    weights : tensor [n]
        Of each image; their sum is 1.
    pixels : int
        Pixels times channels of an image.
    """
    variance = tf.stop_gradient(tf.reduce_sum(weights * error)) / pixels
    return tf.maximum(variance, MINIMUM_VARIANCE)


def running_variance(running, variance, steps):
    """Return the mean over all batches, later the exponential moving average.

    Parameters
    ----------
    running, variance : scalar tensor
        Mean so far, and that of the next batch.
    steps : scalar tensor
        Batches before this one.
    """
    steps = tf.cast(steps, tf.float32)
    momentum = tf.minimum(_MOMENTUM, steps / (steps + 1.0))
    return momentum * running + (1.0 - momentum) * variance


def gaussian_log_density(z, mean, log_variance):
    """Log-density of a diagonal Gaussian, summed over the last axis, in nats."""
    scaled = tf.square(z - mean) * tf.exp(-log_variance)
    return -0.5 * tf.reduce_sum(math.log(2 * math.pi) + log_variance + scaled, axis=-1)


def _sum_pixels(values):
    return tf.reduce_sum(values, axis=[-3, -2, -1])
