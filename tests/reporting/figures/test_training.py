"""The training notebook's figures show what the tables say."""

import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawing import drawn

from vaelib.reporting.figures import training
from vaelib.reporting.plots.style import style

COLOUR = mpl.colors.to_rgba(style("relu")["color"])
LAYERS = [
    ("encoder", "encoder_1", "hidden"),
    ("encoder", "mean", "output"),
    ("decoder", "decoder_1", "hidden"),
    ("decoder", "logits", "output"),
]


@pytest.fixture
def history() -> pd.DataFrame:
    keys = pd.DataFrame(list(itertools.product([0, 1], [1, 2, 3])), columns=["seed", "epoch"])
    terms = ("loss", "reconstruction", "kl")
    for offset, column in enumerate([*terms, *(f"val_{term}" for term in terms)]):
        keys[column] = 10.0 * offset - keys["epoch"] + keys["seed"]
    return keys


@pytest.fixture
def gradients() -> pd.DataFrame:
    rows = [
        {
            "seed": seed,
            "model": f"relu{seed}",
            "epoch": epoch,
            "depth": depth,
            "network": network,
            "layer": layer,
            "role": role,
            "gradient_norm": depth,
            "gradient_rms": depth + epoch + 2 * seed,
            "dead": (0.1 * epoch + 0.2 * seed) if role == "hidden" else np.nan,
            "saturated": 0.5 if role == "hidden" else np.nan,
        }
        for seed, epoch in itertools.product([0, 1], [0, 1, 2])
        for depth, (network, layer, role) in enumerate(LAYERS, start=1)
    ]
    return pd.DataFrame(rows)


def test_learning_curves_have_an_axes_for_each_term(history):
    axes = drawn(training.learning_curves(history, "relu")).axes
    assert [ax.get_title() for ax in axes] == ["negative ELBO", "reconstruction", "KL divergence"]
    for ax, term in zip(axes, ("loss", "reconstruction", "kl"), strict=True):
        curves = {line.get_label(): line for line in ax.lines}
        for label, column in (("training", term), ("validation", f"val_{term}")):
            expected = history.groupby("epoch")[column].mean()
            np.testing.assert_allclose(curves[label].get_ydata(), expected)
            assert mpl.colors.to_rgba(curves[label].get_color()) == COLOUR
        assert curves["training"].get_linestyle() != curves["validation"].get_linestyle()


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (20, [0, 1, 2, 9, 10, 11, 17, 18, 19]),
        (9, list(range(9))),
        (5, list(range(5))),
        (1, [0]),
    ],
)
def test_best_median_and_worst_are_chosen_by_ssim(n, expected):
    order = np.random.default_rng(0).permutation(n)
    scores = pd.DataFrame({"image": np.arange(n), "ssim": 1 - order / n})
    chosen = training.best_median_worst(scores)
    assert list(order[chosen["image"]]) == expected


def test_reconstructions_show_original_reconstruction_and_error():
    rng = np.random.default_rng(0)
    images, decoded = rng.uniform(size=(2, 12, 4, 5, 1))
    scores = pd.DataFrame({"image": np.arange(12), "ssim": np.linspace(1, -1, 12)})
    axes = np.reshape(drawn(training.reconstructions(images, decoded, scores)).axes, (3, 9))
    assert axes[0, 0].get_title() == "0\nSSIM 1.00"
    assert axes[0, -1].get_title() == "11\nSSIM -1.00"
    shown = [ax.images[0].get_array() for ax in axes[:, -1]]
    expected = [images[11], decoded[11], np.abs(images[11] - decoded[11])]
    for picture, array in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(picture, array[..., 0])


def test_gradients_are_means_over_seeds_at_the_start_and_at_the_end(gradients):
    # The second seed kept the weights of its first epoch, and has no third measurement.
    gradients = gradients[(gradients["seed"] == 0) | (gradients["epoch"] < 2)]
    runs = pd.DataFrame({"model": ["relu0", "relu1"], "kept_epoch": [2, 1]})
    heatmap, depths, _ = drawn(training.gradients(gradients, runs, "relu")).axes
    np.testing.assert_array_equal(
        heatmap.collections[0].get_array(), np.repeat([[1], [2], [3], [4]], 2, axis=1)
    )
    start, end = depths.lines
    np.testing.assert_allclose(start.get_ydata(), [2, 3, 4, 5])
    np.testing.assert_allclose(end.get_ydata(), [3.5, 4.5, 5.5, 6.5])
    assert [start.get_label(), end.get_label()] == ["before training", "after training"]


def test_dead_and_saturated_units_are_those_of_hidden_layers(gradients):
    dead, saturated = drawn(training.dead_and_saturated_units(gradients, saturation=0.01)).axes
    for ax in (dead, saturated):
        assert [line.get_label() for line in ax.lines] == ["encoder_1", "decoder_1"]
    np.testing.assert_allclose(dead.lines[0].get_ydata(), [10, 20, 30])
    np.testing.assert_allclose(saturated.lines[1].get_ydata(), [50, 50, 50])
    assert "0.01" in saturated.get_ylabel()


def test_a_network_without_hidden_layers_has_no_lines(gradients):
    outputs = gradients[gradients["role"] == "output"]
    dead, saturated = drawn(training.dead_and_saturated_units(outputs, saturation=0.01)).axes
    assert len(dead.lines) + len(saturated.lines) == 0


@pytest.mark.parametrize("count", [16, 5])
def test_every_sample_is_shown_once(count):
    samples = np.random.default_rng(0).uniform(size=(count, 4, 5, 1))
    axes = drawn(training.prior_samples(samples)).axes
    shown = [ax.images[0].get_array() for ax in axes if ax.images]
    np.testing.assert_array_equal(shown, samples[..., 0])


def test_latent_units_are_sorted_within_each_seed():
    latents = pd.DataFrame(
        {
            "seed": [0, 0, 0, 1, 1, 1],
            "unit": [0, 1, 2] * 2,
            "kl": [1.0, 3.0, 0.0, 5.0, 0.0, 2.0],
            "active": [True, True, False, True, False, False],
        }
    )
    (ax,) = drawn(training.latent_units(latents, "relu")).axes
    assert [bar.get_height() for bar in ax.patches] == [4.0, 1.5, 0.0]
    assert ax.get_title().startswith("1.5 of 3 latent units active")


def test_distributions_leave_out_missing_values():
    scores = pd.DataFrame(
        {"mse": [0.0, 0.2, 0.4], "psnr": [np.nan, 7.0, 4.0], "ssim": [1.0, 0.5, 0.6]}
    )
    axes = drawn(training.score_distributions(scores, "relu")).axes
    assert [sum(bar.get_height() for bar in ax.patches) for ax in axes] == [3, 2, 3]
    assert [ax.get_xlabel() for ax in axes] == ["MSE", "PSNR (dB)", "SSIM"]
