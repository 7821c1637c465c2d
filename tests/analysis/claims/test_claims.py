"""Each claim, supported and refuted by planted tables."""

import dataclasses
import subprocess
import sys

import numpy as np
import planted
import pytest
from planted import falling, measured, noise

from vaelib.analysis.claims import claims
from vaelib.analysis.claims.conclusions import Conclusion
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.claims.gradients import FlowState
from vaelib.analysis.diagnosis.criteria import DEFAULTS

THREE = ("sigmoid", "tanh", "relu")
SIGMOID, TANH, RELU = claims.gradients_vanish
DEEPER, OPTIMISER, ACTIVATION = claims.vanishing_is_cured
SQUARED_ERROR, ELBO = claims.gelu_is_best


def errors(levels: dict, swapped: dict | None = None):
    """Plant squared errors; others where the learning rate is 3e-3."""

    def outcome(row):
        chosen = swapped if swapped and row["learning_rate"] == 3e-3 else levels
        return {"mse": chosen[row["activation"]] + 1e-4 * noise(row)}

    return outcome


BEST = {"sigmoid": 0.06, "tanh": 0.05, "relu": 0.04}
SECOND = {"sigmoid": 0.06, "tanh": 0.04, "relu": 0.05}
TIE = {"sigmoid": 0.06, "tanh": 0.04, "relu": 0.04}


@pytest.mark.parametrize(
    ("levels", "swapped", "verdict"),
    [
        (BEST, None, Conclusion.SUPPORTED),
        (SECOND, None, Conclusion.REFUTED),
        (TIE, None, Conclusion.REFUTED),
        (BEST, SECOND, Conclusion.CONDITIONAL),
    ],
)
def test_relu_reconstructs_best(levels, swapped, verdict):
    grid = {"learning_rate": [1e-3, 3e-3] if swapped else [1e-3]}
    tables = planted.study(THREE, outcome=errors(levels, swapped), **grid)
    claim = claims.reconstructs_best(measured(tables))
    assert (claim.number, claim.verdict) == (1, verdict)
    assert list(claim.evidence["b"]) == ["sigmoid", "tanh"] * len(grid["learning_rate"])
    if swapped:
        assert texts(claim) == (
            "holds in 1 of 2 cases: learning rate 0.001",
            "contradicted in 1 of 2 cases: learning rate 0.003",
        )


SLOW, QUICK = (
    {"sigmoid": 0.3, "tanh": 0.3, "relu": 0.15},
    {"sigmoid": 0.3, "tanh": 0.3, "relu": 0.6},
)


def texts(claim) -> tuple[str, ...]:
    return tuple(map(str, claim.conditions))


def learning(rates: dict):
    def outcome(row):
        return {"val_loss": falling(100, rates[row["activation"]] * (1 + 0.02 * noise(row)))}

    return outcome


def timed(level: dict) -> dict:
    """Plant the times of nine rounds."""
    jitter = 1 + 0.01 * np.sin(np.arange(9))
    return {name: size * np.roll(jitter, len(name)) for name, size in level.items()}


@pytest.mark.parametrize(
    ("rates", "verdict"), [(QUICK, Conclusion.SUPPORTED), (SLOW, Conclusion.REFUTED)]
)
def test_relu_takes_fewer_steps(rates, verdict):
    claim = claims.trains_in_fewer_steps(measured(planted.study(THREE, outcome=learning(rates))))
    assert (claim.number, claim.part, claim.verdict) == (2, "steps", verdict)
    assert set(claim.evidence["measure"]) == {"steps to equal quality (log ratio)"}
    assert len(claim.evidence) == 2


