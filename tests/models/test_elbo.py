"""The two terms of the ELBO against NumPy and scipy, with networks written by hand."""

import numpy as np
import pytest
from scipy import stats

from vaelib.backend import tf
from vaelib.models import elbo, likelihoods


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_samples_have_the_posterior_mean_and_variance(rng):
    mean, log_variance = np.array([[1.0, -2.0]]), np.log([[0.25, 9.0]])
    z = elbo.reparameterize(mean, log_variance, rng.standard_normal((200_000, 2)))
    np.testing.assert_allclose(np.mean(z, axis=0), mean[0], atol=0.03)
    np.testing.assert_allclose(np.var(z, axis=0), [0.25, 9.0], rtol=0.01)


def test_reparameterization_broadcasts_over_samples(rng):
    mean, log_variance = rng.normal(size=(2, 5, 3))
    noise = rng.normal(size=(7, 5, 3))
    z = elbo.reparameterize(mean, log_variance, noise)
    np.testing.assert_allclose(z, mean + np.exp(log_variance / 2) * noise, rtol=1e-12)


def test_gradients_reach_the_mean_and_the_log_variance():
    mean, log_variance, noise = tf.constant([[0.5]]), tf.constant([[-1.0]]), tf.constant([[2.0]])
    with tf.GradientTape() as tape:
        tape.watch([mean, log_variance])
        z = elbo.reparameterize(mean, log_variance, noise)
    by_mean, by_log_variance = tape.gradient(z, [mean, log_variance])
    np.testing.assert_allclose(by_mean, [[1.0]])
    np.testing.assert_allclose(by_log_variance, [[np.exp(-0.5)]])  # noise exp(l / 2) / 2


@pytest.mark.parametrize("training", [False, True])
def test_the_terms_are_those_of_the_networks(rng, training):
    """The encoder is the identity on two pixels, the decoder triples the code."""
    images, noise = rng.uniform(size=(6, 2, 1, 1)), rng.normal(size=(6, 2))
    modes = []

    def encoder(x, training):
        modes.append(training)
        return x[:, :, 0, 0], np.full((6, 2), np.log(0.25))

    def decoder(z, training):
        modes.append(training)
        return 3 * z[:, :, None, None]

    def nll(x, logits):
        return likelihoods.gaussian_nll(likelihoods.squared_error(x, logits), 2, np.float64(0.5))

    reconstruction, kl = elbo.terms(encoder, decoder, nll, images, noise, training)
    decoded = 3 * (images[:, :, 0, 0] + 0.5 * noise)
    log_density = stats.norm.logpdf(images[:, :, 0, 0], decoded, np.sqrt(0.5)).sum(axis=1)
    np.testing.assert_allclose(reconstruction, -log_density, rtol=1e-9)
    by_unit = 0.5 * (images[:, :, 0, 0] ** 2 + 0.25 - 1 - np.log(0.25))
    np.testing.assert_allclose(kl, by_unit.sum(axis=1), rtol=1e-9)
    assert modes == [training, training]
