"""Figures: each function draws what it is given on the axes it is given."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from vaelib import activations, plots, verdicts

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
SUMMARY = pd.DataFrame(
    {"activation": ["relu", "tanh"], "mse": [2.0, 3], "mse_low": [1.0, 2], "mse_high": [3.0, 5]}
)


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    figure.canvas.draw()  # some errors come with the drawing only
    plt.close(figure)


def test_registered_activations_have_styles_of_their_own():
    styles = [tuple(sorted(plots.style(name).items())) for name in activations.names()[:11]]
    assert len(set(styles)) == len({dict(style)["color"] for style in styles}) == 11


def test_an_unknown_name_has_one_style_that_no_registered_one_has():
    others = ["softsign", "squareplus", "celu", "relu6", "hard_sigmoid", "hard_tanh", "my_own"]
    registered = [plots.style(name)["marker"] for name in activations.names()[:11]]
    for name in others:
        assert plots.style(name) == plots.style(name)
        assert plots.style(name)["marker"] not in registered
    assert len({str(plots.style(name)) for name in others}) == len(others)
    assert plots.style("softsign")["color"] == "#999933", "not Python's hash, which changes"


def test_set_style_gives_images_without_colours():
    with mpl.rc_context():
        plots.set_style()
        assert mpl.rcParams["image.cmap"] == "gray"


def test_seed_curves_are_faint_and_their_mean_is_bold(ax):
    assert plots.seed_curves(ax, CURVES, "loss", "training", color="red") is ax
    *seeds, mean = ax.lines
    np.testing.assert_array_equal([line.get_ydata() for line in seeds], [[9, 5, 4], [7, 5, 2]])
    np.testing.assert_array_equal(mean.get_ydata(), [8, 5, 3])
    assert all(line.get_linewidth() < mean.get_linewidth() for line in seeds)
    assert ax.get_legend_handles_labels()[1] == ["training"]


def test_a_band_is_a_mean_inside_its_interval(ax):
    assert plots.band(ax, BAND, "relu") is ax
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 5], [2, 4]])
    assert ax.lines[0].get_color() == plots.style("relu")["color"]
    shade = ax.collections[0].get_paths()[0].get_extents()
    assert (shade.ymin, shade.ymax) == (3, 6)


def test_a_heatmap_has_a_row_for_each_layer_and_a_log_scale(ax):
    assert plots.layer_heatmap(ax, LAYERS, "norm", "gradient norm") is ax
    (drawn,) = ax.collections
    np.testing.assert_array_equal(drawn.get_array(), [[0.1, 0], [10, 1]])
    assert isinstance(drawn.norm, mpl.colors.LogNorm)
    assert (drawn.norm.vmin, drawn.norm.vmax) == (0.1, 10)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["encoder_1", "logits"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "1"]


@pytest.mark.parametrize("bounds", [{}, {"low": [0.05, 5], "high": [0.2, 20]}])
def test_values_by_depth_are_on_a_log_scale(ax, bounds):
    assert plots.by_depth(ax, LAYERS[:2].assign(**bounds), "norm", "relu", color="red") is ax
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 0.1], [2, 10]])
    assert ax.get_yscale() == "log"
    assert len(ax.collections) == bool(bounds)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["encoder_1", "logits"]


@pytest.mark.parametrize(("channels", "shown"), [(1, (4, 5)), (3, (4, 5, 3))])
@pytest.mark.parametrize(("signed", "colours"), [(False, "gray"), (True, "magma")])
def test_a_picture_is_shown_from_0_to_1_without_ticks(ax, channels, shown, signed, colours):
    image = np.full((4, 5, channels), 1.5)
    assert plots.picture(ax, image, "title", signed=signed) is ax
    (drawn,) = ax.images
    assert drawn.get_array().shape == shown
    assert (*drawn.get_clim(), drawn.get_cmap().name) == (0, 1, colours)
    assert (ax.get_title(), len(ax.get_xticks()), len(ax.get_yticks())) == ("title", 0, 0)


def test_a_gallery_names_rows_and_columns_and_shows_errors_in_colour():
    figure, axes = plt.subplots(2, 3)
    rows = np.random.default_rng(0).uniform(size=(2, 3, 4, 4, 1))
    assert plots.gallery(axes, rows, ["original", "absolute error"], ["a", "b", "c"]) is axes
    assert [ax.get_title() for ax in axes[0]] == ["a", "b", "c"]
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["original", "absolute error"]
    assert [ax.images[0].get_cmap().name for ax in axes[:, 2]] == ["gray", "magma"]
    np.testing.assert_array_equal(axes[1, 2].images[0].get_array(), rows[1, 2, ..., 0])
    plt.close(figure)


def test_intervals_stand_in_the_order_of_the_table(ax):
    assert plots.intervals(ax, SUMMARY, "mse", "MSE") is ax
    np.testing.assert_array_equal(ax.lines[2].get_xydata(), [[2, 1], [5, 1]])
    np.testing.assert_array_equal(ax.lines[3].get_xydata(), [[3, 1]])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["relu", "tanh"]
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "MSE"


def test_bars_have_the_length_of_their_value_and_the_colour_of_their_name(ax):
    assert plots.bars(ax, pd.Series({"relu": 30.0, "tanh": 0.0, "elu": np.nan}), "dead") is ax
    assert [bar.get_width() for bar in ax.patches[:2]] == [30, 0]
    colour = mpl.colors.to_hex(ax.patches[1].get_facecolor()).upper()
    assert colour == plots.style("tanh")["color"]
    assert ax.get_xlim() == (0, 31.5)


def test_a_histogram_counts_every_image_and_marks_the_median(ax):
    assert plots.histogram(ax, pd.Series([1.0, 2, 2, 9]), "SSIM", color="red") is ax
    assert sum(bar.get_height() for bar in ax.patches) == 4
    assert list(ax.lines[0].get_xdata()) == [2, 2]
    assert ax.get_legend().get_texts()[0].get_text() == "median 2"


def test_a_matrix_of_verdicts_has_a_sign_and_a_shade_for_each(ax):
    names = ["relu", "tanh", "elu", "silu"]
    square = pd.DataFrame("", index=names, columns=names)
    square.loc["relu", ["tanh", "elu", "silu"]] = [verdicts.BETTER, verdicts.TIED, verdicts.OPEN]
    square.loc["tanh", "relu"] = verdicts.WORSE
    assert plots.verdict_matrix(ax, square) is ax
    signs = {text.get_position(): text.get_text() for text in ax.texts}
    assert signs == {(1.5, 0.5): "+", (2.5, 0.5): "=", (3.5, 0.5): "?", (0.5, 1.5): "\u2212"}
    ax.figure.canvas.draw()
    cells = ax.collections[0].get_facecolors().reshape(4, 4, 4)
    shown = [cells[0, 1], cells[1, 0], cells[0, 2], cells[0, 3]]
    legend = ax.get_legend()
    np.testing.assert_array_equal([p.get_facecolor() for p in legend.get_patches()], shown)
    assert [t.get_text() for t in legend.get_texts()] == [
        *("+  better", "\u2212  worse", "=  practically tied", "?  not enough evidence"),
    ]
    # Relative luminance (ITU-R BT.709): the order and distance in which a grey print shows them.
    luminance = np.array(shown)[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > 0.1).all()
    assert [t.get_text() for t in ax.get_yticklabels()] == names


def test_a_matrix_without_any_verdict_can_be_drawn(ax):
    plots.verdict_matrix(ax, pd.DataFrame("", index=["relu"], columns=["relu"]))
    assert not ax.texts


def test_a_critical_difference_diagram_joins_what_is_not_told_apart(ax):
    names = ["relu", "tanh", "elu"]
    pairwise = pd.DataFrame([[1, 0.2, 0.001], [0.2, 1, 0.01], [0.001, 0.01, 1]], names, names)
    average = pd.Series([1.25, 1.75, 3.0], names)
    assert plots.critical_difference(ax, verdicts.Ranks(average, 0.001, pairwise)) is ax
    bars = [line for line in ax.lines if len(set(line.get_ydata())) == 1]
    assert [sorted(bar.get_xdata()) for bar in bars] == [[1.25, 1.75]]
    texts = [text.get_text().strip() for text in ax.texts]
    assert sorted(texts) == ["(3) elu", "relu (1.25)", "tanh (1.75)"]
    elbow = next(line for line in ax.lines if len(line.get_xdata()) == 3)
    assert elbow.get_color() == plots.style("relu")["color"]
