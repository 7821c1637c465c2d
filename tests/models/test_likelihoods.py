"""The terms of the ELBO against formulas, scipy and numeric integration."""

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import expit

from vaelib.backend import tf
from vaelib.models import likelihoods


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("mean", [-1.5, 0.0, 2.0])
@pytest.mark.parametrize("log_variance", [-3.0, 0.0, 1.2])
def test_the_kl_divergence_equals_its_integral(mean, log_variance):
    q = stats.norm(mean, np.exp(log_variance / 2))
    low, high = q.ppf([1e-14, 1 - 1e-14])
    expected, _ = integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - stats.norm.logpdf(z)), low, high
    )
    kl = likelihoods.gaussian_kl(np.array([[mean]]), np.array([[log_variance]]))
    np.testing.assert_allclose(kl, [[expected]], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("steps", "expected"), [(0, 3.0), (1, 2.5), (3, 2.25), (98, 2 + 1 / 99), (999, 2.01)]
)
def test_the_running_variance_is_a_mean_and_later_a_moving_average(steps, expected):
    """Of the batches so far, whose mean was 2, and of one that has 3."""
    found = likelihoods.running_variance(2.0, 3.0, steps)
    assert float(found) == pytest.approx(expected, rel=1e-6)


def test_the_kl_divergence_has_a_value_for_each_unit():
    kl = likelihoods.gaussian_kl(np.array([[0.0, 2.0, 0.0]]), np.array([[0.0, 0.0, np.log(4.0)]]))
    np.testing.assert_allclose(kl, [[0, 2, 0.5 * (4 - 1 - np.log(4))]], atol=1e-12)


def test_bernoulli_nll_is_the_cross_entropy_summed_over_pixels(rng):
    images, logits = rng.uniform(size=(5, 4, 3, 2)), rng.normal(scale=3, size=(5, 4, 3, 2))
    p = expit(logits)
    expected = -(images * np.log(p) + (1 - images) * np.log(1 - p)).sum((1, 2, 3))
    np.testing.assert_allclose(likelihoods.bernoulli_nll(images, logits), expected, rtol=1e-9)


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (101, 1, 1), (1, 1, 1)])
@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0])
def test_bernoulli_nll_is_accurate_with_few_logarithms(rng, shape, scale):
    images, logits = rng.uniform(size=(3, *shape)), rng.normal(scale=scale, size=(3, *shape))
    exact = (np.logaddexp(0, logits) - images * logits).sum((1, 2, 3))
    nll = likelihoods.bernoulli_nll(images.astype("float32"), logits.astype("float32"))
    np.testing.assert_allclose(nll, exact, rtol=2e-6)


@pytest.mark.parametrize(
    ("pixel", "logit", "nats"),
    [(1, 1e4, 0), (0, -1e4, 0), (1, -1e4, 1e4), (0, 1e4, 1e4), (0.25, 1e4, 7.5e3)],
)
def test_bernoulli_nll_is_finite_at_extreme_logits(pixel, logit, nats):
    images, logits = (np.full((1, 2, 1, 1), v, "float32") for v in (pixel, logit))
    np.testing.assert_allclose(likelihoods.bernoulli_nll(images, logits), [2 * nats], rtol=1e-6)


def test_the_gradient_of_bernoulli_nll_is_probability_less_pixel(rng):
    images, logits = (tf.constant(rng.uniform(size=(3, 4, 2, 1))) for _ in range(2))
    weights = np.array([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch([images, logits])
        nll = tf.reduce_sum(weights * likelihoods.bernoulli_nll(images, logits))
    by_image, by_logit = tape.gradient(nll, [images, logits])
    weights = weights[:, None, None, None]
    np.testing.assert_allclose(by_logit, weights * (expit(logits) - images), atol=1e-12)
    np.testing.assert_allclose(by_image, -weights * logits, atol=1e-12)


def test_squared_error_is_summed_over_pixels_and_channels():
    images, means = np.zeros((2, 3, 2, 3)), np.full((2, 3, 2, 3), [[[[0.5]]], [[[-2.0]]]])
    np.testing.assert_allclose(likelihoods.squared_error(images, means), [4.5, 72])


@pytest.mark.parametrize("variance", [0.04, 1.0, 9.0])
def test_gaussian_nll_agrees_with_scipy(rng, variance):
    images, means = rng.uniform(size=(5, 4, 3, 2)), rng.normal(size=(5, 4, 3, 2))
    error = likelihoods.squared_error(images, means)
    expected = -stats.norm.logpdf(images, means, np.sqrt(variance)).sum((1, 2, 3))
    nll = likelihoods.gaussian_nll(error, 4 * 3 * 2, np.float64(variance))
    np.testing.assert_allclose(nll, expected, rtol=1e-9)


def test_the_mean_squared_error_is_the_best_variance():
    error, pixels = np.array([3.0]), 12
    nll = [likelihoods.gaussian_nll(error, pixels, v)[0] for v in (0.24, 0.25, 0.26)]
    assert nll[1] < min(nll[0], nll[2])


def test_gaussian_log_density_agrees_with_scipy(rng):
    z, mean, log_variance = rng.normal(size=(3, 6, 4))
    expected = stats.norm.logpdf(z, mean, np.exp(log_variance / 2)).sum(-1)
    density = likelihoods.gaussian_log_density(z, mean, log_variance)
    np.testing.assert_allclose(density, expected, rtol=1e-9)


def test_gaussian_log_density_broadcasts_over_samples(rng):
    z, mean, log_variance = rng.normal(size=(7, 5, 4)), rng.normal(size=(5, 4)), np.zeros((5, 4))
    expected = stats.norm.logpdf(z, mean).sum(-1)
    density = likelihoods.gaussian_log_density(z, mean, log_variance)
    np.testing.assert_allclose(density, expected, rtol=1e-9)
