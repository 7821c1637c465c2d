"""Forest plots: each row on its line, hollow where its outcome is open."""

import numpy as np
import pandas as pd

from vaelib.analysis.claims.evidence import Outcome
from vaelib.reporting.plots import forest, style

ROWS = pd.DataFrame(
    {
        "b": ["tanh", "elu", "tanh"],
        "difference": [-2.0, 1, np.nan],
        "low": [-3.0, 0, np.nan],
        "high": [-1.0, 2, np.nan],
        "outcome": [Outcome.HOLDS, Outcome.CONTRADICTED, Outcome.OPEN],
    }
)


def test_a_forest_has_a_line_for_each_setting_and_a_marker_for_each_row(ax):
    names = ["depth 1", "depth 1", "depth 2"]
    assert forest.forest_plot(ax, ROWS, names, "difference", "b", 0.5) is ax
    ax.figure.canvas.draw()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["depth 1", "depth 2"]
    assert ax.yaxis_inverted()
    bars, markers = ax.lines[0:6:2], ax.lines[1:6:2]
    np.testing.assert_array_equal([bar.get_xdata() for bar in bars], ROWS[["low", "high"]])
    np.testing.assert_array_equal([m.get_xdata()[0] for m in markers], ROWS["difference"])
    heights = [mark.get_ydata()[0] for mark in markers]
    assert heights[0] < 0 < heights[1] < 0.5 < heights[2] < 1, "in the order of the rows"
    filled = [mark.get_markerfacecolor() for mark in markers]
    assert filled == [style.style("tanh")["color"], style.style("elu")["color"], "white"]
    assert list(ax.lines[6].get_xdata()) == [0.5, 0.5]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["tanh", "elu"]
