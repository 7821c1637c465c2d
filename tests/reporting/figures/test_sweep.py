"""Figures of several comparisons: a panel for each setting, with its numbers."""

import numpy as np
import pandas as pd
import pytest
from drawing import drawn
from report_tables import model, summary

from vaelib.analysis.comparisons import Comparison, average_ranks
from vaelib.reporting.figures import sweep
from vaelib.results.columns import BY_COLUMN, describe

GRADIENTS = BY_COLUMN["gradient_flow"]


def comparisons(**grid: list) -> list[Comparison]:
    """Return a comparison for each place in lists of values of equal length."""
    rows = [dict(zip(grid, values, strict=True)) for values in zip(*grid.values(), strict=True)]
    return [Comparison(row, tuple(grid)) for row in rows]


def titles(fig) -> list[str]:
    return [ax.get_title() for ax in fig.axes]


def points(ax) -> dict[str, tuple[list, list]]:
    return {line.get_label(): tuple(map(list, line.get_data())) for line in ax.lines}


def test_candidates_have_a_panel_for_each_other_tuned_value():
    table = pd.DataFrame(
        {
            "activation": ["relu", "relu", "tanh", "tanh", "relu", "tanh"],
            "initializer": ["keras"] * 4 + ["matched"] * 2,
            "learning_rate": [0.1, 0.01, 0.1, 0.01, 0.1, 0.1],
            "mean": [-np.inf, -5.0, -7.0, -6.0, -8.0, -9.0],
            "low": np.nan,
            "high": np.nan,
            "finished": [0, 2, 2, 2, 2, 2],
            "chosen": [False, True, False, True, False, False],
        }
    )
    tuned = ["initializer", "learning_rate"]
    fig = drawn(sweep.candidates(table, tuned, ["tanh", "relu"], -20.0))
    assert titles(fig) == ["initializer keras", "initializer matched"]
    shown = points(fig.axes[0])
    assert shown["tanh"] == ([0.01, 0.1], [-6, -7])
    assert shown["relu"] == ([0.01], [-5])
    assert list(fig.axes[0].lines[-1].get_ydata()) == [-20, -20]
    none = drawn(sweep.candidates(table, ["initializer"], ["relu"], -20.0))
    assert "has no scale" in none.axes[0].texts[0].get_text()


@pytest.mark.parametrize("count", [2, 5])
def test_every_comparison_has_its_own_order_and_elbo(count):
    compared = comparisons(depth=list(range(count)))
    tables = [summary(model("relu", -i), model("tanh", np.nan)) for i in range(count)]
    fig = drawn(sweep.elbo_of_comparisons(tables, compared))
    shown = titles(fig)[:count]
    assert shown == [describe("depth", i) for i in range(count)]
    assert [ax.lines[1].get_xdata()[0] for ax in fig.axes[:count]] == [-i for i in range(count)]
    assert not any(ax.axison for ax in fig.axes[count:])


def test_a_dimension_has_a_row_of_panels_for_each_other_setting():
    compared = comparisons(depth=[1, 2, 1, 2], optimizer=["adam", "adam", "sgd", "sgd"])
    tables = [
        summary(model("relu", -i, gap=i, **{GRADIENTS.column: 10.0**-i})) for i in (1, 2, 3, 4)
    ]
    fig = drawn(sweep.over_dimension(tables, compared, "depth"))
    assert titles(fig) == ["optimizer adam", "", "", "optimizer sgd", "", ""]
    assert [ax.get_yscale() for ax in fig.axes] == ["linear", "linear", "log"] * 2
    shown = [points(ax)["relu"] for ax in fig.axes]
    assert shown[0] == ([1, 2], [-1, -2])
    assert shown[4] == ([1, 2], [3, 4])
    assert shown[5] == ([1, 2], pytest.approx([1e-3, 1e-4]))
    assert fig.axes[5].get_ylabel() == GRADIENTS.title


def test_a_dimension_leaves_out_where_every_model_diverged():
    compared = comparisons(depth=[1, 2, 3])
    tables = [summary(model("relu", elbo)) for elbo in (-1.0, np.nan, -3.0)]
    fig = drawn(sweep.over_dimension(tables, compared, "depth"))
    assert points(fig.axes[0])["relu"] == ([1, 3], [-1, -3])


def test_encoder_by_decoder_keeps_the_order_of_the_study():
    compared = comparisons(decoder_activation=["tanh", "relu"])
    tables = [
        summary(model("relu", -1.0), model("tanh", -2.0)),
        summary(model("tanh", -3.0), model("relu", np.nan)),
    ]
    fig = drawn(sweep.encoder_by_decoder(tables, compared, ["tanh", "relu", "missing"]))
    ax, _colour_bar = fig.axes
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["tanh", "relu"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["tanh", "relu", "missing"]
    values = ax.collections[0].get_array().filled(np.nan).reshape(3, 2)
    np.testing.assert_array_equal(values, [[-2, -3], [-1, np.nan], [np.nan, np.nan]])


def test_average_ranks_are_those_over_data_sets():
    compared = comparisons(dataset=["digits", "mnist5k", "photos"])
    elbos = [(-1, -2, -3), (-1, -3, -2), (-1, -2, -3)]
    tables = [
        summary(*(model(*one) for one in zip(("relu", "tanh", "elu"), row, strict=True)))
        for row in elbos
    ]
    fig = drawn(sweep.average_ranks(average_ranks(tables, compared)))
    texts = {text.get_text().strip() for text in fig.subfigs[0].axes[0].texts}
    assert texts == {"relu (1)", "tanh (2.33)", "(2.67) elu"}


def test_average_ranks_have_a_panel_for_each_other_setting():
    compared = comparisons(dataset=["a", "b", "c"] * 2, depth=[1, 1, 1, 2, 2, 2])
    tables = [summary(model("relu", -1.0), model("tanh", -2.0), model("elu", -3.0))] * 6
    fig = drawn(sweep.average_ranks(average_ranks(tables, compared)))
    assert [part.get_suptitle() for part in fig.subfigs] == ["depth 1", "depth 2"]
