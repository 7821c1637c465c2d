"""Runs that fail, are killed or are finished already."""

import fcntl
import subprocess
import sys
import time

import nbformat
import pandas as pd
import psutil
import pytest

from vaelib import Study, StudyError, execute, results, run_study, runner


@pytest.fixture(scope="module")
def tiny() -> Study:
    return Study.create(
        name="tiny", dataset="digits", activations="relu,tanh", seeds=1, epochs=1, hidden_units=8
    )


def notebook(path, source: str) -> str:
    cells = [nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]})]
    kernel = {"name": "python3", "display_name": "Python 3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    nbformat.write(
        nbformat.v4.new_notebook(
            cells=[*cells, nbformat.v4.new_code_cell(source)], metadata=metadata
        ),
        path,
    )
    return str(path)


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise ValueError('no such thing\\nat all')", "ValueError: no such thing"),
        ("import os; os.kill(os.getpid(), 9)", "DeadKernelError: Kernel died"),
    ],
)
def test_the_cause_of_a_failed_notebook_is_one_line(tmp_path, source, cause):
    path = notebook(tmp_path / "fails.ipynb", source)
    with pytest.raises(execute.RunError) as error:
        execute.run_notebook(path, str(tmp_path / "out.ipynb"), {})
    assert str(error.value).startswith(cause)
    assert "\n" not in str(error.value)


def test_parameters_reach_the_notebook_and_one_thread_is_held(tmp_path):
    source = "import os; assert (n, os.environ['TF_NUM_INTRAOP_THREADS']) == (5, '1')"
    path = notebook(tmp_path / "works.ipynb", source)
    execute.run_notebook(path, str(tmp_path / "out.ipynb"), {"n": 5})
    assert (tmp_path / "out.ipynb").is_file()


def test_a_notebook_that_writes_no_results_is_not_finished(tmp_path, monkeypatch):
    notebook(tmp_path / "01_train.ipynb", "pass")
    monkeypatch.setattr(runner, "NOTEBOOKS", tmp_path)
    place = tmp_path / "runs" / "relu-0"
    with pytest.raises(execute.RunError, match="without writing its results"):
        runner.train_activation(str(place), {})
    assert list(place.parent.iterdir()) == [], "nothing is left"


def test_a_second_call_in_the_same_folder_is_refused(tmp_path, tiny):
    (tmp_path / "tiny").mkdir()
    with open(tmp_path / "tiny" / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StudyError, match="in use by another run"):
            run_study(tiny, tmp_path)


def test_when_every_run_fails_the_page_names_the_causes_and_no_old_answer(
    tmp_path, tiny, monkeypatch
):
    def fail(folder, parameters):
        raise execute.RunError(f"{parameters['activation']} is <out>")

    folder = make(tmp_path / "tiny")
    (folder / "summary.csv").write_text("of an earlier report")
    monkeypatch.setattr(runner, "train_activation", fail)
    with pytest.raises(execute.RunError, match="relu: relu is <out>; tanh: tanh is <out>"):
        run_study(tiny, tmp_path, progress=False)
    table = results.read_csv(folder / runner.FAILURES)
    assert table.to_dict("list") == {
        "activation": ["relu", "tanh"],
        "reason": ["relu is <out>", "tanh is <out>"],
    }
    page = (folder / "report.html").read_text()
    assert "<b>relu</b> failed and is missing here: relu is &lt;out&gt;" in page
    assert not (folder / "summary.csv").exists()


def running_notebooks(process: subprocess.Popen) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children()
    return [child for child in children if "vaelib.execute" in child.cmdline()]


def start(study: Study, folder) -> subprocess.Popen:
    """Start `make report`'s command; return it when two notebooks are running."""
    (folder / "tiny.yml").write_text(study.model_dump_json())
    process = subprocess.Popen(
        [sys.executable, "-m", "vaelib", str(folder / "tiny.yml"), "--reports", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while len(running_notebooks(process)) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return process


def test_nothing_outlives_a_killed_command_and_nothing_counts_as_finished(tmp_path, tiny):
    process = start(tiny, tmp_path)
    children = running_notebooks(process)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
    left = list((tmp_path / "tiny" / "runs").iterdir())
    assert left
    assert all(place.name.startswith(runner.ATTEMPT) for place in left)


def test_a_killed_run_is_named_and_only_that_one_is_repeated(tmp_path, tiny):
    """Kill one of two running notebooks, then call again, on a dask cluster."""
    from dask.distributed import Client

    process = start(tiny, tmp_path)
    (tmp_path / "tiny" / "runs" / f"{runner.ATTEMPT}of-an-earlier-call").mkdir()
    running_notebooks(process)[0].kill()
    out, err = process.communicate(timeout=240)
    assert process.returncode == 1, err
    assert "killed by SIGKILL" in out
    folder = tmp_path / "tiny"
    (killed,) = results.read_csv(folder / runner.FAILURES)["activation"]
    page = (folder / "report.html").read_text()
    assert f"<b>{killed}</b> failed and is missing here: killed by SIGKILL" in page
    (finished,) = (p for p in (folder / "runs").iterdir() if runner.is_finished(p))
    assert not finished.name.startswith(killed)
    before = (finished / "runs.csv").stat().st_mtime_ns

    with Client(processes=False, n_workers=1, dashboard_address=None) as client:
        page = run_study(tiny, tmp_path, executor=client.get_executor(), progress=False)
    assert (finished / "runs.csv").stat().st_mtime_ns == before
    assert len(list((folder / "runs").iterdir())) == 2, "attempts of dead calls are cleared"
    assert "No run failed or diverged." in page.read_text()
    assert sorted(results.read(folder)["runs"]["activation"]) == ["relu", "tanh"]
    assert results.read_csv(folder / runner.FAILURES).empty


def test_changed_settings_rerun_just_what_they_change(tmp_path, tiny, monkeypatch):
    trained = []

    def train(folder, parameters):
        trained.append((parameters["activation"], parameters["epochs"]))
        raise execute.RunError("not now")

    monkeypatch.setattr(runner, "train_activation", train)
    monkeypatch.setattr(runner.report, "build", lambda *_: "page")
    done = tmp_path / "tiny" / "runs"
    images = runner.load_images("digits")
    place = done / f"relu-{tiny.identity('relu', images.fingerprint)}"
    results.write(make(place), dict.fromkeys(results.FILES, pd.DataFrame({"seed": [0]})))
    for change in ({}, {"target_loss": 3.0}, {"epochs": 2}):
        study = Study.create(**{**tiny.model_dump(), **change})
        with pytest.raises(execute.RunError):
            run_study(study, tmp_path, progress=False)
    assert trained == [("tanh", 1), ("tanh", 1), ("relu", 2), ("tanh", 2)]


def make(folder):
    folder.mkdir(parents=True)
    return folder
