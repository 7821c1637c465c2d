"""Pictures beside each other."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from vaelib.reporting.plots import images


@pytest.mark.parametrize(("channels", "shown"), [(1, (4, 5)), (3, (4, 5, 3))])
@pytest.mark.parametrize(("signed", "colours"), [(False, "gray"), (True, "magma")])
def test_a_picture_is_shown_from_0_to_1_without_ticks(ax, channels, shown, signed, colours):
    image = np.full((4, 5, channels), 1.5)
    assert images.picture(ax, image, "title", signed=signed) is ax
    (drawn,) = ax.images
    assert drawn.get_array().shape == shown
    assert (*drawn.get_clim(), drawn.get_cmap().name) == (0, 1, colours)
    assert (ax.get_title(), len(ax.get_xticks()), len(ax.get_yticks())) == ("title", 0, 0)


def test_a_gallery_names_rows_and_columns_and_shows_errors_in_colour():
    figure, axes = plt.subplots(2, 3)
    rows = np.random.default_rng(0).uniform(size=(2, 3, 4, 4, 1))
    assert images.gallery(axes, rows, ["original", "absolute error"], ["a", "b", "c"]) is axes
    assert [ax.get_title() for ax in axes[0]] == ["a", "b", "c"]
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["original", "absolute error"]
    assert [ax.images[0].get_cmap().name for ax in axes[:, 2]] == ["gray", "magma"]
    np.testing.assert_array_equal(axes[1, 2].images[0].get_array(), rows[1, 2, ..., 0])
    plt.close(figure)
