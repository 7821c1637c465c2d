"""Comparisons of activations."""

import matplotlib as mpl
import numpy as np
import pandas as pd

from vaelib.analysis import verdicts
from vaelib.reporting.plots import comparison
from vaelib.reporting.plots.style import style

SUMMARY = pd.DataFrame(
    {"activation": ["relu", "tanh"], "mse": [2.0, 3], "mse_low": [1.0, 2], "mse_high": [3.0, 5]}
)


def test_intervals_are_in_the_order_of_the_table(ax):
    assert comparison.intervals(ax, SUMMARY, "mse", "MSE") is ax
    np.testing.assert_array_equal(ax.lines[2].get_xydata(), [[2, 1], [5, 1]])
    np.testing.assert_array_equal(ax.lines[3].get_xydata(), [[3, 1]])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["relu", "tanh"]
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "MSE"


def test_bars_have_the_length_of_their_value_and_the_colour_of_their_name(ax):
    assert comparison.bars(ax, pd.Series({"relu": 30.0, "tanh": 0.0, "elu": np.nan}), "dead") is ax
    assert [bar.get_width() for bar in ax.patches[:2]] == [30, 0]
    colour = mpl.colors.to_hex(ax.patches[1].get_facecolor()).upper()
    assert colour == style("tanh")["color"]
    assert ax.get_xlim() == (0, 31.5)


def test_a_histogram_counts_every_image_and_marks_the_median(ax):
    assert comparison.histogram(ax, pd.Series([1.0, 2, 2, 9]), "SSIM", color="red") is ax
    assert sum(bar.get_height() for bar in ax.patches) == 4
    assert list(ax.lines[0].get_xdata()) == [2, 2]
    assert ax.get_legend().get_texts()[0].get_text() == "median 2"


def test_a_matrix_of_verdicts_has_a_symbol_and_a_shade_for_each(ax):
    names = ["relu", "tanh", "elu", "silu"]
    square = pd.DataFrame("", index=names, columns=names)
    square.loc["relu", ["tanh", "elu", "silu"]] = [
        verdicts.Verdict.BETTER,
        verdicts.Verdict.TIED,
        verdicts.Verdict.OPEN,
    ]
    square.loc["tanh", "relu"] = verdicts.Verdict.WORSE
    assert comparison.verdict_matrix(ax, square) is ax
    symbols = {text.get_position(): text.get_text() for text in ax.texts}
    assert symbols == {(1.5, 0.5): "+", (2.5, 0.5): "=", (3.5, 0.5): "?", (0.5, 1.5): "\u2212"}
    ax.figure.canvas.draw()
    cells = ax.collections[0].get_facecolors().reshape(4, 4, 4)
    shown = [cells[0, 1], cells[1, 0], cells[0, 2], cells[0, 3]]
    _, other = ax.figure.subplots(1, 2)
    assert comparison.verdict_legend(other) is other
    legend = other.get_legend()
    np.testing.assert_array_equal([p.get_facecolor() for p in legend.get_patches()], shown)
    assert [t.get_text() for t in legend.get_texts()] == [
        "+  better",
        "\u2212  worse",
        "=  practically tied",
        "?  not enough evidence",
    ]
    # Relative luminance (ITU-R BT.709): the order and the contrast of the shades in greyscale.
    luminance = np.array(shown)[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > 0.1).all()
    assert [t.get_text() for t in ax.get_yticklabels()] == names


def test_a_matrix_without_any_verdict_can_be_drawn(ax):
    comparison.verdict_matrix(ax, pd.DataFrame("", index=["relu"], columns=["relu"]))
    assert not ax.texts


def test_a_critical_difference_diagram_joins_what_is_not_distinguishable(ax):
    names = ["relu", "tanh", "elu"]
    pairwise = pd.DataFrame([[1, 0.2, 0.001], [0.2, 1, 0.01], [0.001, 0.01, 1]], names, names)
    average = pd.Series([1.25, 1.75, 3.0], names)
    assert comparison.critical_difference(ax, verdicts.Ranks(average, 0.001, pairwise)) is ax
    bars = [line for line in ax.lines if len(set(line.get_ydata())) == 1]
    assert [sorted(bar.get_xdata()) for bar in bars] == [[1.25, 1.75]]
    texts = [text.get_text().strip() for text in ax.texts]
    assert sorted(texts) == ["(3) elu", "relu (1.25)", "tanh (1.75)"]
    elbow = next(line for line in ax.lines if len(line.get_xdata()) == 3)
    assert elbow.get_color() == style("relu")["color"]