@pytest.mark.parametrize(
    ("level", "verdict"),
    [
        ({"sigmoid": 10, "tanh": 10, "relu": 7}, Conclusion.SUPPORTED),
        ({"sigmoid": 10, "tanh": 7, "relu": 10}, Conclusion.REFUTED),
        ({"sigmoid": 10, "tanh": 10, "relu": 9.9}, Conclusion.REFUTED),  # a tie
        ({"sigmoid": 10, "relu": 7}, Conclusion.UNDECIDED),
        ({}, Conclusion.UNDECIDED),
    ],
)
def test_steps_of_relu_take_less_time(level, verdict):
    claim = claims.steps_are_faster(measured(times=timed(level)))
    assert (claim.number, claim.part, claim.verdict) == (2, "time", verdict)


@pytest.mark.parametrize(
    ("tanh", "verdict"),
    [(0.6, Conclusion.SUPPORTED), (0.2, Conclusion.REFUTED), (0.31, Conclusion.REFUTED)],
)
def test_tanh_takes_fewer_steps_than_sigmoid(tanh, verdict):
    rates = {"sigmoid": 0.3, "tanh": tanh}
    tables = planted.study(rates, outcome=learning(rates))
    claim = claims.tanh_in_fewer_steps(measured(tables))
    assert (claim.number, claim.part, claim.verdict) == (3, "steps", verdict)
    assert set(claim.evidence["a"] + claim.evidence["b"]) == {"tanhsigmoid"}


@pytest.mark.parametrize(("tanh", "verdict"), [(7, Conclusion.SUPPORTED), (14, Conclusion.REFUTED)])
def test_steps_of_tanh_take_less_time(tanh, verdict):
    claim = claims.tanh_steps_are_faster(measured(times=timed({"sigmoid": 10, "tanh": tanh})))
    assert (claim.number, claim.part, claim.verdict) == (3, "time", verdict)


def flows(factor: dict, matched: dict | None = None, learning: float = 1.0):
    """Plant flows of `factor` to the power of the depth, times `learning` while learning."""

    def outcome(row):
        chosen = matched if matched and row["initializer"] == "matched" else factor
        flow = chosen[row["activation"]] ** row["depth"] * (1 + 0.1 * noise(row))
        return {
            "gradient_flow_start": flow,
            "gradient_flow_learning": min(1, learning * flow),
        }

    return outcome


@pytest.mark.parametrize(
    ("claim", "expected"),
    [(SIGMOID, FlowState.VANISHED), (TANH, FlowState.VANISHED), (RELU, FlowState.KEPT)],
    ids=["sigmoid", "tanh", "relu"],
)
@pytest.mark.parametrize(
    ("factor", "matched", "learning", "states"),
    [
        (0.1, None, 1, {FlowState.VANISHED}),
        (0.9, None, 1, {FlowState.KEPT}),
        (0.9, 0.1, 1, {FlowState.VANISHED, FlowState.KEPT}),
        (0.1, None, 100, {FlowState.VANISHED, FlowState.KEPT}),
    ],
)
def test_gradients_vanish(claim, expected, factor, matched, learning, states):
    grid = {"depth": [1, 2, 3], "initializer": ["keras", "matched"] if matched else ["keras"]}
    name = claim.part
    planted_flows = flows({name: factor}, {name: matched} if matched else None, learning)
    found = claim(measured(planted.study([name], outcome=planted_flows, **grid)))
    one = Conclusion.SUPPORTED if states == {expected} else Conclusion.REFUTED
    assert found.verdict == (one if len(states) == 1 else Conclusion.CONDITIONAL)
    assert (found.number, set(found.evidence["deepest"])) == (4, {3})
    before = found.evidence.query("moment == 'before training' and initializer == 'keras'")
    # The mean of the planted noise's logarithm is near 0.
    assert before["flow"].to_list() == pytest.approx([factor**3], rel=0.03)
    if matched:
        order = ["matched", "keras"] if expected == FlowState.VANISHED else ["keras", "matched"]
        assert texts(found) == tuple(
            f"{outcome} in 2 of 4 cases: before training and while learning: initializer {name}"
            for outcome, name in zip(("holds", "contradicted"), order, strict=True)
        )
    if learning > 1:
        moments = ["before training", "while learning"]
        first = moments[expected == FlowState.KEPT]
        assert texts(found)[0] == f"holds in 1 of 2 cases: {first}"


