"""Principal components against a singular value decomposition by NumPy."""

import numpy as np
import pytest

from vaelib import metrics
from vaelib.training import pca

SHAPE = (6, 5, 1)


def pictures(n: int, shape=SHAPE, seed: int = 0) -> np.ndarray:
    """Return images of which some directions vary more than others."""
    rng = np.random.default_rng(seed)
    flat = rng.standard_normal((n, 8)) @ rng.standard_normal((8, np.prod(shape)))
    noise = rng.standard_normal(flat.shape)
    return np.clip(0.5 + 0.05 * flat + 0.02 * noise, 0, 1).astype("float32").reshape(n, *shape)


def by_hand(train: np.ndarray, images: np.ndarray, components: int) -> np.ndarray:
    flat = train.reshape(len(train), -1).astype(float)
    mean = flat.mean(axis=0)
    *_, directions = np.linalg.svd(flat - mean, full_matrices=False)
    kept = directions[:components]
    projected = mean + (images.reshape(len(images), -1) - mean) @ kept.T @ kept
    return np.clip(projected, 0, 1).reshape(images.shape)


@pytest.mark.parametrize("components", [1, 3, 8])
@pytest.mark.parametrize("shape", [SHAPE, (16, 12, 3)], ids=["grey", "colour"])
def test_images_are_projected_on_the_first_components(components, shape):
    # 600 images of 576 pixels are decomposed by the randomised solver.
    train, test = pictures(600, shape), pictures(7, shape, seed=1)
    fitted = pca.fit(train, components)
    found, expected = fitted.reconstruct(test), by_hand(train, test, components)
    assert (found.shape, found.dtype) == (test.shape, np.float32)
    np.testing.assert_allclose(found, expected, atol=2e-4)
    scores = fitted.score(test)
    assert list(scores["mse"]) == pytest.approx(list(metrics.mse(test, expected)), rel=1e-3)
    assert list(scores["psnr"]) == pytest.approx(list(metrics.psnr(test, expected)), rel=1e-3)
    assert list(scores["ssim"]) == pytest.approx(list(metrics.ssim(test, expected)), rel=1e-3)


def test_a_hand_computed_component():
    """Two pixels that vary along (3, 4) / 5 around (0.5, 0.5)."""
    steps = np.array([-0.5, -0.25, 0.25, 0.5])[:, None] * np.array([0.6, 0.8])
    fitted = pca.fit((0.5 + steps).astype("float32").reshape(-1, 2, 1, 1), 1)
    np.testing.assert_allclose(np.abs(fitted.components), [[0.6, 0.8]], rtol=1e-5)
    # (0.9, 0.5) is 0.4 off the mean along the first pixel: 0.24 along the component.
    found = fitted.reconstruct(np.array([0.9, 0.5], "float32").reshape(1, 2, 1, 1))
    np.testing.assert_allclose(found.ravel(), [0.644, 0.692], rtol=1e-5)


def test_no_linear_autoencoder_is_better_on_the_training_images():
    train = pictures(60)
    error = pca.fit(train, 3).score(train)["mse"].mean()
    flat = train.reshape(60, -1) - train.reshape(60, -1).mean(axis=0)
    rng = np.random.default_rng(0)
    for _ in range(20):
        code = flat @ rng.standard_normal((30, 3))
        decoded = code @ np.linalg.lstsq(code, flat, rcond=None)[0]
        assert np.mean((flat - decoded) ** 2) > error


def test_reconstructions_are_clipped_to_what_an_image_can_be():
    train = pictures(40)
    beyond = np.where(np.arange(30).reshape(SHAPE) % 2, 1.0, 0.0)[None].astype("float32")
    found = pca.fit(train, 8).reconstruct(5 * beyond - 2)
    assert (found.min(), found.max()) == (0, 1)


@pytest.mark.parametrize(
    ("images", "components", "kept"), [(60, 4, 4), (5, 16, 5), (60, 64, 30), (1, 3, 1)]
)
def test_there_are_at_most_as_many_components_as_images_or_pixels(images, components, kept):
    fitted = pca.fit(pictures(images), components)
    assert (len(fitted.components), fitted.images) == (kept, images)


def test_of_many_pixels_only_the_first_images_are_used(monkeypatch):
    train = pictures(60)
    monkeypatch.setattr(pca, "MOST_PIXELS", 50 * 30 + 29)
    fitted, few = pca.fit(train, 3), pca.fit(train[:50], 3)
    assert fitted.images == few.images == 50
    np.testing.assert_array_equal(fitted.components, few.components)


def test_equal_images_are_their_mean():
    equal = np.full((9, *SHAPE), 0.25, "float32")
    fitted = pca.fit(equal, 2)
    np.testing.assert_array_equal(fitted.reconstruct(equal), equal)
    assert fitted.score(equal)["psnr"].isna().all()


def test_the_number_of_images_scored_at_once_changes_nothing(monkeypatch):
    images = pictures(25)
    fitted = pca.fit(images, 3)
    whole = fitted.score(images)
    monkeypatch.setattr(pca, "_CHUNK", 10)
    np.testing.assert_allclose(fitted.score(images), whole, rtol=1e-5)


def test_the_same_images_give_the_same_bits():
    images = pictures(600, (16, 12, 3))
    first, second = pca.fit(images, 3), pca.fit(images, 3)
    np.testing.assert_array_equal(first.components, second.components)
