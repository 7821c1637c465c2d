"""Scores against values by hand and scikit-image called image by image."""

import numpy as np
import pandas as pd
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from vaelib import metrics
from vaelib.data.pixels import Pixels

STANDARD = {"gaussian_weights": True, "sigma": 1.5}


def pair(*shape) -> tuple[np.ndarray, np.ndarray]:
    """Return images and noisy copies of them, float32 as in use."""
    rng = np.random.default_rng(0)
    images = rng.uniform(size=shape).astype("float32")
    noise = rng.normal(scale=0.2, size=shape).astype("float32")
    return images, np.clip(images + noise, 0, 1)


def test_mse_and_psnr_by_hand():
    images = np.zeros((3, 2, 2, 1))
    reconstructions = np.zeros((3, 2, 2, 1))
    reconstructions[0, 0, 0] = 0.2  # 0.04 over four pixels
    reconstructions[1] = 1
    np.testing.assert_allclose(metrics.mse(images, reconstructions), [0.01, 1, 0])
    np.testing.assert_allclose(metrics.psnr(images, reconstructions), [20, 0, np.nan])
    np.testing.assert_array_equal(metrics.identical(images, reconstructions), [False, False, True])


def test_psnr_is_that_of_scikit_image():
    images, reconstructions = pair(4, 9, 7, 3)
    expected = [
        peak_signal_noise_ratio(a.astype(float), b.astype(float), data_range=1)
        for a, b in zip(images, reconstructions, strict=True)
    ]
    np.testing.assert_allclose(metrics.psnr(images, reconstructions), expected, rtol=1e-6)


def test_a_millionth_of_an_error_is_not_identical():
    images = np.zeros((1, 2, 2, 1))
    assert not metrics.identical(images, images + 1e-6)[0]
    assert metrics.psnr(images, images + 1e-6)[0] == pytest.approx(120)


@pytest.mark.parametrize(
    ("shape", "window"),
    [
        ((5, 28, 28, 1), STANDARD),
        ((4, 32, 32, 3), STANDARD),
        ((3, 11, 17, 1), STANDARD),
        ((3, 40, 12, 3), STANDARD),
        ((4, 8, 8, 1), {"win_size": 7}),
        ((3, 9, 20, 1), {"win_size": 9}),
    ],
)
def test_ssim_is_that_of_scikit_image_image_by_image(shape, window):
    images, reconstructions = pair(*shape)
    expected = [
        structural_similarity(
            a.astype(float),
            b.astype(float),
            data_range=1,
            channel_axis=-1,
            use_sample_covariance=False,
            **window,
        )
        for a, b in zip(images, reconstructions, strict=True)
    ]
    found = metrics.ssim(images, reconstructions)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert found.max() < 0.99


def test_ssim_of_an_image_does_not_depend_on_its_neighbours():
    images, reconstructions = pair(5, 12, 12, 1)
    order = [3, 1, 4, 0, 2]
    np.testing.assert_allclose(
        metrics.ssim(images[order], reconstructions[order]),
        metrics.ssim(images, reconstructions)[order],
        rtol=1e-9,
    )


@pytest.mark.parametrize("metric", [metrics.mse, metrics.psnr, metrics.ssim])
def test_scores_do_not_depend_on_how_many_images_are_scored_at_once(metric, monkeypatch):
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 256, (7, 14, 12, 3), "uint8")
    reals, decoded = np.asarray(Pixels(levels)), rng.uniform(size=levels.shape).astype("float32")
    at_once, entropy = metric(reals, decoded), metrics.pixel_entropy(reals)
    monkeypatch.setattr(metrics, "_AT_ONCE", 3 * 14 * 12 * 3)
    np.testing.assert_array_equal(metric(reals, decoded), at_once)
    np.testing.assert_array_equal(metric(Pixels(levels), decoded), at_once)
    assert metrics.pixel_entropy(Pixels(levels)) == entropy