def test_the_verdict_is_repeated_at_half_and_at_twice_the_threshold():
    threshold = DEFAULTS.gradient_flow
    factor = {"sigmoid": (0.75 * threshold) ** (1 / 2)}
    found = SIGMOID(measured(planted.study(["sigmoid"], outcome=flows(factor), depth=[1, 2])))
    assert found.verdict == Conclusion.SUPPORTED
    assert found.sensitivity == {
        threshold / 2: Conclusion.REFUTED,
        2 * threshold: Conclusion.SUPPORTED,
    }
    assert claims.reconstructs_best(measured()).sensitivity == {}


def test_a_collapsed_posterior_is_named_and_decides_nothing():
    def outcome(row):
        lost = {"active_units": 0.0, "elbo": -199.0} if row["depth"] == 3 else {}
        return {**flows({"sigmoid": 0.01})(row), **lost}

    found = SIGMOID(measured(planted.study(["sigmoid"], outcome=outcome, depth=[1, 3])))
    states = found.evidence.set_index("moment")["state"].to_dict()
    assert states == {
        "before training": FlowState.VANISHED,
        "while learning": FlowState.COLLAPSED,
    }
    assert texts(found) == (
        "holds in 1 of 2 cases: before training",
        "open in 1 of 2 cases: while learning",
    )
    cured = DEEPER(measured(planted.study(["sigmoid"], outcome=outcome, depth=[1, 3])))
    outcomes = cured.evidence.set_index("moment")["outcome"].to_dict()
    assert outcomes["while learning"] == Outcome.OPEN


def test_a_gradient_that_is_small_at_any_depth_does_not_vanish_with_depth():
    def outcome(row):
        flow = 0.01 * (1 + 0.1 * noise({**row, "seed": row["seed"] * row["depth"]}))
        return {"gradient_flow_start": flow, "gradient_flow_learning": flow}

    claim = SIGMOID(measured(planted.study(["sigmoid"], outcome=outcome, depth=[1, 2])))
    assert claim.verdict == Conclusion.UNDECIDED
    assert list(claim.evidence["outcome"]) == [Outcome.OPEN] * 2


def test_an_interval_around_the_threshold_leaves_vanishing_open():
    # Up to a tenth of the threshold above and below it.
    threshold = DEFAULTS.gradient_flow
    tables = planted.study(["relu"], outcome=flows({"relu": threshold ** (1 / 3)}), depth=[1, 3])
    claim = RELU(measured(tables))
    assert claim.verdict == Conclusion.UNDECIDED
    relu = claim.evidence.set_index("moment").loc["while learning"]
    runs = tables["runs"].query("depth == 3")
    reach = 2.306004 * np.log10(runs["gradient_flow_learning"]).std() / 3  # t(0.975, 8)
    assert relu["outcome"] == Outcome.OPEN
    assert relu["low"] < threshold < relu["high"]
    assert np.log10(relu["high"] / relu["flow"]) == pytest.approx(reach, rel=1e-5)
    assert np.log10(relu["flow"] / relu["low"]) == pytest.approx(reach, rel=1e-5)


def test_a_gradient_of_zero_has_vanished():
    def outcome(row):
        deep = {"gradient_flow_start": 0.0} if row["depth"] == 3 else {}
        return {**flows({"sigmoid": 0.1})(row), **deep}

    claim = SIGMOID(measured(planted.study(["sigmoid"], outcome=outcome, depth=[1, 3])))
    assert claim.verdict == Conclusion.SUPPORTED
    assert claim.evidence["flow"].min() == pytest.approx(1e-12)


def gaps(gap: dict, learns: dict | None = None):
    """Plant equal fits and, once under 130 nats, a growing gap."""

    def outcome(row):
        loss = falling((learns or {}).get(row["activation"], 90) + noise(row))
        fit = (loss + np.append(loss[1:], loss[-1])) / 2  # at the end of each epoch
        size = gap[row["activation"]] * (1 + 0.05 * noise(row))
        return {"loss": loss, "val_loss": fit + size * np.clip((130 - fit) / 40, 0, 1)}

    return outcome


