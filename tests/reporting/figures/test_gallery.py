"""Figures of pictures: each in its place, large enough, on one scale of errors."""

import dataclasses

import numpy as np
import pytest
from drawing import drawn
from matplotlib.figure import Figure

from vaelib import metrics
from vaelib.reporting.figures import gallery as figures
from vaelib.reporting.plots import images as plots
from vaelib.results.gallery import Gallery, Ranked

ACTIVATIONS = ["relu", "tanh"]


def images(count: int, shape=(12, 12, 1), seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(count, *shape))


def gallery(count: int = 6, shape=(12, 12, 1), pca: bool = True) -> Gallery:
    rows = images(4 * count, shape).reshape(4, count, *shape)
    ranked = {
        name: Ranked(
            np.array([7, 8, 9]),
            np.array([-0.25, 0.5, 0.75]),
            *images(6, shape, seed).reshape(2, 3, *shape),
        )
        for seed, name in enumerate(ACTIVATIONS, start=1)
    }
    samples = {name: images(5, shape, seed) for seed, name in enumerate(ACTIVATIONS)}
    decoded = dict(zip(ACTIVATIONS, rows[1:3], strict=True))
    index = np.arange(count) + 20
    return Gallery(index, rows[0], decoded, rows[3] if pca else None, ranked, samples)


def cut(ax, shape=(12, 12, 1)) -> np.ndarray:
    """Return the images of a mosaic, array [rows, columns, height, width, 3]."""
    (drawn_image,) = ax.images
    whole = np.asarray(drawn_image.get_array())[plots.BORDER :, plots.BORDER :]
    height, width = (side + plots.BORDER for side in shape[:2])
    rows, columns = len(whole) // height, whole.shape[1] // width
    tiles = whole.reshape(rows, height, columns, width, 3).swapaxes(1, 2)
    return tiles[:, :, : shape[0], : shape[1]]


def names(ax) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def titles(ax) -> list[str]:
    return [label.get_text() for label in ax.get_xticklabels()]


def side_on_screen(fig: Figure, ax, columns: int, shape=(12, 12, 1)) -> float:
    """Return the pixels of the screen that an image is wide."""
    width = ax.get_window_extent().width
    pixels = columns * (shape[1] + plots.BORDER) + plots.BORDER
    return width * shape[1] / pixels


@pytest.mark.parametrize("order", [["tanh", "relu"], ["tanh"], ["tanh", "diverged"], []])
def test_every_image_is_above_its_reconstructions_and_beside_their_errors(order):
    pictures = gallery()
    shown = [name for name in order if name in pictures.reconstructions]
    made = [drawn(figure) for _, figure in figures.reconstructions(pictures, order)]
    assert len(made) == 2
    decoded = np.stack([*(pictures.reconstructions[name] for name in shown), pictures.pca])
    errors = np.abs(decoded - pictures.original)[..., 0]
    for figure, part in zip(made, (slice(0, 4), slice(4, 6)), strict=True):
        left, right, _ = figure.axes
        assert names(left) == ["original", *shown, "PCA"]
        assert titles(left) == [f"no. {n + 20}" for n in range(6)[part]]
        rows = cut(left)
        np.testing.assert_allclose(rows[0, ..., 0], pictures.original[part, ..., 0])
        np.testing.assert_allclose(rows[1:, ..., 0], decoded[:, part, ..., 0])
        limit = np.percentile(errors, 99.5)  # of both figures
        expected = plots.in_colormap(errors[:, part], plots.ERROR, limit)
        np.testing.assert_allclose(cut(right), expected)


@pytest.mark.parametrize(
    ("images", "places"), [(3, [0, 2, 5]), (2, [0, 5]), (1, [0]), (9, range(6))]
)
@pytest.mark.parametrize("pca", [True, False])
def test_side_by_side_an_image_is_a_row_and_an_activation_a_column(images, places, pca):
    pictures = gallery(pca=pca)
    figure = drawn(figures.side_by_side(pictures, ["tanh", "diverged", "relu"], images))
    (ax,) = figure.axes
    assert titles(ax) == ["original", "tanh", "relu", *(["PCA"] if pca else [])]
    made = pictures.reconstructions
    columns = [pictures.original, made["tanh"], made["relu"], *([pictures.pca] if pca else [])]
    expected = np.stack([column[list(places)] for column in columns], axis=1)
    np.testing.assert_allclose(cut(ax)[..., 0], expected[..., 0])
    assert side_on_screen(figure, ax, len(columns)) == pytest.approx(96, abs=0.5)


def test_side_by_side_of_no_picture_says_so():
    nothing = gallery(0)
    (ax,) = drawn(figures.side_by_side(nothing, [])).axes
    assert "there are no pictures" in ax.texts[0].get_text()


def test_all_figures_have_one_scale_of_errors_and_it_is_shown():
    scales = [figure.axes[2] for _, figure in figures.reconstructions(gallery(), ACTIVATIONS)]
    assert scales[0].get_xlim() == scales[1].get_xlim()
    assert scales[0].get_xlim()[0] == 0
    assert {ax.get_xlabel() for ax in scales} == {"|difference| from the original"}


def test_errors_of_colours_are_their_mean():
    pictures = gallery(2, (12, 12, 3), pca=False)
    ((_, figure),) = figures.reconstructions(pictures, ["relu"])
    assert names(figure.axes[0]) == ["original", "relu"], "an earlier report has no PCA"
    error = np.abs(pictures.reconstructions["relu"] - pictures.original).mean(axis=-1)
    expected = plots.in_colormap(error, plots.ERROR, np.percentile(error, 99.5))
    np.testing.assert_allclose(cut(figure.axes[1])[0], expected)


