"""The ELBO of a constant image, compared with hand calculation, scipy and an optimiser."""

import numpy as np
import pytest
from scipy import optimize, special, stats

from vaelib.models import bounds, likelihoods

# Three training images of two pixels; the test image differs from their mean.
TRAIN = np.array([[0.0, 0.5], [0.6, 1.0], [0.3, 0.9]], "float32").reshape(3, 2, 1, 1)
TEST = np.array([[1.0, 0.8]], "float32").reshape(1, 2, 1, 1)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_importance_bound_is_made_of_densities_of_scipy(make_vae, images, likelihood):
    vae = make_vae(likelihood=likelihood)
    for name, bias in (("mean", 1.5), ("log_variance", -4.0)):  # so that all densities differ
        vae.encoder.get_layer(name).bias.assign(np.full(3, bias))
    x, noise = images[:4], np.random.default_rng(0).standard_normal((7, 4, 3), dtype="float32")
    mean, log_variance = (np.asarray(part, float) for part in vae.encoder(x))
    spread = np.exp(log_variance / 2)
    z = mean + spread * noise
    logs = [-np.asarray(vae.negative_log_likelihood(x, vae.decoder(one)), float) for one in z]
    logs += (stats.norm.logpdf(z) - stats.norm.logpdf(z, mean, spread)).sum(axis=-1)
    expected = special.logsumexp(logs, axis=0) - np.log(7)
    np.testing.assert_allclose(bounds.log_mean_weight(vae, x, noise), expected, rtol=1e-5)


@pytest.mark.parametrize(("pixels", "calls"), [(1, 10), (6, 4), (8, 4), (100, 1)])
def test_the_bound_is_that_of_all_samples_in_however_many_calls(monkeypatch, pixels, calls):
    """Of weights that are known, of two images of two pixels."""
    monkeypatch.setattr(bounds, "_PIXELS", pixels)
    drawn, made = {1.0: [], 5.0: []}, []

    def log_mean_weight(images, noise):
        weights = images[None, :, 0, 0, 0] + np.abs(noise).sum(axis=2)
        made.append(weights.shape)
        for image, own in zip(images[:, 0, 0, 0], weights.T, strict=True):
            drawn[image] += list(own)
        return np.log(weights.mean(axis=0)).astype("float32")

    images = np.array([1.0, 5.0]).reshape(2, 1, 1, 1) * np.ones((2, 1, 2, 1))
    found = bounds.accumulate(log_mean_weight, images, 5, 3, np.random.default_rng(0))
    assert (len(made), [len(own) for own in drawn.values()]) == (calls, [5, 5])
    np.testing.assert_allclose(found, [np.log(np.mean(own)) for own in drawn.values()], rtol=1e-6)


def test_the_bernoulli_baseline_is_the_cross_entropy_of_the_mean_image():
    p = (0.3, 0.8)
    by_hand = np.log(p[0]) + 0.8 * np.log(p[1]) + 0.2 * np.log(1 - p[1])
    assert bounds.ConstantImage.fit(TRAIN, "bernoulli").elbo(TEST) == pytest.approx(
        by_hand, rel=1e-6
    )


def test_the_gaussian_baseline_is_the_density_at_the_training_variance():
    variance = (0.09 + 0.09 + 0.09 + 0.04 + 0.01) / 6
    by_hand = stats.norm([0.3, 0.8], np.sqrt(variance)).logpdf([1.0, 0.8]).sum()
    assert bounds.ConstantImage.fit(TRAIN, "gaussian").elbo(TEST) == pytest.approx(
        by_hand, rel=1e-6
    )


@pytest.mark.parametrize(("pixel", "nats"), [(0.0, np.log(1 / 10)), (1.0, np.log(9 / 10))])
def test_a_pixel_that_is_always_lit_in_training_is_not_certain(pixel, nats):
    train, test = np.ones((8, 1, 1, 1)), np.full((4, 1, 1, 1), pixel)
    for a, b in ((train, test), (1 - train, 1 - test)):
        assert bounds.ConstantImage.fit(a, "bernoulli").elbo(b) == pytest.approx(nats)


def test_constant_images_have_the_minimum_variance():
    images = np.full((5, 3, 2, 1), 0.7, "float32")
    expected = -3 * np.log(2 * np.pi * likelihoods.MINIMUM_VARIANCE)
    assert bounds.ConstantImage.fit(images, "gaussian").elbo(images) == pytest.approx(expected)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_no_constant_is_better_on_the_training_images(images, likelihood):
    """An optimiser searches for a better one under the model's likelihood."""

    def loss(x):
        logits = np.broadcast_to(x[:-1].reshape(1, *images.shape[1:]), images.shape)
        if likelihood == "bernoulli":
            values = likelihoods.bernoulli_nll(images.astype(float), logits)
        else:
            error = likelihoods.squared_error(images.astype(float), logits)
            values = likelihoods.gaussian_nll(error, images[0].size, np.exp(x[-1]))
        return np.mean(values)

    best = optimize.minimize(loss, np.full(images[0].size + 1, 0.1)).fun
    constant = bounds.ConstantImage.fit(images, likelihood)
    assert constant.elbo(images) == pytest.approx(-best, rel=1e-6)
    assert constant.train_elbo == constant.elbo(images)
