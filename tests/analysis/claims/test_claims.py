"""Each claim, supported and refuted by planted tables."""

import dataclasses
import math
import subprocess
import sys

import numpy as np
import planted
import pytest
from planted import falling, noise

from vaelib.analysis.claims import claims
from vaelib.analysis.claims.conclusions import Conclusion
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.diagnosis.criteria import DEFAULTS

THREE = ("sigmoid", "tanh", "relu")


def error(levels: dict, swapped: dict | None = None):
    """Plant reconstruction errors; others where the learning rate is 3e-3."""

    def outcome(row):
        chosen = swapped if swapped and row["learning_rate"] == 3e-3 else levels
        return {"val_reconstruction": falling(chosen[row["activation"]] + noise(row))}

    return outcome


BEST = {"sigmoid": 120, "tanh": 110, "relu": 100}
SECOND = {"sigmoid": 120, "tanh": 100, "relu": 110}
TIE = {"sigmoid": 120, "tanh": 100, "relu": 100}


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
    tables = planted.study(THREE, outcome=error(levels, swapped), **grid)
    claim = claims.reconstructs_best({"s": tables})
    assert (claim.number, claim.verdict) == (1, verdict)
    assert list(claim.evidence["b"]) == ["sigmoid", "tanh"] * len(grid["learning_rate"])
    if swapped:
        assert claim.conditions == (
            "holds in 1 of 2 cases: learning rate 0.001",
            "contradicted in 1 of 2 cases: learning rate 0.003",
        )


def test_test_images_decide_where_they_were_scored():
    def outcome(row):
        levels = {"sigmoid": 0.05, "tanh": 0.04, "relu": 0.06}
        scored = levels[row["activation"]] + 1e-3 * noise(row)
        return {**error(BEST)(row), "mse": scored, "elbo": -100.0}

    claim = claims.reconstructs_best({"s": planted.study(THREE, outcome=outcome)})
    assert claim.verdict == Conclusion.REFUTED
    assert set(claim.evidence["measure"]) == {"test MSE"}


def speed(rates: dict, seconds: dict):
    def outcome(row):
        rate = rates[row["activation"]] * (1 + 0.02 * noise(row))
        paces = seconds[row["activation"]] * (1 + 0.01 * noise(row))
        return {"val_loss": falling(100, rate), "seconds_per_epoch": paces}

    return outcome


SLOW, EVEN = {"sigmoid": 0.3, "tanh": 0.3, "relu": 0.15}, {"sigmoid": 1, "tanh": 1, "relu": 1}
QUICK, BRISK = {**SLOW, "relu": 0.6}, {**EVEN, "relu": 0.7}


@pytest.mark.parametrize(
    ("rates", "seconds", "verdict"),
    [
        (QUICK, BRISK, Conclusion.SUPPORTED),
        (SLOW, EVEN, Conclusion.REFUTED),
        (QUICK, EVEN, Conclusion.CONDITIONAL),
        (SLOW, BRISK, Conclusion.CONDITIONAL),
    ],
)
def test_relu_trains_faster(rates, seconds, verdict):
    tables = planted.study(THREE, outcome=speed(rates, seconds))
    claim = claims.trains_faster({"s": tables})
    assert (claim.number, claim.verdict) == (2, verdict)
    assert len(claim.evidence) == 4
    if verdict == Conclusion.CONDITIONAL:
        of_steps, of_time = "steps to equal quality (log ratio)", "time per step (log ratio)"
        first, second = (of_steps, of_time) if rates is QUICK else (of_time, of_steps)
        assert claim.conditions == (
            f"holds in 1 of 2 cases: {first}",
            f"contradicted in 1 of 2 cases: {second}",
        )


@pytest.mark.parametrize(
    ("tanh", "seconds", "verdict"),
    [
        (0.6, 0.7, Conclusion.SUPPORTED),
        (0.2, 1.5, Conclusion.REFUTED),
        (0.31, 1.0, Conclusion.REFUTED),
        (0.6, 1.5, Conclusion.CONDITIONAL),
    ],
)
def test_tanh_trains_faster_than_sigmoid(tanh, seconds, verdict):
    rates, paces = {"sigmoid": 0.3, "tanh": tanh}, {"sigmoid": 1.0, "tanh": seconds}
    tables = planted.study(("sigmoid", "tanh"), outcome=speed(rates, paces))
    claim = claims.tanh_trains_faster({"s": tables})
    assert (claim.number, claim.verdict) == (3, verdict)
    assert set(claim.evidence["a"] + claim.evidence["b"]) == {"tanhsigmoid"}