SMALL = {"sigmoid": 20, "tanh": 20, "relu": 10}
LARGE = {"sigmoid": 20, "tanh": 20, "relu": 30}


@pytest.mark.parametrize(
    ("planted_gaps", "learns", "verdict"),
    [
        (SMALL, None, Conclusion.SUPPORTED),
        (LARGE, None, Conclusion.REFUTED),
        ({**SMALL, "relu": 20}, None, Conclusion.REFUTED),  # equal is not less
        ({**SMALL, "tanh": 5}, None, Conclusion.REFUTED),
        ({"sigmoid": 0, "tanh": 0, "relu": 0}, None, Conclusion.UNDECIDED),  # nobody overfits
        # Before the others fit better than sigmoid and tanh ever do, nobody overfits.
        (LARGE, {"sigmoid": 140, "tanh": 140}, Conclusion.UNDECIDED),
    ],
)
def test_relu_overfits_less(planted_gaps, learns, verdict):
    tables = planted.study(THREE, outcome=gaps(planted_gaps, learns))
    claim = claims.overfits_less(measured(tables))
    assert (claim.number, claim.verdict) == (5, verdict)
    assert len(claim.evidence) == 2


def test_overfitting_can_depend_on_the_number_of_images():
    def outcome(row):
        return gaps(SMALL if row["train_size"] == 200 else LARGE)(row)

    tables = planted.study(THREE, outcome=outcome, train_size=[200, 400])
    claim = claims.overfits_less(measured(tables))
    assert claim.verdict == Conclusion.CONDITIONAL
    assert texts(claim)[0] == "holds in 1 of 2 cases: 200 training images"


def elbos(levels: dict):
    return lambda row: {"elbo": levels[row["activation"]] + noise(row)}


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [
        ({"linear": -120, "relu": -100, "tanh": -110}, Conclusion.SUPPORTED),
        ({"linear": -100, "relu": -110, "tanh": -105}, Conclusion.REFUTED),
        ({"linear": -110, "relu": -100, "tanh": -120}, Conclusion.CONDITIONAL),
    ],
)
def test_linear_learns_less(levels, verdict):
    claim = claims.linear_learns_less(measured(planted.study(levels, outcome=elbos(levels))))
    assert (claim.number, claim.verdict) == (6, verdict)
    assert list(claim.evidence["nonlinear"]) == ["relu", "tanh"]
    if verdict == Conclusion.CONDITIONAL:
        assert texts(claim) == (
            "holds in 1 of 2 cases: relu",
            "contradicted in 1 of 2 cases: tanh",
        )


def flow_while_learning(table: dict):
    """Plant flows by activation, optimiser and depth; 0.5 elsewhere and before training."""

    def outcome(row):
        keys = (row["activation"], row["optimizer"], row["depth"])
        return {"gradient_flow_learning": table.get(keys, 0.5) * (1 + 0.1 * noise(row))}

    return outcome


