"""The folder of a study: lock, attempts, and what is finished."""

import pandas as pd
import pytest

from vaelib import StudyError
from vaelib.results import files
from vaelib.study import workspace
from vaelib.study.tasks import Task
from vaelib.study.workspace import Workspace


@pytest.fixture
def place(tmp_path) -> Workspace:
    made = Workspace(tmp_path, "tiny")
    made.create()
    return made


@pytest.fixture
def tasks() -> list[Task]:
    return [Task("digits", name, name, "0" * 12, {}, 1) for name in ("relu", "tanh", "elu")]


def finish(folder) -> None:
    folder.mkdir(parents=True)
    files.write(folder, {"runs": pd.DataFrame({"seed": [0]})})
    workspace.seal(folder)


def test_everything_is_in_the_folder_of_the_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Workspace("reports", "tiny")
    assert made.folder == tmp_path / "reports" / "tiny"
    assert made.runs == made.folder / "runs"
    assert not made.folder.exists()
    made.create()
    made.create()  # a second call goes on in it
    assert list(made.folder.iterdir()) == [made.runs]


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


def test_runs_are_missing_until_their_table_is_there(place, tasks):
    assert place.missing(tasks) == tasks
    assert place.finished(tasks) == []
    finish(place.run_folder(tasks[1]))
    place.run_folder(tasks[2]).mkdir()  # without results
    assert place.missing(tasks) == [tasks[0], tasks[2]]
    assert place.finished(tasks) == [place.run_folder(tasks[1])]
    assert place.run_folder(tasks[1]) == place.runs / "digits-tanh-000000000000"


def test_an_attempt_is_published_whole_and_deleted_otherwise(place, tasks):
    run = place.run_folder(tasks[0])
    with pytest.raises(KeyboardInterrupt), workspace.attempt(run):
        raise KeyboardInterrupt
    assert list(place.runs.iterdir()) == []
    with workspace.attempt(run) as first, workspace.attempt(run) as second:
        assert first != second
        assert first.parent == second.parent == place.runs
        (first / "one").touch()
        (second / "two").touch()
        workspace.publish(first, run)
        workspace.publish(second, run)
    assert list(place.runs.iterdir()) == [run]
    assert [path.name for path in run.iterdir()] == ["two"]


def test_only_attempts_are_deleted(place, tasks):
    finish(place.run_folder(tasks[0]))
    (place.runs / f"{workspace.ATTEMPT}of-a-killed-call").mkdir()
    place.delete_attempts()
    assert list(place.runs.iterdir()) == [place.run_folder(tasks[0])]


def emptied(path):
    path.write_bytes(b"")


def truncated(path):
    path.write_bytes(path.read_bytes()[:-3])


def edited(path):
    path.write_bytes(path.read_bytes().replace(b"0", b"1"))


@pytest.mark.parametrize("damage", [emptied, truncated, edited, lambda path: path.unlink()])
@pytest.mark.parametrize("name", ["runs.csv", "model.keras", workspace.MANIFEST])
def test_a_damaged_run_is_missing_and_its_files_are_named(place, tasks, damage, name):
    run = place.run_folder(tasks[0])
    run.mkdir(parents=True)
    files.write(run, {"runs": pd.DataFrame({"seed": [0]})})
    (run / "model.keras").write_bytes(b"00000000")
    workspace.seal(run)
    (run / "01_train.ipynb").write_text("may be opened and saved")
    assert place.finished(tasks) == [run]
    damage(run / name)
    assert place.finished(tasks) == []
    assert place.missing(tasks) == tasks
    (names,) = place.damaged(tasks).values()
    if name != workspace.MANIFEST or damage is not edited:
        assert names == [name]
