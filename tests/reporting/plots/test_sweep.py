"""Results of a grid: what is drawn is what is given."""

import numpy as np
import pandas as pd
import pytest

from vaelib.reporting.plots import style, sweep
from vaelib.results.columns import label

RATES = pd.DataFrame(
    {
        "activation": ["tanh", "relu"] * 3,
        "learning_rate": [1e-4, 1e-4, 1e-3, 1e-3, 1e-2, 1e-2],
        "mean": [-9.0, -8, -5, -4, -7, np.nan],
        "low": [-10.0, -9, -6, -5, -8, np.nan],
        "high": [-8.0, -7, -4, -3, -6, np.nan],
        "chosen": [False, False, True, True, False, False],
    }
)


def drawn(ax) -> dict[str, tuple[list, list]]:
    """Return x and y of every line by its label."""
    return {line.get_label(): tuple(map(list, line.get_data())) for line in ax.lines}


def spans(ax) -> list[tuple[float, float]]:
    """Return the lowest and highest point of every band."""
    extents = [band.get_paths()[0].get_extents() for band in ax.collections]
    return [(extent.y0, extent.y1) for extent in extents]


def test_candidates_leave_out_where_no_model_finished(ax):
    assert (
        sweep.candidate_curves(ax, RATES, "learning_rate", ["relu", "tanh"], -10.0, "depth 2") is ax
    )
    floor = ax.lines[-1]
    assert list(floor.get_ydata()) == [-10, -10]
    floor.remove()
    ring = ax.lines[-1]
    assert tuple(map(list, ring.get_data())) == ([1e-3, 1e-3], [-5, -4])
    ring.remove()
    lines = drawn(ax)
    assert list(lines) == ["relu", "tanh"], "in the order given"
    assert lines["relu"] == ([1e-4, 1e-3], [-8, -4])
    assert lines["tanh"] == ([1e-4, 1e-3, 1e-2], [-9, -5, -7])
    assert spans(ax) == [(-9, -3), (-10, -4)]
    assert [line.get_color() for line in ax.lines] == [
        style.style("relu")["color"],
        style.style("tanh")["color"],
    ]
    assert (ax.get_xscale(), ax.get_title()) == ("log", "depth 2")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("learning rate", "validation ELBO (nats)")


def test_rates_far_below_a_constant_image_do_not_hide_the_others(ax):
    exploded = RATES.assign(mean=[-9, -8, -5, -4, -1e25, np.nan])
    sweep.candidate_curves(ax, exploded, "learning_rate", ["relu", "tanh"], -10.0)
    low, high = ax.get_ylim()
    assert -12 < low < -10
    assert -4 < high < -3


def over(values: list[float], x: str = "depth") -> pd.DataFrame:
    """Return a summary in which elbo is -x for tanh and -2x for relu, rows unsorted."""
    rows = [
        {"activation": name, x: value, "elbo": -factor * value}
        | {"elbo_low": -factor * value - 1, "elbo_high": -factor * value + 1}
        for value in reversed(values)
        for name, factor in (("tanh", 1), ("relu", 2))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("x", "values", "scale"),
    [
        ("depth", [1, 2, 4], "linear"),
        ("depth", [1, 2, 8], "log"),
        ("train_size", [100, 4000], "log"),
        ("weight_decay", [0.0, 0.01, 0.1], "linear"),
    ],
)
def test_a_dimension_is_drawn_in_order_with_its_values_as_ticks(ax, x, values, scale):
    assert sweep.over_dimension(ax, over(values, x), x, "elbo", "test ELBO (nats)") is ax
    lines = drawn(ax)
    assert lines["tanh"] == (values, [-value for value in values])
    assert lines["relu"] == (values, [-2 * value for value in values])
    assert spans(ax)[0] == (-values[-1] - 1, -values[0] + 1)
    assert (ax.get_xscale(), ax.get_yscale()) == (scale, "linear")
    assert list(ax.get_xticks()) == values
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [f"{v:g}" for v in values]
    assert (ax.get_xlabel(), ax.get_ylabel()) == (label(x), "test ELBO (nats)")


def test_a_metric_may_be_on_a_log_scale_and_gaps_are_left_out(ax):
    table = over([1, 2, 3]).assign(elbo=[1e-3, 1, np.nan, 1, 1e-1, 1])
    sweep.over_dimension(ax, table, "depth", "elbo", "ratio", logarithmic=True)
    assert drawn(ax)["tanh"] == ([1, 3], [1e-1, 1e-3])
    assert ax.get_yscale() == "log"


@pytest.mark.parametrize(
    ("scale", "shown"),
    [(1.0, ["−90.0", "−95.5", "−99.3"]), (1e-3, ["−0.09", "−0.0955", "−0.0993"])],
)
def test_encoder_by_decoder_is_a_heat_map_of_numbers_with_white_gaps(ax, scale, shown):
    table = pd.DataFrame(
        [[-90.0, -95.5], [np.nan, -99.26]],
        index=pd.Index(["relu", "tanh"], name="activation"),
        columns=pd.Index(["relu", "same"], name="decoder_activation"),
    )
    assert sweep.encoder_by_decoder(ax, scale * table, "test ELBO (nats)") is ax
    assert [text.get_text() for text in ax.texts] == shown
    np.testing.assert_array_equal(
        ax.collections[0].get_array().filled(np.nan).reshape(2, 2), scale * table
    )
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["relu", "same"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["relu", "tanh"]
    assert {tick.get_rotation() for tick in ax.get_yticklabels()} == {0}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("decoder", "encoder")
    assert ax.collections[0].colorbar.ax.get_ylabel() == "test ELBO (nats)"
