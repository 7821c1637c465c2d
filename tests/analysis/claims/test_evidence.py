"""From the tables of studies to settings and judged pairs."""

import math

import numpy as np
import pandas as pd
import planted
import pytest

from vaelib.analysis import verdicts
from vaelib.analysis.claims import effects, evidence
from vaelib.analysis.claims.effects import PairedDifferences
from vaelib.analysis.claims.evidence import TUNED, Outcome
from vaelib.analysis.claims.pairs import fixed_pairs
from vaelib.results import files
from vaelib.results.columns import Direction


def constant(value: float):
    """Return an effect of this size, with a little spread, for every pair."""

    def effect(runs, history, pairs):
        spread = 0.01 * np.arange(9)
        return PairedDifferences("planted", dict.fromkeys(pairs, value + spread), 0.5)

    return effect


both = fixed_pairs(("relu", "tanh"))


def write(folder, tables):
    folder.mkdir(parents=True)
    for name, table in tables.items():
        files.write_csv(folder / files.FILES[name], table)


def test_studies_are_read_and_old_tables_are_named(tmp_path):
    tables = planted.study(["relu", "none"], seeds=2)
    write(tmp_path / "new", tables)
    write(tmp_path / "old", {**tables, "runs": tables["runs"].drop(columns=["point", "val_elbo"])})
    write(tmp_path / "incomplete", {"runs": tables["runs"]})
    (tmp_path / "empty").mkdir()
    studies, skipped = evidence.read(tmp_path)
    assert list(studies) == ["new"]
    for name in ("runs", "history"):
        found = studies["new"][name]
        pd.testing.assert_frame_equal(found, tables[name], rtol=1e-6, check_dtype=False)
    assert set(skipped) == {"incomplete", "old"}
    assert skipped["old"] == "runs.csv lacks point, val_elbo"
    assert skipped["incomplete"].startswith("history.csv lacks activation, dataset, epoch, loss, ")
    assert evidence.read(tmp_path / "nowhere") == ({}, {})


def test_diverged_models_and_mixed_decoders_are_left_out():
    def outcome(row):
        if row["seed"] == 0:
            return {"status": "diverged"}
        return {"decoder_activation": {1: "tanh", 2: math.nan, 3: "relu"}[row["seed"]]}

    runs = evidence.comparable_runs({"s": planted.study(["relu"], seeds=4, outcome=outcome)})
    assert list(runs["seed"]) == [2, 3]
    assert list(runs["study"]) == ["s", "s"]


def test_each_activation_at_its_best_rate_is_one_more_setting():
    rates = [1e-4, 1e-3, 1e-2]
    best = {"relu": 1e-3, "tanh": 1e-2}

    def outcome(row):
        chosen = row["learning_rate"] == best[row["activation"]]
        tested = chosen or row["learning_rate"] == 1e-3  # the default rate, too
        score = -100.0 + chosen if tested else -98.0  # of the few that did not diverge
        return {"val_elbo": score, "elbo": -99.0 if tested else math.nan}

    tables = planted.study(best, seeds=2, outcome=outcome, learning_rate=rates)
    one_rate = planted.study(["relu"], seeds=2, outcome=outcome)
    runs = evidence.comparable_runs({"s": tables, "one": one_rate})
    tuned = runs[runs["learning_rate"] == TUNED]
    assert list(tuned["study"].unique()) == ["s"], "the other study tried one rate only"
    assert len(tuned) == 4
    points = tuned.groupby("activation")["point"].unique().map(list).to_dict()
    assert points == {"relu": [1], "tanh": [2]}
    names = [setting["learning_rate"] for setting, _ in evidence.by_setting(runs)]
    assert names == [*rates, 1e-3, TUNED]


def test_settings_are_all_but_what_is_left_out():
    tables = planted.study(["relu", "tanh"], seeds=2, depth=[1, 2], batch_norm=[True, False])
    runs = evidence.comparable_runs({"s": tables})
    found = list(evidence.by_setting(runs))
    assert [(s["depth"], s["batch_norm"]) for s, _ in found] == [
        (1, True),
        (1, False),
        (2, True),
        (2, False),
    ]
    assert [len(group) for _, group in found] == [4] * 4
    found = list(evidence.by_setting(runs, without=["depth"]))
    assert [("depth" in s, s["batch_norm"], len(g)) for s, g in found] == [
        (False, True, 8),
        (False, False, 8),
    ]


@pytest.mark.parametrize(
    ("difference", "verdict", "outcome"),
    [
        (2, verdicts.Verdict.BETTER, Outcome.HOLDS),
        (-2, verdicts.Verdict.WORSE, Outcome.CONTRADICTED),
        (0, verdicts.Verdict.TIED, Outcome.CONTRADICTED),
        (0.45, verdicts.Verdict.BETTER, Outcome.HOLDS),  # on the edge of the margin
        (-0.04, verdicts.Verdict.TIED, Outcome.CONTRADICTED),
    ],
)
def test_every_setting_with_both_is_judged(difference, verdict, outcome):
    studies = {
        "a": planted.study(["relu", "tanh"], depth=[1, 2]),
        "b": planted.study(["relu", "elu"]),
    }
    rows = evidence.judge_pairs(studies, constant(difference), Direction.HIGHER, both)
    assert list(rows["study"]) == ["a", "a"]
    assert list(rows["depth"]) == [1, 2]
    assert set(rows["verdict"]) == {verdict}
    assert set(rows["outcome"]) == {outcome}
    assert set(rows["margin"]) == {0.5}


def test_an_effect_gets_the_history_of_its_setting():
    tables = planted.study(["relu", "tanh"], seeds=2, depth=[1, 2])
    seen = []

    def effect(runs, history, pairs):
        seen.append((len(runs), set(history["point"]), len(history)))
        return constant(1)(runs, history, pairs)

    evidence.judge_pairs({"s": tables, "t": tables}, effect, Direction.HIGHER, both)
    assert seen == [(4, {0}, 4 * 20), (4, {1}, 4 * 20)] * 2


def test_without_pairs_there_are_no_rows():
    assert evidence.judge_pairs({}, effects.elbo, Direction.HIGHER, both).empty
    assert evidence.judge_pairs(
        {"s": planted.study(["elu"])}, effects.elbo, Direction.HIGHER, both
    ).empty


def test_labels_name_the_study_and_what_varies_there():
    rows = pd.DataFrame(
        {
            "study": ["rates", "rates", "deep"],
            "learning_rate": [1e-3, TUNED, 1e-3],
            "optimizer": ["adam", "sgd", "sgd"],
            "depth": [1, 1, 3],
        }
    )
    assert evidence.setting_labels(rows) == [
        "rates: learning rate 0.001, optimizer adam",
        "rates: learning rate best of each, optimizer sgd",
        "deep",
    ]
    assert evidence.setting_labels(rows[:0]) == []
