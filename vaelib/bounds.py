"""Lower bounds on the log-likelihood of images, in nats."""

import math
from collections.abc import Callable

import numpy as np

from vaelib import likelihoods
from vaelib.backend import tf

# Decoded pixels in one call: bounds the memory of an importance-weighted bound.
_PIXELS = 80_000_000


def elbo(model, images, noise):
    """Return the evidence lower bound from one posterior sample an image.

    Parameters
    ----------
    model : VAE
    images : tensor [n, height, width, channels]
    noise : tensor [n, latent_dim]
        Standard normal.

    Returns
    -------
    tensor [n]
        With the analytic KL term (Kingma and Welling 2014, equation 7).
    """
    mean, log_variance = model.encoder(images, training=False)
    logits = model.decoder(mean + tf.exp(0.5 * log_variance) * noise, training=False)
    kl = tf.reduce_sum(likelihoods.gaussian_kl(mean, log_variance), axis=-1)
    return -model.negative_log_likelihood(images, logits) - kl


def log_mean_weight(model, images, noise):
    """Return the logarithm of the mean importance weight of several samples.

    Parameters
    ----------
    model : VAE
    images : tensor [n, height, width, channels]
    noise : tensor [samples, n, latent_dim]
        Standard normal.

    Returns
    -------
    tensor [n]
        ``log mean_k p(x | z_k) p(z_k) / q(z_k | x)`` (Burda et al. 2016,
        equation 8).
    """
    mean, log_variance = model.encoder(images, training=False)
    z = mean + tf.exp(0.5 * log_variance) * noise
    samples, n = tf.shape(z)[0], tf.shape(z)[1]
    logits = model.decoder(tf.reshape(z, [samples * n, model.latent_dim]), training=False)
    repeated = tf.tile(images, [samples, 1, 1, 1])
    log_likelihood = -tf.reshape(model.negative_log_likelihood(repeated, logits), [samples, n])
    prior = likelihoods.gaussian_log_density(z, 0.0, tf.zeros_like(log_variance))
    posterior = likelihoods.gaussian_log_density(z, mean, log_variance)
    log_weights = log_likelihood + prior - posterior
    return tf.reduce_logsumexp(log_weights, axis=0) - tf.math.log(tf.cast(samples, tf.float32))


def accumulate(
    log_mean_weight: Callable,
    images: np.ndarray,
    samples: int,
    latent_dim: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the importance-weighted bound from as many calls as memory asks for.

    Parameters
    ----------
    log_mean_weight : callable
        Of images and noise; see `log_mean_weight`.
    images : array [n, height, width, channels]
    samples : int
        Posterior samples an image.
    latent_dim : int
    rng : numpy.random.Generator
        Draws the noise.

    Returns
    -------
    array of float32 [n]
    """
    decoded = max(1, _PIXELS // math.prod(images.shape[1:]))
    most = min(samples, decoded)
    counts = [most] * (samples // most) + [samples % most] * (samples % most > 0)
    rows = max(1, decoded // most)
    values = []
    for start in range(0, len(images), rows):
        chunk = images[start : start + rows]
        parts = [
            log_mean_weight(
                chunk, rng.standard_normal((count, len(chunk), latent_dim), dtype="float32")
            )
            + np.log(count)
            for count in counts
        ]
        values.append(tf.reduce_logsumexp(tf.stack(parts), axis=0) - np.log(samples))
    return np.concatenate(values)