@pytest.mark.parametrize(
    ("claim", "table", "grid", "verdict"),
    [
        (DEEPER, {("relu", "adam", 1): 0.01}, {"depth": [1, 2]}, Conclusion.SUPPORTED),
        (
            DEEPER,
            {("relu", "adam", 1): 0.01, ("relu", "adam", 2): 0.01},
            {"depth": [1, 2]},
            Conclusion.REFUTED,
        ),
        (
            DEEPER,
            {("relu", "adam", 1): 0.01, ("relu", "adam", 3): 0.01},
            {"depth": [1, 2, 3]},
            Conclusion.CONDITIONAL,
        ),
        # The deeper may cure the shallower, but not vice versa.
        (DEEPER, {("relu", "adam", 2): 0.01}, {"depth": [1, 2]}, Conclusion.UNDECIDED),
        (
            OPTIMISER,
            {("relu", "adam", 1): 0.01},
            {"optimizer": ["adam", "sgd"]},
            Conclusion.SUPPORTED,
        ),
        (
            OPTIMISER,
            {("relu", "adam", 1): 0.01, ("relu", "sgd", 1): 0.02},
            {"optimizer": ["adam", "sgd"]},
            Conclusion.REFUTED,
        ),
        (OPTIMISER, {}, {"depth": [1, 2], "optimizer": ["adam", "sgd"]}, Conclusion.UNDECIDED),
        # An interval around the threshold leaves it open.
        (
            OPTIMISER,
            {("relu", "adam", 1): 0.01, ("relu", "sgd", 1): DEFAULTS.gradient_flow},
            {"optimizer": ["adam", "sgd"]},
            Conclusion.UNDECIDED,
        ),
    ],
)
def test_cures(claim, table, grid, verdict):
    found = claim(measured(planted.study(["relu"], outcome=flow_while_learning(table), **grid)))
    assert (found.number, found.verdict) == (7, verdict)
    assert set(found.evidence.get("remedy", [])) <= {claim.part}


def test_an_optimiser_cures_nothing_before_training():
    def outcome(row):
        flow = 0.01 * (1 + 0.1 * noise(row))
        return {**flow_while_learning({})(row), "gradient_flow_start": flow}

    tables = planted.study(["relu"], outcome=outcome, optimizer=["adam", "sgd"])
    assert OPTIMISER(measured(tables)).evidence.empty


def test_another_activation_may_or_may_not_cure():
    vanished = {("relu", "adam", 1): 0.01, ("sigmoid", "adam", 1): 0.02}
    tables = planted.study(THREE, outcome=flow_while_learning(vanished))
    claim = ACTIVATION(measured(tables))
    assert claim.verdict == Conclusion.CONDITIONAL
    rows = claim.evidence.set_index("activation")
    assert rows["vanished_with"].to_dict() == {
        "sigmoid": "relu",
        "tanh": "sigmoid, relu",
        "relu": "sigmoid",
    }
    outcomes = {
        "sigmoid": Outcome.CONTRADICTED,
        "tanh": Outcome.HOLDS,
        "relu": Outcome.CONTRADICTED,
    }
    assert rows["outcome"].to_dict() == outcomes
    assert texts(claim)[0] == "holds in 1 of 3 cases: tanh"


@pytest.mark.parametrize("network", ["1000-500-250", "128-64-32"])
@pytest.mark.parametrize(("gelu", "verdict"), [(1, Conclusion.SUPPORTED), (-1, Conclusion.REFUTED)])
def test_gelu_is_judged_on_the_network_of_its_paper(gelu, verdict, network):
    levels = {"gelu": 3 * gelu, "relu": 0, "elu": -0.5 * gelu}

    def outcome(row):
        quality = levels[row["activation"]] + 0.05 * noise(row)
        return {"elbo": -100 + 2 * quality, "mse": 0.03 - 1e-3 * quality}

    shape = {"hidden_units": [network], "latent_dim": [30], "learning_rate": [1e-3, 1e-4]}
    found = measured(planted.study(levels, outcome=outcome, **shape))
    expected = verdict if network == "1000-500-250" else Conclusion.UNDECIDED
    for claim, part in ((SQUARED_ERROR, "squared error"), (ELBO, "ELBO")):
        judged = claim(found)
        assert (judged.number, judged.part, judged.verdict) == (8, part, expected)
        assert len(judged.evidence) == (4 if network == "1000-500-250" else 0)


def everything(row: dict) -> dict:
    """Plant support for every claim about pairs that needs a study."""
    rates = {"sigmoid": 0.3, "tanh": 0.5, "relu": 0.9, "linear": 0.3}
    levels = {"sigmoid": -120, "tanh": -110, "relu": -100, "linear": -130}
    planted_here = learning(rates)(row) | errors({**BEST, "linear": 0.07})(row)
    return planted_here | elbos(levels)(row)


