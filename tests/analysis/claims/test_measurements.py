"""From the tables of studies to settings, each model once."""

import json
import math

import numpy as np
import pandas as pd
import planted
import pytest
from planted import measured

from vaelib.analysis.claims import measurements
from vaelib.analysis.claims.measurements import ANY, SETTING, USUAL
from vaelib.analysis.comparisons import OWN
from vaelib.results import files

STUDY = {
    "activations": ["relu", "none"],
    "seeds": [0, 1],
    "design": "full",
    "tune": None,
    "margin": 0.01,
    "margins": {},
    "target_loss": None,
}


def write(folder, tables, **study):
    folder.mkdir(parents=True)
    for name, table in tables.items():
        if name == "verdicts":
            files.write_csv(folder / files.VERDICTS, table)
        else:
            files.write_table(folder, name, table)
    (folder / files.FACTS).write_text(json.dumps({"study": STUDY | study}))


def test_studies_are_read_and_old_tables_are_named(tmp_path):
    tables = planted.study(["relu", "none"], seeds=2)
    write(tmp_path / "new", tables)
    old = tables["runs"].drop(columns=["scored", "start"])
    write(tmp_path / "old", {**tables, "runs": old})
    write(tmp_path / "incomplete", {"runs": tables["runs"]})
    (tmp_path / "incomplete" / files.FACTS).unlink()
    (tmp_path / "empty").mkdir()
    found, skipped = measurements.read(tmp_path)
    (case,) = found.cases
    assert list(case.runs["activation"]) == ["relu", "relu", "none", "none"]
    assert len(case.history) == 4 * planted.EPOCHS
    assert set(skipped) == {"incomplete", "old"}
    assert skipped["old"] == "runs.csv lacks scored, start"
    assert skipped["incomplete"].startswith("history.parquet lacks epoch, loss, model, val_loss; ")
    assert skipped["incomplete"].endswith("there is no study.json")
    found, skipped = measurements.read(tmp_path / "nowhere")
    assert (found.cases, skipped) == ([], {})
    assert found.models.empty


def test_the_benchmark_is_read_if_it_is_there(tmp_path):
    table = pd.DataFrame({"activation": ["relu"], "round": [0], "microseconds_per_step": [5.5]})
    files.write_csv(tmp_path / "times.csv", table)
    found, _ = measurements.read(tmp_path, tmp_path / "times.csv")
    pd.testing.assert_frame_equal(found.times, table)
    assert measurements.read(tmp_path, tmp_path / "none.csv")[0].times.empty


def test_what_was_tuned_is_a_setting_of_its_own(tmp_path):
    def outcome(row):
        own = {"relu": 1e-3, "none": 1e-2}[row["activation"]]
        return {"scored": row["learning_rate"] == own}

    tables = planted.study(["relu", "none"], 2, outcome, learning_rate=[1e-3, 1e-2])
    tables["verdicts"] = tables["verdicts"].query("comparison == 0")
    write(tmp_path / "tuned", tables, tune={"learning_rate": [1e-3, 1e-2]})
    found, _ = measurements.read(tmp_path)
    (case,) = found.cases
    assert case.setting["learning_rate"] == OWN
    assert case.runs.groupby("activation")["seed"].count().to_dict() == {"relu": 2, "none": 2}


def test_a_model_of_two_studies_is_one_model():
    small, large = (planted.study(["relu", "tanh"], seeds) for seeds in (2, 9))
    found = measured(small, large)
    (case,) = found.cases
    assert len(case.runs) == len(found.models) == 18
    assert len(case.history) == 18 * planted.EPOCHS
    assert set(case.pairs["n"]) == {9}, "the verdict with the most replicates counts"
    # What a study without a race decided counts before what a race did.
    raced = {**large, "verdicts": large["verdicts"].assign(level=1e-3, margin=7.0)}
    assert set(measured(raced, large).cases[0].pairs["margin"]) == {1.0, 5e-4}
    assert measured(raced, large).cases[0].margin == 1.0


def test_a_model_of_a_fixed_setting_is_no_second_model_where_it_was_chosen():
    fixed = planted.study(["relu", "tanh"])
    gathered = measurements.gather([(fixed, ["learning_rate"]), (fixed, [])])
    assert [case.setting["learning_rate"] for case in gathered] == [1e-3, OWN]
    assert gathered[1].repeated == {("relu", "tanh"), ("tanh", "relu")}
    assert len(measurements.Measurements(gathered).models) == 18


def test_diverged_models_and_mixed_decoders_are_left_out():
    def outcome(row):
        if row["seed"] == 0:
            return {"status": "diverged"}
        return {"decoder_activation": {1: "tanh", 2: "same", 3: "relu"}[row["seed"]]}

    found = measured(planted.study(["relu"], seeds=4, outcome=outcome)).models
    assert list(found["seed"]) == [2, 3]


def test_what_differs_in_its_outputs_is_another_setting():
    linear = planted.study(["relu"], outcome=lambda row: {"output_activation": "linear"})
    found = measured(planted.study(["relu"]), linear)
    outputs = [case.setting["output_activation"] for case in found.cases]
    assert outputs == ["sigmoid", "linear"]
    assert len(found.models) == sum(len(case.runs) for case in found.cases)


@pytest.mark.parametrize(
    ("patience", "text"),
    [(math.nan, "20 epochs"), (15.0, "to the end (patience 15, at most 20 epochs)")],
)
def test_the_length_of_training_is_part_of_a_setting(patience, text):
    tables = planted.study(["relu"], outcome=lambda row: {"patience": patience})
    (case,) = measured(tables).cases
    assert case.setting["training"] == text
    assert case.setting["network"] == "128-64-32-16"
    assert list(case.setting) == list(SETTING)


def test_a_setting_of_which_most_had_not_ended_is_not_to_the_end():
    def outcome(row):
        slow = row["learning_rate"] == 1e-3
        return {"patience": 15.0, "ended": row["seed"] > (5 if slow else 2)}

    tables = planted.study(["relu"], 9, outcome=outcome, learning_rate=[1e-3, 3e-3])
    slow, fast = measured(tables).cases
    assert slow.setting["training"] == "20 epochs, most not to the end (patience 15)"
    assert fast.setting["training"] == "to the end (patience 15, at most 20 epochs)"


def test_settings_are_named_by_what_differs_from_most():
    found = measured(planted.study(["relu"], 2, depth=[1, 2]), planted.study(["tanh"], 3))
    assert found.usual["depth"] == 1
    words = (
        "mnist5k, network 128-64-32-16, likelihood bernoulli, output activation sigmoid, dense "
        "layers, depth 1, "
    )
    assert found.usual_in_words.startswith(words)
    rows = pd.DataFrame(
        {"depth": [1, 3, 2, 2], "optimizer": ["adam", "adam", "sgd", ANY], "activation": "relu"}
    )
    names = measurements.labels(rows, found.usual)
    assert names == [USUAL, "depth 3", "depth 2, optimizer sgd", "depth 2"]
    assert measurements.labels(rows[:0], found.usual) == []
    assert (measured().usual, measured().usual_in_words) == ({}, "")


def test_pairs_are_of_equal_splits():
    found = measured(planted.study(["relu"], 2)).cases[0].runs
    assert list(found["replicate"]) == ["0 of split 0 of 4000", "1 of split 1 of 4000"]
    assert np.unique(found["trained"]).size == 2
