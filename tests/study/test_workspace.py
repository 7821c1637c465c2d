"""The folder of a study: lock, attempts, and what is finished."""

import json
from pathlib import Path

import pandas as pd
import pytest

from vaelib import StudyError
from vaelib.results import files
from vaelib.study import workspace
from vaelib.study.notebook import PRINTED, SETTINGS
from vaelib.study.workspace import Workspace


@pytest.fixture
def place(tmp_path) -> Workspace:
    made = Workspace(tmp_path, "tiny")
    made.create()
    return made


def finish(folder, *models) -> Path:
    folder.mkdir(parents=True)
    files.write(folder, {"runs": pd.DataFrame({"model": models})})
    workspace.seal(folder)
    return folder


def test_the_report_is_the_studys_and_runs_are_shared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Workspace("reports", "tiny")
    assert made.folder == tmp_path / "reports" / "tiny"
    assert made.runs == tmp_path / "reports" / "runs" == Workspace("reports", "other").runs
    assert not made.folder.exists()
    made.create()
    made.create()  # a second call goes on in it
    assert list(made.folder.iterdir()) == list(made.runs.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_refused_in_one_line(tmp_path):
    (tmp_path / "tiny").write_text("here already")
    with pytest.raises(StudyError, match="^reports: cannot write '.*tiny': .*; allowed: "):
        Workspace(tmp_path, "tiny").create()


def test_one_call_at_a_time_has_the_lock(place, tmp_path):
    with place.lock():
        with pytest.raises(StudyError, match="in use by another run"), place.lock():
            pass
        other = Workspace(tmp_path, "other")
        other.create()
        with other.lock():
            pass
    with place.lock():
        pass


def test_models_are_found_in_the_runs_that_hold_them(place):
    one = finish(place.run_folder("digits-relu-0"), "a", "b")
    other = finish(place.run_folder("digits-relu-1"), "c")
    place.run_folder("digits-relu-2").mkdir()  # without results
    found, damaged = place.find(["c", "a", "d"])
    assert found == {"a": one, "c": other}
    assert damaged == {}, "what may be another study's is not this one's to name"
    assert place.find([])[0] == {}


def test_an_attempt_is_published_whole_and_deleted_otherwise(place):
    run = place.run_folder("digits-relu-0")
    with pytest.raises(KeyboardInterrupt), workspace.attempt(place.folder):
        raise KeyboardInterrupt
    assert list(place.folder.iterdir()) == []
    run.mkdir()  # damaged
    with workspace.attempt(place.folder) as first, workspace.attempt(place.folder) as second:
        assert first != second
        assert first.parent == second.parent == place.folder
        for attempt in (first, second):
            files.write(attempt, {"runs": pd.DataFrame({"model": ["one"]})})
            (attempt / f"first-{attempt == first}").touch()
            workspace.seal(attempt)
            workspace.publish(attempt, run)
            assert attempt.exists() == (attempt == second), "moved at once, where it is the first"
    assert list(place.runs.iterdir()) == [run]
    assert (run / "first-True").exists(), "a finished run may be in use by another study"


@pytest.mark.parametrize(("models", "kept"), [(["a", "b"], True), (["other", "b"], False)])
def test_a_finished_run_stays_unless_it_has_other_models(place, models, kept):
    """As where pictures were changed while a study ran, and brought back after it."""
    run = finish(place.run_folder("own"), *models)
    (run / "mark").touch()
    with workspace.attempt(place.folder) as attempt:
        attempt.rmdir()
        workspace.publish(finish(attempt, "a", "b"), run)
    assert (run / "mark").exists() == kept
    assert workspace.models_of(run) == ["a", "b"]


def test_only_attempts_of_this_study_are_deleted(place, tmp_path):
    run = finish(place.run_folder("digits-relu-0"), "a")
    other = Workspace(tmp_path, "other")
    other.create()
    for one in (place, other):
        (one.folder / f"{workspace.ATTEMPT}of-a-killed-call").mkdir()
        (one.folder / SETTINGS / "keras").mkdir(parents=True)
        (one.folder / "summary.csv.partial").write_text("half")
        (one.folder / "summary.csv").write_text("whole")
    place.delete_attempts()
    assert [path.name for path in place.folder.iterdir()] == ["summary.csv"]
    assert len(list(other.folder.iterdir())) == 4
    assert list(place.runs.iterdir()) == [run]


def emptied(path):
    path.write_bytes(b"")


def truncated(path):
    path.write_bytes(path.read_bytes()[:-3])


def edited(path):
    path.write_bytes(path.read_bytes().replace(b"0", b"1"))


@pytest.mark.parametrize("damage", [emptied, truncated, edited, lambda path: path.unlink()])
@pytest.mark.parametrize("name", ["runs.csv", "model.keras", workspace.MANIFEST])
def test_a_damaged_run_is_missing_and_its_files_are_named(place, damage, name):
    run = place.run_folder("digits-relu-0")
    run.mkdir(parents=True)
    files.write(run, {"runs": pd.DataFrame({"model": ["0a"]})})
    (run / "model.keras").write_bytes(b"00000000")
    workspace.seal(run)
    (run / "01_train.ipynb").write_text("may be opened and saved")
    assert place.find(["0a"]) == ({"0a": run}, {})
    place.forget(run)
    damage(run / name)
    found, damaged = place.find(["0a"])
    assert found == {}
    assert damaged == {run: [name]} or (name == workspace.MANIFEST and damage is edited)
    finish(place.run_folder("digits-relu-1"), "0a")
    assert place.find(["0a"])[1] == {}, "it is not needed any more"


@pytest.mark.parametrize(
    "manifest",
    [
        "[]",
        "{}",
        '{"models": ["0a"]}',
        '{"models": ["0a"], "files": {}}',
        '{"models": ["0a"], "files": []}',
        '{"models": ["other"], "files": OWN}',
        '{"files": OWN}',
    ],
)
def test_a_manifest_of_another_version_makes_no_run_finished(place, manifest):
    run = finish(place.run_folder("digits-relu-0"), "0a")
    own = json.loads((run / workspace.MANIFEST).read_text())["files"]
    (run / workspace.MANIFEST).write_text(manifest.replace("OWN", json.dumps(own)))
    assert not workspace.is_finished(run)
    found, damaged = place.find(["0a"])
    assert found == {}
    assert damaged == {run: [workspace.MANIFEST]} or "other" in manifest


def test_a_run_whose_tables_are_gone_is_not_finished(place):
    run = finish(place.run_folder("digits-relu-0"), "0a")
    (run / "runs.csv").unlink()
    (run / workspace.MANIFEST).write_text('{"models": ["0a"], "files": {}}')
    assert place.find(["0a"]) == ({}, {run: [workspace.MANIFEST]})


def test_models_that_attempts_have_trained_are_counted_by_what_they_print(tmp_path):
    made = Workspace(tmp_path, "study")
    made.create()
    assert made.trained_now() == 0
    for name, lines in (("a", 2), ("b", 1)):
        printed = made.folder / f"{workspace.ATTEMPT}{name}" / SETTINGS / PRINTED
        printed.parent.mkdir(parents=True)
        line = "relu, seed 1: finished after 4 epochs, ELBO -1.00 nats on validation, nan on test"
        printed.write_text("5,000 images\n" + f"{line}\n" * lines + line[:15])
    assert made.trained_now() == 3