def test_reconstructions_without_error_can_be_drawn():
    pictures = gallery(1)
    exact = Gallery(pictures.index, pictures.original, {"relu": pictures.original})
    ((_, figure),) = figures.reconstructions(exact, ["relu"])
    assert cut(drawn(figure).axes[1]).max() < 0.1, "black"


def test_without_pictures_it_says_so():
    empty = Gallery(np.array([], int), np.empty((0, 12, 12, 1)), {})
    ((_, figure),) = figures.reconstructions(empty, ["relu"])
    assert "no pictures" in drawn(figure).axes[0].texts[0].get_text()


@pytest.mark.parametrize(
    ("shape", "least"),
    [
        ((8, 8, 1), 96),
        ((28, 28, 1), 112),
        ((32, 32, 3), 96),
        ((128, 128, 3), 128),
        ((16, 48, 4), 96),
    ],
)
def test_an_image_is_enlarged_by_a_whole_number_to_96_pixels(shape, least):
    pictures = gallery(4, shape)
    ((_, figure),) = figures.reconstructions(pictures, ACTIVATIONS)
    ranked = figures.worst_median_best(pictures, ACTIVATIONS)
    samples = figures.prior_samples(pictures.samples, ACTIVATIONS)
    for made, columns in ((figure, 4), (ranked, 3), (samples, 5)):
        assert side_on_screen(drawn(made), made.axes[0], columns, shape) == pytest.approx(least)
        assert made.axes[0].images[0].get_interpolation() == "nearest"


def test_the_worst_the_median_and_the_best_have_their_ssim_and_its_map():
    pictures = gallery()
    figure = drawn(figures.worst_median_best(pictures, ["tanh", "relu", "diverged"]))
    *blocks, _ = figure.axes
    assert [ax.get_title() for ax in blocks] == ["worst", "median", "best"]
    ends = [(ax.get_window_extent().x0, ax.get_window_extent().x1) for ax in blocks]
    assert list(np.ravel(ends)) == sorted(np.ravel(ends)), "from left to right, apart"
    assert [text.get_text() for text in blocks[0].texts] == ["tanh", "relu"]
    for place, (ax, value) in enumerate(zip(blocks, ("-0.25", "0.50", "0.75"), strict=True)):
        assert [name.replace("\N{MINUS SIGN}", "-") for name in names(ax)] == [value] * 2
        assert titles(ax) == ["original", "reconstruction", "SSIM map"]
        for row, name in zip(cut(ax), ["tanh", "relu"], strict=True):
            own = pictures.ranked[name]
            np.testing.assert_allclose(row[0, ..., 0], own.original[place, ..., 0])
            np.testing.assert_allclose(row[1, ..., 0], own.reconstruction[place, ..., 0])
            similarity = metrics.ssim_map(own.original, own.reconstruction)[place]
            np.testing.assert_allclose(row[2], plots.in_colormap(similarity, plots.SIMILARITY))


def test_samples_have_a_row_for_each_activation():
    samples = gallery().samples
    figure = drawn(figures.prior_samples(samples, ["tanh", "diverged", "relu"]))
    (ax,) = figure.axes
    assert names(ax) == ["tanh", "relu"]
    np.testing.assert_allclose(
        cut(ax)[..., 0], np.stack([samples["tanh"], samples["relu"]])[..., 0]
    )


@pytest.mark.parametrize(
    "name",
    ["relu", "sigmoid", "mmm.py:mmmmmmmm", "leaky_relu:0.1", "a_long_file_name.py:snake"],
)
def test_long_names_are_not_cut_off(name):
    pictures = gallery()
    pictures.samples[name] = pictures.samples["relu"]
    pictures.ranked[name] = pictures.ranked["relu"]
    pictures.reconstructions[name] = pictures.reconstructions["relu"]
    (_, first), _ = figures.reconstructions(pictures, [name])
    ranked = figures.worst_median_best(pictures, [name])
    for figure in (first, ranked, figures.prior_samples(pictures.samples, [name])):
        ax = drawn(figure).axes[0]
        written = [*ax.get_yticklabels(), *ax.texts]
        assert min(text.get_window_extent().x0 for text in written) >= 0


def test_names_values_and_the_scale_have_room():
    pictures = gallery()
    low = np.array([-0.0763, 0.0032, 1.0])
    pictures.ranked["relu"] = dataclasses.replace(pictures.ranked["relu"], ssim=low)
    figure = drawn(figures.worst_median_best(pictures, ["relu"]))
    first, second, third, scale = figure.axes
    assert [names(ax) for ax in (first, second, third)] == [
        ["\N{MINUS SIGN}0.08"],
        ["0.00"],
        ["1.00"],
    ]
    (name,), (value,) = first.texts, first.get_yticklabels()
    assert name.get_window_extent().x1 < value.get_window_extent().x0
    assert second.get_yticklabels()[0].get_window_extent().x0 > first.get_window_extent().x1
    assert scale.xaxis.label.get_window_extent().y0 > 0


def test_the_strip_has_test_images_above_reconstructions():
    pictures = gallery()
    (ax,) = drawn(figures.strip(pictures, "relu")).axes
    rows = cut(ax)
    np.testing.assert_allclose(rows[0, ..., 0], pictures.original[..., 0])
    np.testing.assert_allclose(rows[1, ..., 0], pictures.reconstructions["relu"][..., 0])
