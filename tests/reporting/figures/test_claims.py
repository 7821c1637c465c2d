"""Figures of the claims: every row of evidence is drawn in its panel."""

import itertools

import numpy as np
import pandas as pd
from drawing import drawn

from vaelib.analysis.claims import gradients, measurements
from vaelib.analysis.claims.evidence import Outcome
from vaelib.reporting.figures import claims
from vaelib.reporting.plots.style import style

SETTING = dict.fromkeys(measurements.SETTING, "same")
USUAL = {**SETTING, "depth": 0}


def marks(ax) -> list[float]:
    """Return the x of every marker of a forest plot."""
    return [x for line in ax.lines[1::2] for x in line.get_xdata() if len(line.get_xdata()) == 1]


def effects(**measures: list[float]) -> pd.DataFrame:
    """Return a row for each difference of a measure, each in a depth of its own."""
    rows = [
        {**SETTING, "depth": depth, "measure": measure, "b": "tanh", "difference": value}
        for measure, values in measures.items()
        for depth, value in enumerate(values)
    ]
    table = pd.DataFrame(rows).assign(outcome=Outcome.OPEN)
    return table.assign(low=table["difference"] - 1, high=table["difference"] + 1)


def flows(depths: list[int], *activations: str, **setting) -> pd.DataFrame:
    """Return flows of 0.1 ** depth before training and twice that while learning."""
    rows = [
        {
            **SETTING,
            **setting,
            "depth": depth,
            "activation": name,
            "moment": moment,
            "flow": factor * 0.1**depth,
            "low": 0.05**depth,
            "high": 0.5**depth,
            "outcome": Outcome.OPEN,
            "remedy": "deeper model",
        }
        for depth, name in itertools.product(depths, activations)
        for moment, factor in (("before training", 1), ("while learning", 2))
    ]
    return pd.DataFrame(rows)


def test_forests_have_a_panel_for_each_measure():
    fig = drawn(claims.forests(effects(mse=[1, 2, 3], steps=[-4]), "b", "ReLU - other", USUAL))
    assert [ax.get_xlabel() for ax in fig.axes] == ["mse: ReLU - other", "steps: ReLU - other"]
    assert [marks(ax) for ax in fig.axes] == [[1, 2, 3], [-4]]
    lines = [tick.get_text() for tick in fig.axes[0].get_yticklabels()]
    assert lines == [measurements.USUAL, "depth 1", "depth 2"]


def test_what_has_no_estimate_is_not_drawn():
    rows = effects(mse=[1, np.nan, 3])
    (ax,) = drawn(claims.forests(rows, "b", "ReLU - other", USUAL)).axes
    assert marks(ax) == [1, 3]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [measurements.USUAL, "depth 2"]
    fig = drawn(claims.forests(rows[1:2], "b", "ReLU - other", USUAL))
    assert fig.axes[0].texts[0].get_text() == "No comparison can be made."


def test_long_names_of_settings_are_wrapped():
    rows = effects(mse=[1, 2]).assign(dataset="pictures of forty words " * 3)
    (ax,) = drawn(claims.forests(rows, "b", "ReLU - other", USUAL)).axes
    for tick in ax.get_yticklabels():
        assert max(map(len, tick.get_text().splitlines())) <= 40


def test_an_interval_far_out_leaves_the_estimates_readable():
    table = flows([1, 2], "relu").assign(low=1e-79, high=1e65)
    for ax in drawn(claims.remedies(table, limit=0.05, usual=USUAL)).axes:
        low, high = ax.get_xlim()
        assert 1e-4 < low < high < 100


def test_remedies_have_a_panel_for_each_moment_on_a_log_scale():
    fig = drawn(claims.remedies(flows([1, 2], "relu"), limit=0.05, usual=USUAL))
    before, after = fig.axes
    assert before.get_xlabel() == "gradient flow before training: deeper model"
    np.testing.assert_allclose(marks(before), [0.1, 0.01])
    np.testing.assert_allclose(marks(after), [0.2, 0.02])
    assert {ax.get_xscale() for ax in fig.axes} == {"log"}
    limits = [line for line in before.lines if list(line.get_xdata()) == [0.05, 0.05]]
    assert len(limits) == 1


def test_flow_over_depth_has_a_panel_for_each_setting_with_several_depths():
    table = pd.concat([flows([2, 1], "relu", "elu"), flows([3], "relu", optimizer="sgd")])
    fig = drawn(claims.flow_over_depth(table, ["relu"], limit=0.05, usual=USUAL))
    assert [ax.get_title() for ax in fig.axes] == ["before training", "while learning"]
    line, limit = fig.axes[1].lines
    np.testing.assert_allclose(line.get_xydata(), [[1, 0.2], [2, 0.02]])
    assert line.get_color() == style("relu")["color"], "elu is not asked for"
    assert list(limit.get_ydata()) == [0.05, 0.05]


def test_settings_with_several_depths_are_named():
    table = pd.concat([flows([1, 2, 3], "relu"), flows([1, 2], "relu", initializer="matched")])
    fig = drawn(claims.flow_over_depth(table, ["relu"], limit=0.05, usual=USUAL))
    assert [ax.get_title() for ax in fig.axes] == [
        "before training, the usual setting",
        "before training, initializer matched",
        "while learning, the usual setting",
        "while learning, initializer matched",
    ]


def test_without_several_depths_the_figure_says_so():
    nothing = gradients.flow_by_setting(measurements.Measurements())
    for table in (flows([3], "relu"), nothing):
        fig = drawn(claims.flow_over_depth(table, ["relu"], limit=0.05, usual=USUAL))
        assert fig.axes[0].texts[0].get_text() == "No study has several depths."