def flows(factor: dict, matched: dict | None = None, trained: float = 1.0):
    """Plant flows of `factor` to the power of the depth, times `trained` after training."""

    def outcome(row):
        chosen = matched if matched and row["initializer"] == "matched" else factor
        flow = chosen[row["activation"]] ** row["depth"] * (1 + 0.1 * noise(row))
        return {"gradient_flow_start": flow, "gradient_flow": min(1, trained * flow)}

    return outcome


TEXTBOOK = {"sigmoid": 0.1, "tanh": 0.3, "relu": 0.9}
UPSIDE_DOWN = {"sigmoid": 0.1, "tanh": 0.9, "relu": 0.3}


@pytest.mark.parametrize(
    ("factor", "matched", "trained", "verdict"),
    [
        (TEXTBOOK, None, 1, Conclusion.SUPPORTED),
        (UPSIDE_DOWN, None, 1, Conclusion.REFUTED),
        ({**TEXTBOOK, "tanh": 0.9}, None, 1, Conclusion.REFUTED),
        ({**TEXTBOOK, "relu": 0.3}, None, 1, Conclusion.REFUTED),
        (UPSIDE_DOWN, TEXTBOOK, 1, Conclusion.CONDITIONAL),
        (TEXTBOOK, None, 100, Conclusion.CONDITIONAL),
    ],
)
def test_gradients_vanish(factor, matched, trained, verdict):
    grid = {"depth": [1, 2, 3], "initializer": ["keras", "matched"] if matched else ["keras"]}
    tables = planted.study(THREE, outcome=flows(factor, matched, trained), **grid)
    claim = claims.gradients_vanish({"s": tables})
    assert (claim.number, claim.verdict) == (4, verdict)
    assert set(claim.evidence["deepest"]) == {3}
    before = claim.evidence.query("moment == 'before training' and initializer == 'keras'")
    found = before.set_index("activation")["flow"]
    # The mean of the planted noise's logarithm is near 0.
    assert found.to_dict() == pytest.approx({n: factor[n] ** 3 for n in THREE}, rel=0.03)
    if matched:
        assert claim.conditions == (
            "holds in 2 of 4 cases: initializer matched",
            "contradicted in 2 of 4 cases: initializer keras",
        )
    if trained > 1:
        assert claim.conditions[0] == "holds in 1 of 2 cases: before training"


def test_a_gradient_that_is_small_at_any_depth_does_not_vanish_with_depth():
    def outcome(row):
        flow = {"sigmoid": 0.01, "tanh": 0.01, "relu": 0.9}[row["activation"]]
        flow *= 1 + 0.1 * noise({**row, "seed": row["seed"] * row["depth"]})
        return {"gradient_flow_start": flow, "gradient_flow": flow}

    claim = claims.gradients_vanish({"s": planted.study(THREE, outcome=outcome, depth=[1, 2])})
    assert claim.verdict == Conclusion.UNDECIDED
    outcomes = claim.evidence.groupby("activation")["outcome"].unique().map(list).to_dict()
    assert outcomes == {"sigmoid": [Outcome.OPEN], "tanh": [Outcome.OPEN], "relu": [Outcome.HOLDS]}


def test_an_interval_around_the_threshold_leaves_vanishing_open():
    # Up to a tenth of the threshold above and below it.
    threshold = DEFAULTS.gradient_flow
    factor = {**TEXTBOOK, "relu": threshold ** (1 / 3)}
    tables = planted.study(THREE, outcome=flows(factor), depth=[1, 3])
    claim = claims.gradients_vanish({"s": tables})
    assert claim.verdict == Conclusion.UNDECIDED
    relu = claim.evidence.set_index("activation").loc["relu"].iloc[0]
    runs = tables["runs"].query("activation == 'relu' and depth == 3")
    reach = 2.306004 * np.log10(runs["gradient_flow"]).std() / 3  # t(0.975, 8)
    assert relu["outcome"] == Outcome.OPEN
    assert relu["low"] < threshold < relu["high"]
    assert np.log10(relu["high"] / relu["flow"]) == pytest.approx(reach, rel=1e-5)
    assert np.log10(relu["flow"] / relu["low"]) == pytest.approx(reach, rel=1e-5)


def test_a_gradient_of_zero_has_vanished():
    def outcome(row):
        planted_flows = flows(TEXTBOOK)(row)
        if row["depth"] == 3 and row["activation"] == "sigmoid":
            planted_flows |= {"gradient_flow": 0.0}
        return planted_flows

    claim = claims.gradients_vanish({"s": planted.study(THREE, outcome=outcome, depth=[1, 3])})
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
    claim = claims.overfits_less({"s": tables})
    assert (claim.number, claim.verdict) == (5, verdict)
    assert len(claim.evidence) == 2