@pytest.mark.parametrize(
    "claim", claims.CLAIMS, ids=lambda one: f"{one.statement.number} {one.part}"
)
@pytest.mark.parametrize(
    "studies",
    [
        [],
        [planted.study(["elu"])],
        [planted.study(["sigmoid", "relu"])],
        [planted.study([*THREE, "linear"], seeds=1, outcome=everything, depth=[1, 2])],
        [planted.study(THREE, outcome=lambda row: {"status": "diverged"}, depth=[1, 2])],
    ],
    ids=["nothing", "one activation", "no tanh", "one seed", "all diverged"],
)
def test_without_evidence_every_claim_is_undecided(claim, studies):
    found = claim(measured(*studies))
    assert found.verdict == Conclusion.UNDECIDED
    assert len(found.conditions) <= 1
    assert found.counts.startswith("open in ") or "no study" in found.counts


@pytest.mark.parametrize(
    "claim",
    [claims.reconstructs_best, claims.trains_in_fewer_steps, claims.tanh_in_fewer_steps],
    ids=lambda one: f"claim {one.statement.number}",
)
@pytest.mark.parametrize(("seeds", "decided"), [(5, False), (9, True)])
def test_five_seeds_cannot_decide_and_nine_can(claim, seeds, decided):
    found = claim(measured(planted.study(THREE, seeds=seeds, outcome=everything)))
    assert (found.evidence["outcome"] != Outcome.OPEN).any() == decided
    assert found.evidence["needed"].notna().any() != decided


def test_open_settings_do_not_prevent_a_conclusion():
    decided = planted.study(THREE, outcome=errors(BEST))
    too_few = planted.study(THREE, seeds=3, outcome=errors(SECOND), depth=[2])
    claim = claims.reconstructs_best(measured(decided, too_few))
    assert claim.verdict == Conclusion.SUPPORTED
    assert texts(claim) == ("holds in 1 of 2 cases: depth 1", "open in 1 of 2 cases: depth 2")


def test_a_claim_about_two_others_must_hold_against_both():
    def outcome(row):
        spread = 0.03 if row["activation"] == "tanh" else 1e-4
        return {"mse": BEST[row["activation"]] + spread * noise(row)}

    claim = claims.reconstructs_best(measured(planted.study(THREE, outcome=outcome)))
    assert list(claim.evidence["outcome"]) == [Outcome.HOLDS, Outcome.OPEN]
    assert claim.verdict == Conclusion.UNDECIDED


def test_the_claims_are_numbered_and_say_what_counts():
    found = [claim(measured()) for claim in claims.CLAIMS]
    assert sorted({claim.number for claim in found}) == list(range(1, 9))
    assert len({(claim.number, claim.part) for claim in found}) == len(found)
    assert all("contradict" in claim.support for claim in found)
    for number in (2, 3, 4, 7, 8):
        assert all(claim.part for claim in found if claim.number == number)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found[0].verdict = Conclusion.SUPPORTED


def test_conditions_name_no_more_keys_than_they_need():
    levels = {("elu", 1e-3): -100, ("elu", 3e-3): -100, ("relu", 1e-3): -100, ("relu", 3e-3): -120}

    def outcome(row):
        level = levels.get((row["activation"], row["learning_rate"]), -110)
        return {"elbo": level + noise(row)}

    tables = planted.study(["linear", "relu", "elu"], outcome=outcome, learning_rate=[1e-3, 3e-3])
    assert texts(claims.linear_learns_less(measured(tables))) == (
        "holds in 3 of 4 cases: elu; relu: learning rate 0.001",
        "contradicted in 1 of 4 cases: relu: learning rate 0.003",
    )


def test_the_claims_need_no_tensorflow():
    heavy = {"keras", "tensorflow", "scikit_posthocs"}
    modules = "vaelib.analysis.claims.claims, vaelib.reporting.plots.forest"
    code = f"import sys, {modules}; print({heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