def local_similarity(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """Compute equation 13 of Wang et al. 2004 for a window and its weights."""
    mean_x, mean_y = np.sum(weights * x), np.sum(weights * y)
    var_x, var_y = np.sum(weights * (x - mean_x) ** 2), np.sum(weights * (y - mean_y) ** 2)
    covariance = np.sum(weights * (x - mean_x) * (y - mean_y))
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return luminance * (2 * covariance + c2) / (var_x + var_y + c2)


@pytest.mark.parametrize(("side", "channels"), [(14, 1), (12, 3), (8, 1)])
def test_the_map_of_ssim_by_hand(side, channels):
    images, reconstructions = pair(2, side, side, channels)
    found = metrics.ssim_map(images, reconstructions)
    assert found.shape == (2, side, side)
    window, standard = metrics.ssim_window(side, side)
    reach = window // 2
    profile = np.exp(-0.5 * (np.arange(-reach, reach + 1) / 1.5) ** 2)
    weights = np.outer(profile, profile) if standard else np.ones((window, window))
    weights /= weights.sum()
    for row, column in ((reach, reach), (side - reach - 1, reach)):
        rows = slice(row - reach, row + reach + 1)
        columns = slice(column - reach, column + reach + 1)
        for n in range(2):
            by_channel = [
                local_similarity(
                    images[n, rows, columns, channel].astype(float),
                    reconstructions[n, rows, columns, channel].astype(float),
                    weights,
                )
                for channel in range(channels)
            ]
            assert found[n, row, column] == pytest.approx(np.mean(by_channel), rel=1e-6)
    inner = found[:, reach : side - reach, reach : side - reach].mean(axis=(1, 2))
    np.testing.assert_allclose(inner, metrics.ssim(images, reconstructions), rtol=1e-9)


def test_ssim_of_identical_images_is_one():
    images, _ = pair(3, 28, 28, 1)
    np.testing.assert_allclose(metrics.ssim(images, images), 1)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (28, 28, (11, True)),
        (11, 11, (11, True)),
        (12, 11, (11, True)),
        (10, 28, (9, False)),
        (8, 8, (7, False)),
        (28, 7, (7, False)),
        (2, 2, (1, False)),
    ],
)
def test_only_images_under_eleven_pixels_get_another_window(height, width, expected):
    assert metrics.ssim_window(height, width) == expected


def test_kl_per_unit_is_the_mean_over_images():
    mean = np.array([[0.0, 2.0], [0.0, 4.0]])
    log_variance = np.array([[0.0, 0.0], [np.log(4), 0.0]])
    expected = [0.25 * (4 - 1 - np.log(4)), (2 + 8) / 2]
    np.testing.assert_allclose(metrics.kl_per_unit(mean, log_variance), expected)


def test_a_unit_is_active_when_its_mean_varies_enough():
    # Columns of variance 0, 0.0081 and 0.0121; the first is far from 0 but constant.
    mean = np.array([[5.0, -0.09, -0.11], [5.0, 0.09, 0.11]])
    np.testing.assert_array_equal(metrics.active_units(mean), [False, False, True])
    np.testing.assert_array_equal(metrics.active_units(mean, threshold=0.001), [False, True, True])


def layers(*rows: tuple) -> pd.DataFrame:
    columns = ["epoch", "depth", "network", "role", "gradient_rms"]
    return pd.DataFrame(rows, columns=columns)


GRADIENTS = layers(
    # Layers out of order, and outputs that must not count.
    (0, 5, "decoder", "hidden", 8.0),
    (0, 1, "encoder", "hidden", 1.0),
    (0, 2, "encoder", "hidden", 4.0),
    (0, 3, "encoder", "output", 99.0),
    (0, 4, "decoder", "hidden", 2.0),
    (0, 6, "decoder", "output", 99.0),
    (1, 1, "encoder", "hidden", 3.0),
    (1, 2, "encoder", "hidden", 1.5),
    (1, 4, "decoder", "hidden", 5.0),
    (1, 5, "decoder", "hidden", 1.0),
)


def test_the_gradient_flow_is_first_over_last_hidden_layer_in_both_networks():
    flow = metrics.gradient_flow(GRADIENTS)
    assert flow.index.name == "epoch"
    assert flow.to_dict("list") == {
        "encoder": [0.25, 2.0],
        "decoder": [0.25, 5.0],
        "flow": [0.0625, 10.0],
    }


def test_the_gradient_flow_is_told_apart_by_seed():
    both = pd.concat(
        [
            GRADIENTS.assign(seed=0),
            GRADIENTS.assign(seed=1, gradient_rms=GRADIENTS["gradient_rms"] ** 2),
        ]
    )
    flow = metrics.gradient_flow(both)["flow"]
    assert flow.to_dict() == {
        (0, 0): 0.0625,
        (0, 1): 10.0,
        (1, 0): 0.0625**2,
        (1, 1): 100.0,
    }


def test_without_hidden_layers_or_gradients_there_is_no_flow():
    outputs = GRADIENTS[GRADIENTS["role"] == "output"]
    assert metrics.gradient_flow(outputs)["flow"].isna().all()
    flat = GRADIENTS.assign(gradient_rms=0.0)
    assert metrics.gradient_flow(flat)["flow"].isna().all()


UNIT = np.random.default_rng(0).uniform(size=(4, 16, 16, 1))


