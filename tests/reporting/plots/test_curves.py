"""Lines over epochs and layers."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from vaelib.reporting.plots import curves
from vaelib.reporting.plots.style import style

CURVES = pd.DataFrame(
    {"seed": [0, 0, 0, 1, 1, 1], "epoch": [1, 2, 3] * 2, "loss": [9.0, 5, 4, 7, 5, 2]}
)
BAND = pd.DataFrame({"epoch": [1, 2], "mean": [5.0, 4], "low": [4.0, 3], "high": [6.0, 5]})
LAYERS = pd.DataFrame(
    {
        "epoch": [0, 0, 1, 1],
        "depth": [1, 2, 1, 2],
        "layer": ["encoder_1", "logits"] * 2,
        "norm": [0.1, 10, 0, 1],
    }
)


def test_seed_curves_are_thin_and_their_mean_is_thick(ax):
    assert curves.seed_curves(ax, CURVES, "loss", "training", color="red") is ax
    *seeds, mean = ax.lines
    np.testing.assert_array_equal([line.get_ydata() for line in seeds], [[9, 5, 4], [7, 5, 2]])
    np.testing.assert_array_equal(mean.get_ydata(), [8, 5, 3])
    assert all(line.get_linewidth() < mean.get_linewidth() for line in seeds)
    assert ax.get_legend_handles_labels()[1] == ["training"]


def test_a_band_is_a_mean_inside_its_interval(ax):
    assert curves.band(ax, BAND, "relu") is ax
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 5], [2, 4]])
    assert ax.lines[0].get_color() == style("relu")["color"]
    shade = ax.collections[0].get_paths()[0].get_extents()
    assert (shade.ymin, shade.ymax) == (3, 6)


def test_a_heatmap_has_a_row_for_each_layer_and_a_log_scale(ax):
    assert curves.layer_heatmap(ax, LAYERS, "norm", "gradient norm") is ax
    (drawn,) = ax.collections
    np.testing.assert_array_equal(drawn.get_array(), [[0.1, 0], [10, 1]])
    assert isinstance(drawn.norm, mpl.colors.LogNorm)
    assert (drawn.norm.vmin, drawn.norm.vmax) == (0.1, 10)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["encoder_1", "logits"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "1"]


@pytest.mark.parametrize("bounds", [{}, {"low": [0.05, 5], "high": [0.2, 20]}])
def test_values_by_depth_are_on_a_log_scale(ax, bounds):
    assert curves.by_depth(ax, LAYERS[:2].assign(**bounds), "norm", "relu", color="red") is ax
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 0.1], [2, 10]])
    assert ax.get_yscale() == "log"
    assert len(ax.collections) == bool(bounds)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["encoder_1", "logits"]
