"""Figures of the audit: each row where it belongs, and as decided as it is."""

import matplotlib.pyplot as plt
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


def test_a_forest_has_a_line_for_each_setting_and_a_mark_for_each_row():
    figure, ax = plt.subplots()
    names = ["depth 1", "depth 1", "depth 2"]
    assert forest.forest(ax, ROWS, names, "difference", "b", 0.5) is ax
    figure.canvas.draw()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["depth 1", "depth 2"]
    assert ax.yaxis_inverted()
    bars, marks = ax.lines[0:6:2], ax.lines[1:6:2]
    np.testing.assert_array_equal([bar.get_xdata() for bar in bars], ROWS[["low", "high"]])
    np.testing.assert_array_equal([m.get_xdata()[0] for m in marks], ROWS["difference"])
    heights = [mark.get_ydata()[0] for mark in marks]
    assert heights[0] < 0 < heights[1] < 0.5 < heights[2] < 1, "in the order of the rows"
    filled = [mark.get_markerfacecolor() for mark in marks]
    assert filled == [style.style("tanh")["color"], style.style("elu")["color"], "white"]
    assert list(ax.lines[6].get_xdata()) == [0.5, 0.5]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["tanh", "elu"]
    plt.close(figure)
