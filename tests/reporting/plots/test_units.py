"""Shares of units by layer, latent units by rank."""

import matplotlib as mpl
import numpy as np
import pandas as pd

from vaelib.reporting.plots import units

SHARES = pd.DataFrame(
    {"epoch": [0, 0, 1, 1], "layer": ["b", "a"] * 2, "dead": [0.0, 0.5, 0.25, 0.75]}
)


def test_layers_are_lines_in_percent_in_the_order_of_the_table(ax):
    assert units.layer_lines(ax, SHARES, "dead", "dead units (%)") is ax
    assert [line.get_label() for line in ax.lines] == ["b", "a"]
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), [[0, 50], [1, 75]])
    assert ax.get_ylim()[1] >= 75
    colours = {mpl.colors.to_hex(line.get_color()) for line in ax.lines}
    assert len(colours) == 2


def test_bars_are_numbered_from_one(ax):
    assert units.rank_bars(ax, [3.0, 1.0], "red") is ax
    assert [bar.get_height() for bar in ax.patches] == [3, 1]
    assert [bar.get_x() + bar.get_width() / 2 for bar in ax.patches] == [1, 2]
