"""Bounds on the log-likelihood of images that are only evaluated, in nats.

The importance-weighted bound L_k, which decodes many posterior samples per image,
and the ELBO of a constant image, which has no network. The ELBO that training
maximises is in `elbo`.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from vaelib.backend import tf
from vaelib.data.pixels import mean_image, mean_square
from vaelib.models import likelihoods
from vaelib.models.elbo import reparameterize

# Most pixels decoded in one call: limits the memory of an importance-weighted bound.
_PIXELS = 20_000_000


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
    z = reparameterize(mean, log_variance, noise)
    samples, n = tf.shape(z)[0], tf.shape(z)[1]
    logits = model.decoder(tf.reshape(z, [samples * n, model.latent_dim]), training=False)
    repeated = tf.tile(images, [samples, 1, 1, 1])
    log_likelihood = -tf.reshape(model.negative_log_likelihood(repeated, logits), [samples, n])
    prior = likelihoods.gaussian_log_density(z, 0.0, tf.zeros_like(log_variance))
    posterior = likelihoods.gaussian_log_density(z, mean, log_variance)
    log_weights = log_likelihood + prior - posterior
    return tf.reduce_logsumexp(log_weights, axis=0) - tf.math.log(tf.cast(samples, tf.float32))


@dataclasses.dataclass(frozen=True)
class ConstantImage:
    """The baseline: a model that decodes every code to one image.

    The image is the mean of the training images, the constant of maximum
    likelihood under either likelihood; the posterior is the prior, so the KL
    term is 0. It is the best that a model with a collapsed posterior can reach.

    Attributes
    ----------
    mean : array of float64 [height, width, channels]
        Of the training images.
    images : int
        That it is the mean of.
    mean_square : float or None
        Mean squared difference of the training images from it, under a Gaussian
        likelihood; None under Bernoulli's.
    """

    mean: np.ndarray
    images: int
    mean_square: float | None

    @classmethod
    def fit(cls, train: np.ndarray, likelihood: str) -> "ConstantImage":
        """Return the constant image of training images.

        Parameters
        ----------
        train : array of float or Pixels [n, height, width, channels]
        likelihood : {"bernoulli", "gaussian"}
            ``bernoulli``: the mean of a pixel over the n training images is clipped
            to [1 / (n + 2), 1 - 1 / (n + 2)], the estimate of Laplace's rule of
            succession for a pixel that is 0, or 1, in all of them.
            ``gaussian``: one variance for all pixels, the mean squared error of the
            training images (Rybkin et al. 2021, equation 5), and at least
            `likelihoods.MINIMUM_VARIANCE`.
        """
        mean = mean_image(train)
        square = mean_square(train, mean) if likelihood == "gaussian" else None
        return cls(mean, len(train), square)

    def elbo(self, images: np.ndarray) -> float:
        """Return its ELBO in nats, averaged over images like those it was fitted on."""
        bernoulli = self.mean_square is None
        return self._elbo(mean_image(images), None if bernoulli else mean_square(images, self.mean))

    @property
    def train_elbo(self) -> float:
        """Its ELBO on the images it was fitted on."""
        return self._elbo(self.mean, self.mean_square)

    def _elbo(self, mean: np.ndarray, square: float | None) -> float:
        if square is None:
            # The cross-entropy is linear in the image, so the mean image suffices.
            least = 1 / (self.images + 2)
            p = np.clip(self.mean, least, 1 - least)
            return float(np.sum(mean * np.log(p) + (1 - mean) * np.log1p(-p)))
        variance = max(self.mean_square, likelihoods.MINIMUM_VARIANCE)
        return float(-0.5 * mean.size * (np.log(2 * np.pi * variance) + square / variance))


def accumulate(
    log_mean_weight: Callable,
    images: np.ndarray,
    samples: int,
    latent_dim: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Compute the importance-weighted bound in as many calls as the memory limit requires.

    Parameters
    ----------
    log_mean_weight : callable
        Of images and noise; see `log_mean_weight`.
    images : array [n, height, width, channels]
    samples : int
        Posterior samples per image.
    latent_dim : int
    rng : numpy.random.Generator
        Draws the noise.

    Returns
    -------
    array of float32 [n]
    """
    decoded = max(1, _PIXELS // math.prod(images.shape[1:]))
    most = min(samples, decoded)
    counts = [most] * (samples // most)
    if samples % most:
        counts.append(samples % most)
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
