"""Judged pairs: those of the studies, those of effects, and those of the benchmark."""

import numpy as np
import pandas as pd
import planted
import pytest
from planted import measured, noise

from vaelib.analysis.claims import evidence
from vaelib.analysis.claims.effects import PairedDifferences
from vaelib.analysis.claims.evidence import Compared, Judged, Outcome, Timed
from vaelib.analysis.claims.measurements import SETTING
from vaelib.analysis.claims.pairs import each_against, fixed_pairs
from vaelib.analysis.verdicts import Verdict

BOTH = fixed_pairs(("relu", "tanh"))


def constant(value: float, observed=None):
    """Return an effect of this size, with a little spread, for every pair."""

    def effect(case, pairs):
        spread = 0.01 * np.arange(9)
        differences = dict.fromkeys(pairs, value + spread)
        return PairedDifferences("planted", differences, 0.5, observed)

    return effect


@pytest.mark.parametrize(
    ("difference", "verdict", "outcome"),
    [
        (-2, Verdict.BETTER, Outcome.HOLDS),
        (2, Verdict.WORSE, Outcome.CONTRADICTED),
        (0, Verdict.TIED, Outcome.CONTRADICTED),
        (-0.54, Verdict.BETTER, Outcome.HOLDS),  # at the edge of the margin
        (-0.04, Verdict.TIED, Outcome.CONTRADICTED),
    ],
)
def test_every_setting_with_both_is_judged(difference, verdict, outcome):
    found = measured(
        planted.study(["relu", "tanh"], depth=[1, 2]), planted.study(["relu", "elu"], depth=[3])
    )
    rows = Compared(constant(difference), BOTH)(found)
    assert list(rows["depth"]) == [1, 2]
    assert set(rows["verdict"]) == {verdict}
    assert set(rows["outcome"]) == {outcome}
    assert (set(rows["margin"]), set(rows["measure"])) == ({0.5}, {"planted"})


def test_what_was_not_observed_is_open():
    pairs = fixed_pairs(("relu", "tanh"), ("relu", "elu"))
    found = measured(planted.study(["relu", "tanh", "elu"]))
    rows = Compared(constant(2, [True, False]), pairs)(found)
    assert list(rows["outcome"]) == [Outcome.CONTRADICTED, Outcome.OPEN]


def test_an_effect_gets_the_models_of_its_setting():
    seen = []

    def effect(case, pairs):
        seen.append((len(case.runs), set(case.runs["depth"]), len(case.history)))
        return constant(1)(case, pairs)

    tables = planted.study(["relu", "tanh"], seeds=2, depth=[1, 2])
    Compared(effect, BOTH)(measured(tables, tables))
    assert seen == [(4, {1}, 4 * 20), (4, {2}, 4 * 20)]


def test_a_metric_has_the_verdicts_of_the_studies():
    def outcome(row):
        return {"elbo": {"relu": -100, "tanh": -110}[row["activation"]] + noise(row)}

    tables = planted.study(["relu", "tanh"], outcome=outcome)
    rows = Judged(["elbo"], BOTH)(measured(tables))
    own = tables["verdicts"].query("metric == 'elbo'").iloc[0]
    assert rows.loc[0, ["a", "b", "outcome"]].to_list() == ["relu", "tanh", Outcome.HOLDS]
    same = ["n", "difference", "low", "high", "verdict", "margin"]
    assert rows.loc[0, same].to_list() == own[same].to_list()
    swapped = Judged(["elbo"], fixed_pairs(("tanh", "relu")), column_of_first="c")(measured(tables))
    assert swapped.loc[0, ["c", "outcome"]].to_list() == ["tanh", Outcome.CONTRADICTED]
    assert swapped.loc[0, ["difference", "low", "high"]].to_list() == [
        -own["difference"],
        -own["high"],
        -own["low"],
    ]
    assert swapped.loc[0, list(SETTING)].to_list() == list(
        measured(tables).cases[0].setting.values()
    )


def test_a_claim_may_be_about_one_network():
    tables = planted.study(["relu", "tanh"], latent_dim=[30])
    assert len(Judged(["mse", "elbo"], BOTH, network="128-64-32-30")(measured(tables))) == 2
    assert Judged(["mse", "elbo"], BOTH, network="128-64-32-16")(measured(tables)).empty


def test_the_same_pair_of_models_is_one_case():
    """The matched initialiser of tanh and sigmoid is that of Keras, as their starts show."""

    def outcome(row):
        return {"initializer": row["initializer"]}

    tables = planted.study(
        ["relu", "tanh", "sigmoid"], outcome=outcome, initializer=["keras", "matched"]
    )
    runs = tables["runs"]
    same = runs["activation"] != "relu"
    tables["runs"] = runs.assign(
        start=runs["start"].where(~same, runs["start"].str.replace("matched", "keras"))
    )
    rows = Judged(["elbo"], each_against("tanh"))(measured(tables))
    assert rows[["a", "initializer"]].to_numpy().tolist() == [
        ["relu", "keras"],
        ["sigmoid", "keras"],
        ["relu", "matched"],
    ]
    assert len(Compared(constant(1), each_against("tanh"))(measured(tables))) == 3


def test_times_are_compared_by_round():
    times = {
        "relu": np.array([10.0, 20, 30, 40, 50, 60]),
        "tanh": np.array([5.0, 10, 15, 20, 25, 30]),
    }
    rows = Timed(BOTH)(measured(times=times))
    assert rows.loc[0, "difference"] == pytest.approx(np.log(2))
    assert rows.loc[0, ["n", "outcome"]].to_list() == [6, Outcome.CONTRADICTED]
    assert rows.loc[0, "margin"] == pytest.approx(np.log(1.1))


@pytest.mark.parametrize(
    "collect", [Judged(["elbo"], BOTH), Compared(constant(1), BOTH), Timed(BOTH)]
)
def test_without_pairs_there_are_no_rows(collect):
    for found in (measured(), measured(planted.study(["elu"]))):
        rows = collect(found)
        assert isinstance(rows, pd.DataFrame)
        assert rows.empty
        assert "outcome" in rows


def test_every_verdict_has_an_outcome():
    assert set(evidence._OUTCOMES) == set(Verdict)