@pytest.mark.parametrize(
    "metric", [metrics.mse, metrics.psnr, metrics.ssim, metrics.ssim_map, metrics.identical]
)
@pytest.mark.parametrize(
    ("images", "reconstructions", "line"),
    [
        (np.uint8(255 * UNIT), np.uint8(255 * UNIT), "images: uint8; allowed: .* x / 255"),
        (UNIT, np.uint8(255 * UNIT), "reconstructions: uint8; allowed: "),
        (2 * UNIT - 1, UNIT, r"images: values from -0.99\d* to 0.99\d*; allowed: \[0, 1\]"),
        (UNIT * np.nan, UNIT, "images: values from nan to nan; allowed: "),
        (UNIT, UNIT[:1], r"reconstructions: shape \(1, 16, 16, 1\); allowed: \(4, 16, 16, 1\)"),
        (UNIT, np.tile(UNIT, 3), r"reconstructions: shape \(4, 16, 16, 3\); allowed: \(4, "),
        (UNIT[..., 0], UNIT[..., 0], r"images: shape \(4, 16, 16\); allowed: \[n, height, "),
        (UNIT[:0], UNIT[:0], r"images: shape \(0, 16, 16, 1\); allowed: "),
        (UNIT * 1j, UNIT, "images: complex128; allowed: "),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(metric, images, reconstructions, line):
    with pytest.raises(ValueError, match=f"^{line}") as refused:
        metric(images, reconstructions)
    assert "\n" not in str(refused.value)


def test_reconstructions_may_leave_the_range_and_binary_images_are_numbers():
    np.testing.assert_allclose(metrics.mse(UNIT, UNIT + 2), 4)
    np.testing.assert_array_equal(metrics.mse(UNIT > 0.5, UNIT > 0.5), 0)
    assert np.isnan(metrics.mse(UNIT, UNIT * np.nan)).all()


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: metrics.kl_per_unit(np.zeros((4, 2)), np.zeros((4, 3))), "log_variance: shape"),
        (lambda: metrics.kl_per_unit(np.zeros(4), np.zeros(4)), "mean: float64 of shape"),
        (lambda: metrics.active_units(np.zeros((0, 4))), "mean: float64 of shape"),
    ],
)
def test_codes_have_a_row_for_each_image(call, line):
    with pytest.raises(ValueError, match=f"^{line} .*allowed: "):
        call()


def test_the_sliced_wasserstein_distance_of_a_shift_is_known():
    images = np.random.default_rng(0).uniform(size=(30, 4, 4, 1))
    assert metrics.sliced_wasserstein(images, images[::-1]) == pytest.approx(0, abs=1e-12)
    # All images shifted by v are |v . direction| apart on every direction.
    shift = np.linspace(0, 0.5, 16).reshape(4, 4, 1)
    rng = np.random.default_rng([7])
    directions = rng.standard_normal((16, 20))
    directions /= np.linalg.norm(directions, axis=0)
    expected = np.abs(shift.ravel() @ directions).mean()
    images = images / 2
    found = metrics.sliced_wasserstein(images, images + shift, projections=20, seed=7)
    assert found == pytest.approx(expected)
    # Uniform directions: E |v . u| is |v| / sqrt(d) times sqrt(2 / pi), nearly.
    found = metrics.sliced_wasserstein(images, images + shift, projections=20_000)
    assert found == pytest.approx(np.linalg.norm(shift) * np.sqrt(2 / (16 * np.pi)), rel=0.03)


def test_sets_of_unequal_numbers_have_a_distance_too():
    ones, zeros = np.ones((3, 2, 2, 1)), np.zeros((5, 2, 2, 1))
    one = metrics.sliced_wasserstein(ones, zeros)
    assert one == metrics.sliced_wasserstein(ones[:1], zeros)
    assert one != metrics.sliced_wasserstein(ones, zeros, seed=1)
    with pytest.raises(ValueError, match="^others: shape"):
        metrics.sliced_wasserstein(ones, np.zeros((5, 2, 3, 1)))


@pytest.mark.parametrize(
    ("grey", "entropy"),
    [
        (0.0, 0.0),
        (1.0, 0.0),
        (0.5, 4 * np.log(2)),
        (0.1, -4 * (0.1 * np.log(0.1) + 0.9 * np.log(0.9))),
    ],
)
def test_the_entropy_of_pixels_is_what_a_perfect_reconstruction_costs(grey, entropy):
    images = np.full((3, 2, 2, 1), grey)
    assert metrics.pixel_entropy(images) == pytest.approx(entropy)
    half = np.concatenate([images, np.zeros_like(images)])
    assert metrics.pixel_entropy(half) == pytest.approx(entropy / 2), "a mean over images"