def test_overfitting_can_depend_on_the_number_of_images():
    def outcome(row):
        return gaps(SMALL if row["train_size"] == 200 else LARGE)(row)

    tables = planted.study(THREE, outcome=outcome, train_size=[200, 400])
    claim = claims.overfits_less({"s": tables})
    assert claim.verdict == Conclusion.CONDITIONAL
    assert claim.conditions[0] == "holds in 1 of 2 cases: 200 training images"


def scores(levels: dict):
    return lambda row: {"val_elbo": -levels[row["activation"]] + noise(row)}


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [
        ({"linear": 120, "relu": 100, "tanh": 110}, Conclusion.SUPPORTED),
        ({"linear": 100, "relu": 110, "tanh": 100}, Conclusion.REFUTED),
        ({"linear": 110, "relu": 100, "tanh": 120}, Conclusion.CONDITIONAL),
    ],
)
def test_linear_learns_less(levels, verdict):
    claim = claims.linear_learns_less({"s": planted.study(levels, outcome=scores(levels))})
    assert (claim.number, claim.verdict) == (6, verdict)
    assert list(claim.evidence["nonlinear"]) == ["relu", "tanh"]
    if verdict == Conclusion.CONDITIONAL:
        assert claim.conditions == (
            "holds in 1 of 2 cases: relu",
            "contradicted in 1 of 2 cases: tanh",
        )


def flow_after(table: dict):
    """Plant the flow after training by activation, optimiser and depth; 0.5 elsewhere."""

    def outcome(row):
        keys = (row["activation"], row["optimizer"], row["depth"])
        return {"gradient_flow": table.get(keys, 0.5) * (1 + 0.1 * noise(row))}

    return outcome


@pytest.mark.parametrize(
    ("table", "grid", "remedy", "verdict"),
    [
        ({("relu", "adam", 1): 0.01}, {"depth": [1, 2]}, "deeper model", Conclusion.SUPPORTED),
        (
            {("relu", "adam", 1): 0.01, ("relu", "adam", 2): 0.01},
            {"depth": [1, 2]},
            "deeper model",
            Conclusion.REFUTED,
        ),
        (
            {("relu", "adam", 1): 0.01, ("relu", "adam", 3): 0.01},
            {"depth": [1, 2, 3]},
            "deeper model",
            Conclusion.CONDITIONAL,
        ),
        # The deeper may cure the shallower, but not vice versa.
        ({("relu", "adam", 2): 0.01}, {"depth": [1, 2]}, None, Conclusion.UNDECIDED),
        (
            {("relu", "adam", 1): 0.01},
            {"optimizer": ["adam", "sgd"]},
            "other optimiser",
            Conclusion.SUPPORTED,
        ),
        (
            {("relu", "adam", 1): 0.01, ("relu", "sgd", 1): 0.02},
            {"optimizer": ["adam", "sgd"]},
            "other optimiser",
            Conclusion.REFUTED,
        ),
        ({}, {"depth": [1, 2], "optimizer": ["adam", "sgd"]}, None, Conclusion.UNDECIDED),
        # An interval around the threshold leaves it open.
        (
            {("relu", "adam", 1): 0.01, ("relu", "sgd", 1): DEFAULTS.gradient_flow},
            {"optimizer": ["adam", "sgd"]},
            "other optimiser",
            Conclusion.UNDECIDED,
        ),
    ],
)
def test_cures(table, grid, remedy, verdict):
    tables = planted.study(["relu"], outcome=flow_after(table), **grid)
    claim = claims.vanishing_is_cured({"s": tables})
    assert (claim.number, claim.verdict) == (7, verdict)
    assert set(claim.evidence.get("remedy", [])) == ({remedy} if remedy else set())


def test_an_optimiser_cures_nothing_before_training():
    def outcome(row):
        return {**flow_after({})(row), "gradient_flow_start": 0.01 * (1 + 0.1 * noise(row))}

    tables = planted.study(["relu"], outcome=outcome, optimizer=["adam", "sgd"])
    assert claims.vanishing_is_cured({"s": tables}).evidence.empty


def test_another_activation_may_or_may_not_cure():
    vanished = {("relu", "adam", 1): 0.01, ("sigmoid", "adam", 1): 0.02}
    tables = planted.study(THREE, outcome=flow_after(vanished))
    claim = claims.vanishing_is_cured({"s": tables})
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
    assert claim.conditions[0] == "holds in 1 of 3 cases: tanh"


