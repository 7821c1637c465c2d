"""A run of the training notebook: whole in its folder, or not there at all."""

import pytest

from vaelib import RunError
from vaelib.study import worker, workspace

# Stands in for training: writes the table that marks a finished run.
FINISH = "from pathlib import Path; Path(output, 'runs.csv').write_text('model\\n' + text)"


@pytest.fixture
def train(write_notebook, tmp_path, monkeypatch):
    """Run a notebook of this source in the place of the training notebook."""
    monkeypatch.setattr(worker, "NOTEBOOKS", tmp_path)

    def call(source: str, folder, **parameters) -> None:
        write_notebook("01_train.ipynb", source)
        worker.train_block(str(folder), str(tmp_path / "attempts"), parameters)

    return call


def test_a_notebook_that_writes_no_results_is_not_finished(train, tmp_path):
    run = tmp_path / "runs" / "relu-0"
    with pytest.raises(RunError, match="without writing its results"):
        train("pass", run)
    assert list((tmp_path / "attempts").iterdir()) == [], "nothing is left"
    assert not run.exists()


def test_a_finished_run_replaces_what_was_there(train, tmp_path):
    run = tmp_path / "runs" / "relu-0"
    run.mkdir(parents=True)
    (run / "outdated").touch()
    train(FINISH, run, text="new")
    assert workspace.is_finished(run)
    assert workspace.models_of(run) == ["new"]
    assert {path.name for path in run.iterdir()} == {"runs.csv", "01_train.ipynb", "manifest.json"}
    assert list(run.parent.iterdir()) == [run]
    assert list((tmp_path / "attempts").iterdir()) == []


def test_a_failed_attempt_leaves_a_finished_run_alone(train, tmp_path):
    run = tmp_path / "runs" / "relu-0"
    train(FINISH, run, text="first")
    with pytest.raises(RunError, match="ValueError: not now"):
        train(f"{FINISH}; raise ValueError('not now')", run, text="second")
    assert workspace.models_of(run) == ["first"]
    assert list(run.parent.iterdir()) == [run]
    assert list((tmp_path / "attempts").iterdir()) == []


def test_the_time_limit_and_the_gpu_are_for_the_process_and_no_parameters(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(worker, "run_notebook", lambda *arguments: given.extend(arguments))
    parameters = {"activation": "relu", "time_limit": 7.0, "gpu": "3"}
    with pytest.raises(RunError, match="without writing its results"):
        worker.train_block(str(tmp_path / "run"), str(tmp_path / "attempts"), parameters)
    _, _, notebook_parameters, *limits = given
    assert limits == [7.0, "3"]
    assert set(notebook_parameters) == {"activation", "output"}
