"""How long models will train, by hand from those that are there."""

import math

import pandas as pd
import pytest

from vaelib import Study, load_images
from vaelib.study import expectation
from vaelib.study.tasks import Planner

STUDY = Study.create(
    dataset="digits", activations="relu,tanh", seeds=2, epochs=3, patience=None, hidden_units=8
)
ALIKE = {
    "dataset": "digits",
    "train_size": 80,
    "architecture": "dense",
    "hidden_units": "8",
    "depth": 1,
    "batch_norm": False,
    "latent_dim": 16,
    "batch_size": 32,
    "most_epochs": 3,
    "patience": math.nan,
    "status": "finished",
}


def runs(*rows: tuple[str, float], **others) -> pd.DataFrame:
    return pd.DataFrame(
        [{**ALIKE, "activation": name, "seconds": seconds, **others} for name, seconds in rows]
    )


THERE = runs(("relu", 1.0), ("relu", 2.0), ("relu", 9.0), ("elu", 100.0))


@pytest.fixture
def missing(pools):
    return Planner(STUDY, pools).plan(pd.DataFrame()).models


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        # Two of relu as long as its median, two of tanh as long as that of all.
        (THERE, 2 * 2.0 + 2 * 5.5),
        (pd.concat([THERE, runs(("tanh", 3.0))]), 2 * 2.0 + 2 * 3.0),
        (pd.concat([THERE, runs(("tanh", 3.0), status="diverged")]), 2 * 2.0 + 2 * 5.5),
        (runs(("relu", 1.0), ("tanh", 1.0), most_epochs=4), math.nan),
        (runs(("relu", 1.0), ("tanh", 1.0), train_size=79), math.nan),
        (runs(("relu", 1.0), ("tanh", 1.0), patience=5), math.nan),
        (THERE.drop(columns="depth"), math.nan),
        (pd.DataFrame(), math.nan),
    ],
)
def test_a_model_takes_as_long_as_those_like_it(missing, there, expected):
    found = expectation.training_seconds(missing, {"digits": 80}, there)
    assert found == pytest.approx(expected, nan_ok=True)


def test_the_sentence_says_nothing_of_time_where_nothing_is_known(tmp_path, pools, missing):
    planner = Planner(STUDY, pools)
    assert expectation.sentence(planner, missing, tmp_path, 2) == "4 models to train."
    assert expectation.sentence(planner, [], tmp_path, 2) == "All models are there."
    for name in ("run", "damaged"):
        (tmp_path / name).mkdir()
    (tmp_path / "damaged" / "runs.csv").touch()
    runs(("relu", 30.0), ("tanh", 50.0)).to_csv(tmp_path / "run" / "runs.csv", index=False)
    assert expectation.sentence(planner, missing, tmp_path, 2) == (
        "4 models to train: about 1 minute in 2 processes, by earlier ones like them."
    )
    assert expectation.sentence(planner, missing[:1], tmp_path, 2) == (
        "1 model to train: about 30 seconds, by earlier ones like them."
    )
    on_gpu = Planner(STUDY, pools, "gpu")
    assert expectation.sentence(on_gpu, missing, tmp_path, 2) == "4 models to train."


def test_where_nothing_like_it_was_trained_published_models_tell(
    tmp_path, pools, missing, monkeypatch
):
    monkeypatch.setattr(expectation, "PUBLISHED", tmp_path / "published")
    own, published = tmp_path / "runs" / "own", tmp_path / "published" / "default"
    for folder in (own, published):
        folder.mkdir(parents=True)
    planner = Planner(STUDY, pools)
    runs(("relu", 90.0), ("tanh", 150.0)).to_csv(published / "runs.csv", index=False)
    assert expectation.sentence(planner, missing, own.parent, 2) == (
        "4 models to train: about 4 minutes in 2 processes, as published ones took."
    )
    runs(("relu", 30.0)).to_csv(own / "runs.csv", index=False)
    assert "about 1 minute in 2 processes, by earlier" in expectation.sentence(
        planner, missing, own.parent, 2
    )


def test_a_study_tells_its_time_and_downloads_nothing(tmp_path):
    assert STUDY.expected_time(tmp_path / "none") == "4 models to train."
    (tmp_path / "runs" / "one").mkdir(parents=True)
    there = runs(("relu", 30.0), ("tanh", 50.0), train_size=len(load_images("digits").train))
    there.to_csv(tmp_path / "runs" / "one" / "runs.csv", index=False)
    assert "4 models to train: about " in STUDY.expected_time(tmp_path)
    downloaded = Study.create(dataset=["digits", "mnist"])
    assert downloaded.expected_time() == "Some of its images may have to be downloaded."
    gone = str(tmp_path / "gone.npz")
    assert Study.create(dataset=gone).expected_time().startswith("Its images cannot be read: ")
