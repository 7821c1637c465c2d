"""The gradient flow by setting, against hand-computed intervals and the diagnosis."""

import math

import numpy as np
import planted
import pytest
from planted import measured

from vaelib import metrics
from vaelib.analysis.claims import claims, gradients
from vaelib.analysis.claims.gradients import FlowState
from vaelib.analysis.claims.measurements import ANY
from vaelib.analysis.diagnosis import gradients as symptoms
from vaelib.analysis.diagnosis.criteria import DEFAULTS

THRESHOLD = DEFAULTS.gradient_flow


def test_the_flow_is_a_geometric_mean_with_its_state():
    spread = 0.01 * np.arange(9) - 0.04
    level = {"sigmoid": 0.1 * THRESHOLD, "tanh": 10 * THRESHOLD, "relu": THRESHOLD}

    def outcome(row):
        flow = level[row["activation"]] * 10 ** spread[row["seed"]]
        return {"gradient_flow_learning": flow, "gradient_flow_start": 10 * flow}

    table = gradients.flow_by_setting(measured(planted.study(list(level), outcome=outcome)))
    after = table[table["moment"] == "while learning"].set_index("activation")
    np.testing.assert_allclose(after["flow"], list(level.values()))
    assert list(after["state"]) == [FlowState.VANISHED, FlowState.KEPT, FlowState.OPEN]
    # Student's interval of the logarithms: t(0.975, 8) = 2.306004.
    reach = 2.306004 * np.std(spread, ddof=1) / 3
    np.testing.assert_allclose(np.log10(after["high"] / after["flow"]), reach, rtol=1e-5)
    np.testing.assert_allclose(np.log10(after["flow"] / after["low"]), reach, rtol=1e-5)
    before = table[table["moment"] == "before training"].set_index("activation")
    assert before.loc["sigmoid", ["flow", "state"]].to_list() == [
        pytest.approx(THRESHOLD),
        FlowState.OPEN,
    ]


def test_an_unknown_flow_is_open_and_none_at_all_has_vanished():
    def outcome(row):
        return {"gradient_flow_learning": 0.0, "gradient_flow_start": math.nan}

    tables = planted.study(["relu"], outcome=outcome)
    table = gradients.flow_by_setting(measured(tables)).set_index("moment")
    assert list(table.loc["before training", ["n", "state"]]) == [0, FlowState.OPEN]
    assert list(table.loc["while learning", ["n", "state"]]) == [9, FlowState.VANISHED]


def test_equal_weights_on_other_images_are_counted_for_each():
    """Of one shape, so that a seed starts from the same weights on both."""

    def outcome(row):
        return {"gradient_flow_start": {"mnist5k": 1.0, "digits": 0.1}[row["dataset"]]}

    grid = {"dataset": ["mnist5k", "digits"], "learning_rate": [1e-3, 1e-2]}
    tables = planted.study(["relu", "tanh"], outcome=outcome, **grid)
    assert tables["runs"].groupby(["activation", "start"])["dataset"].nunique().eq(2).all()
    table = gradients.flow_by_setting(measured(tables)).set_index(["moment", "dataset"])
    before = table.loc["before training"]
    assert list(before["n"]) == [9] * 4
    np.testing.assert_allclose(before.loc["mnist5k", "flow"], 1.0)
    np.testing.assert_allclose(before.loc["digits", "flow"], 0.1)


def test_a_network_before_training_is_counted_once():
    tables = planted.study(["relu", "tanh"], learning_rate=[1e-3, 1e-2], initializer=["keras"])
    table = gradients.flow_by_setting(measured(tables)).set_index(["moment", "activation"])
    before = table.loc["before training"]
    assert before["n"].to_dict() == {"relu": 9, "tanh": 9}, "starts of both, equal or not"
    assert list(before["learning_rate"]) == [ANY] * 2
    assert list(table.loc["while learning"]["n"]) == [9] * 4


@pytest.mark.parametrize(
    ("units", "elbo", "state"),
    [
        (0, -190, FlowState.COLLAPSED),
        (8, -190, FlowState.VANISHED),  # half of the units carry information
        (0, -130, FlowState.VANISHED),  # it learned: 70 of 100 nats above the floor of 200
    ],
)
def test_collapse_is_told_from_vanishing(units, elbo, state):
    def outcome(row):
        if row["activation"] == "tanh":
            return {"elbo": -100.0}
        return {"gradient_flow_learning": 0.01, "active_units": units, "elbo": elbo}

    table = gradients.flow_by_setting(measured(planted.study(["relu", "tanh"], outcome=outcome)))
    states = table.set_index(["moment", "activation"])["state"]
    assert states["while learning", "relu"] == state
    assert states["before training", "relu"] == states["while learning", "tanh"] == FlowState.KEPT


def test_another_threshold_may_be_given():
    found = measured(planted.study(["relu"], outcome=None))
    for threshold, state in ((0.4, FlowState.KEPT), (0.6, FlowState.VANISHED)):
        assert set(gradients.flow_by_setting(found, threshold)["state"]) == {state}


def test_without_studies_there_is_no_flow():
    assert gradients.flow_by_setting(measured()).empty


@pytest.mark.parametrize("size", [0.98, 1.02], ids=["just below", "just above"])
def test_diagnosis_and_claims_use_the_same_threshold(size):
    """A flow is vanishing on the report's page if and only if it is on that of the claims."""
    probed = planted.gradients(flow=size * THRESHOLD, seeds=9)
    flow = metrics.gradient_flow(probed)
    recorded = flow["flow"].xs(0, level="epoch")

    def outcome(row):
        shake = 1 + 1e-3 * planted.noise(row)
        return {"gradient_flow_learning": recorded[row["seed"]] * shake}

    table = gradients.flow_by_setting(measured(planted.study(["tanh"], outcome=outcome)))
    state = table.set_index("moment").loc["while learning", "state"]
    assert symptoms.vanishing(flow).present == (state == FlowState.VANISHED) == (size < 1)
    assert state != FlowState.OPEN


@pytest.mark.parametrize("claim", [claims.gradients_vanish[0], *claims.vanishing_is_cured])
def test_the_claims_state_the_threshold(claim):
    assert f"under {THRESHOLD:g}" in claim(measured()).support
