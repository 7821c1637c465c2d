"""Inference with a trained model: codes, reconstructions, samples, bounds."""

import math

import numpy as np

from vaelib.backend import keras, tf
from vaelib.exceptions import require
from vaelib.models import bounds, elbo
from vaelib.validation import Count, Seed, validated

# Images, and pixels, processed in one call: limits the memory, whatever the size of the set.
_CHUNK = 4096
_PIXELS = 2**24


class Inference(keras.Model):
    """Methods on images, batched and compiled, for a model of encoder and decoder.

    Images ``x`` are an array [n, height, width, channels] in [0, 1], or a data set of
    batches that ends, as `BlockTrainer.fit` takes it. What is not allowed raises
    ValueError in one line.

    A subclass has ``encoder``, ``decoder``, ``image_shape``, ``latent_dim``,
    ``seed``, ``decoded_mean``, ``negative_log_likelihood`` and ``check_images``.
    """

    def encode(self, x) -> tuple[np.ndarray, np.ndarray]:
        """Return the posterior's mean and log-variance, [n, latent_dim] each."""
        return self._chunked(self._encode, self.check_images(x, "x"))

    def decode(self, z) -> np.ndarray:
        """Return the mean image of each code [n, latent_dim], [n, height, width, channels]."""
        z = np.asarray(z, "float32")
        expected = z.ndim == 2 and z.shape[1] == self.latent_dim and len(z) > 0
        require(expected, "z", f"shape {z.shape}", f"[n, {self.latent_dim}], with n of at least 1")
        require(np.isfinite(z).all(), "z", "a NaN or infinite code", "finite values")
        return self._decoded(z)

    def reconstruct(self, x) -> np.ndarray:
        """Return the decoded posterior means, [n, height, width, channels]."""
        return self._decoded(self.encode(x)[0])

    @validated
    def sample(self, n: Count, seed: Seed = 0) -> np.ndarray:
        """Return `n` decoded draws from the prior, [n, height, width, channels]."""
        rng = np.random.default_rng([seed])
        return self.decode(rng.standard_normal((n, self.latent_dim), dtype="float32"))

    @validated
    def elbo(self, x, seed: Seed | None = None) -> np.ndarray:
        """Return the evidence lower bound of each image.

        Parameters
        ----------
        x : array [n, height, width, channels] or data set
        seed : int, optional
            Of the one posterior sample per image; the model's by default.

        Returns
        -------
        array of float32 [n]
            In nats, with the analytic KL term.
        """
        x = self.check_images(x, "x")
        rng = np.random.default_rng([self.seed if seed is None else seed])
        noise = rng.standard_normal((len(x), self.latent_dim), dtype="float32")
        (values,) = self._chunked(self._elbo, x, noise)
        return values

    @validated
    def importance_bound(self, x, samples: Count = 5000, seed: Seed | None = None) -> np.ndarray:
        """Return the importance-weighted bound L_k of each image.

        Parameters
        ----------
        x : array [n, height, width, channels] or data set
        samples : int
            k, the posterior samples per image.
        seed : int, optional
            Of the samples; the model's by default.

        Returns
        -------
        array of float32 [n]
            ``log mean_k p(x | z_k) p(z_k) / q(z_k | x)`` in nats: rises with k
            towards log p(x) (Burda et al. 2016, equation 8).
        """
        x = self.check_images(x, "x")
        rng = np.random.default_rng([self.seed if seed is None else seed])
        return bounds.accumulate(self._log_mean_weight, x, samples, self.latent_dim, rng)

    def _decoded(self, codes: np.ndarray) -> np.ndarray:
        (images,) = self._chunked(self._decode, codes)
        return images

    @tf.function(reduce_retracing=True, autograph=False)
    def _encode(self, images):
        return tuple(self.encoder(images, training=False))

    @tf.function(reduce_retracing=True, autograph=False)
    def _decode(self, codes):
        return (self.decoded_mean(self.decoder(codes, training=False)),)

    @tf.function(reduce_retracing=True, autograph=False)
    def _elbo(self, images, noise):
        reconstruction, kl = elbo.terms(
            self.encoder, self.decoder, self.negative_log_likelihood, images, noise
        )
        return (-reconstruction - kl,)

    @tf.function(reduce_retracing=True, autograph=False)
    def _log_mean_weight(self, images, noise):
        return bounds.log_mean_weight(self, images, noise)

    def _chunked(self, function, *arrays) -> tuple[np.ndarray, ...]:
        """Call a compiled function on chunks of rows; concatenate the results."""
        rows = max(1, min(_CHUNK, _PIXELS // math.prod(self.image_shape)))
        starts = range(0, len(arrays[0]), rows)
        parts = [function(*(tf.constant(a[s : s + rows]) for a in arrays)) for s in starts]
        return tuple(
            np.concatenate([np.asarray(t) for t in column]) for column in zip(*parts, strict=True)
        )
