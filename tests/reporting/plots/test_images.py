"""Images side by side."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from vaelib.reporting.plots import images


@pytest.mark.parametrize(("channels", "shown"), [(1, (4, 5)), (3, (4, 5, 3))])
@pytest.mark.parametrize("colormap", [images.GREY, images.ERROR])
def test_a_picture_is_shown_from_0_to_1_without_ticks(ax, channels, shown, colormap):
    image = np.full((4, 5, channels), 1.5)
    assert images.picture(ax, image, "title", colormap) is ax
    (drawn,) = ax.images
    assert drawn.get_array().shape == shown
    assert (*drawn.get_clim(), drawn.get_cmap().name) == (0, 1, colormap)
    assert (ax.get_title(), len(ax.get_xticks()), len(ax.get_yticks())) == ("title", 0, 0)


@pytest.mark.parametrize(
    ("colormaps", "shown"),
    [(None, ["gray", "gray"]), ([images.GREY, images.ERROR], ["gray", "magma"])],
)
def test_a_gallery_has_names_titles_and_colormaps(colormaps, shown):
    figure, axes = plt.subplots(2, 3)
    rows = np.random.default_rng(0).uniform(size=(2, 3, 4, 4, 1))
    names = ["original", "absolute error"]
    assert images.gallery(axes, rows, names, ["a", "b", "c"], colormaps) is axes
    assert [ax.get_title() for ax in axes[0]] == ["a", "b", "c"]
    assert [ax.get_ylabel() for ax in axes[:, 0]] == names
    assert [ax.images[0].get_cmap().name for ax in axes[:, 2]] == shown
    np.testing.assert_array_equal(axes[1, 2].images[0].get_array(), rows[1, 2, ..., 0])
    plt.close(figure)


@pytest.mark.parametrize(
    ("image", "colour"),
    [
        ([0.25], [0.25, 0.25, 0.25]),
        ([1.5], [1, 1, 1]),
        ([0.25, 0.5, -1], [0.25, 0.5, 0]),
        ([0, 0.5, 1, 0.5], [0.5, 0.75, 1]),
        ([0, 0.5, 1, 0], [1, 1, 1]),
    ],
    ids=["grey", "too bright", "colour", "half transparent", "transparent"],
)
def test_images_are_shown_in_colours_over_white(image, colour):
    found = images.as_colours(np.tile(np.array(image, float), (2, 4, 5, 1)))
    np.testing.assert_allclose(found, np.tile(colour, (2, 4, 5, 1)))


@pytest.mark.parametrize(
    ("colormap", "dark", "bright"), [(images.ERROR, 0, 0.5), (images.SIMILARITY, 0.5, 0)]
)
def test_an_error_and_a_lost_structure_are_bright(colormap, dark, bright):
    values = np.array([dark, bright], float).reshape(2, 1, 1)
    found = images.in_colormap(values, colormap, 0.5).mean(axis=-1).ravel()
    assert found[0] < 0.1 < 0.8 < found[1]
    beyond = images.in_colormap(np.array([[-1.0, 9.0]]), colormap, 0.5)
    ends = images.in_colormap(np.array([[0.0, 0.5]]), colormap, 0.5)
    np.testing.assert_array_equal(beyond, ends)


def test_a_mosaic_has_white_borders_names_and_titles(ax):
    rows = np.random.default_rng(0).uniform(size=(2, 3, 4, 5, 3))
    assert images.mosaic(ax, rows, ["a", "b"], ["x", "y", "z"]) is ax
    whole = ax.images[0].get_array()
    assert whole.shape == (2 * 5 + 1, 3 * 6 + 1, 3)
    np.testing.assert_array_equal(whole[6:10, 13:18], rows[1, 2])
    assert (whole[[0, 5, 10]] == 1).all()
    assert (whole[:, [0, 6, 12, 18]] == 1).all()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["x", "y", "z"]
    np.testing.assert_allclose(ax.get_yticks(), [2.5, 7.5])
