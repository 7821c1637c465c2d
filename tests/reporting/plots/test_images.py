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