def test_conditions_name_the_remedy_first():
    vanished = {("relu", "adam", depth): 0.01 for depth in (1, 2)} | {("relu", "sgd", 1): 0.01}
    tables = planted.study(
        ["relu"], outcome=flow_after(vanished), depth=[1, 2], optimizer=["adam", "sgd"]
    )
    conditions = claims.vanishing_is_cured({"s": tables}).conditions
    # Depth and optimiser alone would separate the outcomes, too.
    assert conditions == (
        "holds in 2 of 5 cases: deeper model, depth 2, optimizer sgd; other optimiser, depth 2",
        "contradicted in 3 of 5 cases: deeper model, depth 2, optimizer adam; other optimiser, "
        "depth 1",
    )


def everything(row: dict) -> dict:
    """Plant support for every claim about pairs."""
    name = row["activation"]
    rates = {"sigmoid": 0.3, "tanh": 0.5, "relu": 0.9, "linear": 0.3}
    planted_here = speed(rates, {**BRISK, "tanh": 0.85, "linear": 1})(row)
    planted_here |= error({**BEST, "linear": 130})(row)
    return planted_here | {"val_elbo": -{**BEST, "linear": 130}[name] + noise(row)}


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda claim: f"claim {claim.number}")
@pytest.mark.parametrize(
    "studies",
    [
        {},
        {"s": planted.study(["elu"])},
        {"s": planted.study(["sigmoid", "relu"])},
        {"s": planted.study([*THREE, "linear"], seeds=1, outcome=everything, depth=[1, 2])},
        {"s": planted.study(THREE, outcome=lambda row: {"status": "diverged"}, depth=[1, 2])},
    ],
    ids=["nothing", "one activation", "no tanh", "one seed", "all diverged"],
)
def test_without_evidence_every_claim_is_undecided(claim, studies):
    found = claim(studies)
    assert found.verdict == Conclusion.UNDECIDED
    assert len(found.conditions) == 1
    assert "open" in found.conditions[0] or "no study" in found.conditions[0]


@pytest.mark.parametrize("claim", claims.CLAIMS[:3], ids=lambda claim: f"claim {claim.number}")
@pytest.mark.parametrize(("seeds", "decided"), [(5, False), (9, True)])
def test_five_seeds_cannot_decide_and_nine_can(claim, seeds, decided):
    found = claim({"s": planted.study(THREE, seeds=seeds, outcome=everything)})
    assert (found.evidence["outcome"] != Outcome.OPEN).any() == decided
    assert found.evidence["needed"].notna().any() != decided


def test_open_settings_do_not_prevent_a_conclusion():
    decided = planted.study(THREE, outcome=error(BEST))
    too_few = planted.study(THREE, seeds=3, outcome=error(SECOND))
    claim = claims.reconstructs_best({"many": decided, "few": too_few})
    assert claim.verdict == Conclusion.SUPPORTED
    assert claim.conditions == ("holds in 1 of 2 cases", "open in 1 of 2 cases")


def test_a_claim_about_two_others_must_hold_against_both():
    levels = {"sigmoid": 120, "tanh": 105, "relu": 100}

    def outcome(row):
        spread = 12 if row["activation"] == "tanh" else 1
        return {"val_reconstruction": falling(levels[row["activation"]] + spread * noise(row))}

    claim = claims.reconstructs_best({"s": planted.study(THREE, outcome=outcome)})
    assert list(claim.evidence["outcome"]) == [Outcome.HOLDS, Outcome.OPEN]
    assert claim.verdict == Conclusion.UNDECIDED


def test_the_seven_claims_are_numbered_and_say_what_counts():
    found = [claim({}) for claim in claims.CLAIMS]
    assert [claim.number for claim in found] == list(range(1, 8))
    assert all("contradict" in claim.support for claim in found)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found[0].verdict = Conclusion.SUPPORTED


def test_conditions_name_no_more_keys_than_they_need():
    levels = {("elu", 1e-3): 100, ("elu", 3e-3): 100, ("relu", 1e-3): 100, ("relu", 3e-3): 120}

    def outcome(row):
        level = levels.get((row["activation"], row["learning_rate"]), 110)
        return {"val_elbo": -level + noise(row), "elbo": math.nan}

    tables = planted.study(["linear", "relu", "elu"], outcome=outcome, learning_rate=[1e-3, 3e-3])
    assert claims.linear_learns_less({"s": tables}).conditions == (
        "holds in 3 of 4 cases: elu; relu, learning rate 0.001",
        "contradicted in 1 of 4 cases: relu, learning rate 0.003",
    )


def test_the_claims_need_no_tensorflow():
    heavy = {"keras", "tensorflow", "scikit_posthocs"}
    modules = "vaelib.analysis.claims.claims, vaelib.reporting.plots.forest"
    code = f"import sys, {modules}; print({heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
