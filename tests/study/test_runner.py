"""Studies from images to page: what is trained, what failed, what is killed."""

import concurrent.futures
import fcntl
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from vaelib import RunError, Study, StudyError, load_images, run_study
from vaelib.results import files
from vaelib.study import runner, worker, workspace


def make_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_a_second_call_in_the_same_folder_is_refused(tmp_path, tiny):
    (tmp_path / "tiny").mkdir()
    with open(tmp_path / "tiny" / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StudyError, match="in use by another run"):
            run_study(tiny, tmp_path)


def test_when_every_run_fails_the_page_names_the_causes_and_no_earlier_result(
    tmp_path, tiny, monkeypatch
):
    def fail(folder, parameters):
        raise RunError(f"{parameters['activation']} is <out>")

    folder = make_folder(tmp_path / "tiny")
    (folder / files.SUMMARY).write_text("of an earlier report")
    monkeypatch.setattr(worker, "train_activation", fail)
    with pytest.raises(RunError, match="relu: relu is <out>; tanh: tanh is <out>"):
        run_study(tiny, tmp_path, progress=False)
    table = files.read_csv(folder / files.FAILURES)
    assert table.to_dict("list") == {
        "dataset": ["digits", "digits"],
        "activation": ["relu", "tanh"],
        "reason": ["relu is <out>", "tanh is <out>"],
    }
    page = (folder / files.PAGE).read_text()
    assert "<b>relu</b> failed on digits and is missing here: relu is &lt;out&gt;" in page
    assert not (folder / files.SUMMARY).exists()


def running_notebooks(process: subprocess.Popen) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children()
    return [child for child in children if "vaelib.study.notebook" in child.cmdline()]


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
    assert all(place.name.startswith(workspace.ATTEMPT) for place in left)


def test_a_killed_run_is_named_and_only_that_one_is_repeated(tmp_path, tiny):
    """Kill one of two running notebooks, then call again, on a dask cluster."""
    from dask.distributed import Client

    process = start(tiny, tmp_path)
    (tmp_path / "tiny" / "runs" / f"{workspace.ATTEMPT}of-an-earlier-call").mkdir()
    running_notebooks(process)[0].kill()
    out, err = process.communicate(timeout=240)
    assert process.returncode == 1, err
    assert "killed by SIGKILL" in out
    folder = tmp_path / "tiny"
    (killed,) = files.read_csv(folder / files.FAILURES)["activation"]
    page = (folder / files.PAGE).read_text()
    assert f"<b>{killed}</b> failed on digits and is missing here: killed by SIGKILL" in page
    (finished,) = (p for p in (folder / "runs").iterdir() if workspace.is_finished(p))
    assert not finished.name.startswith(f"digits-{killed}-")
    assert finished.name.startswith("digits-")
    before = (finished / "runs.csv").stat().st_mtime_ns

    with Client(processes=False, n_workers=1, dashboard_address=None) as client:
        page = run_study(tiny, tmp_path, executor=client.get_executor(), progress=False)
    assert (finished / "runs.csv").stat().st_mtime_ns == before
    assert len(list((folder / "runs").iterdir())) == 2, "attempts of dead calls are cleared"
    assert "No run failed or diverged." in page.read_text()
    assert sorted(files.read(folder)["runs"]["activation"]) == ["relu", "tanh"]
    assert files.read_csv(folder / files.FAILURES).empty


def test_a_damaged_run_is_named_and_trained_again(tmp_path, tiny, capsys, monkeypatch):
    trained = []

    def train(folder, parameters):
        trained.append(parameters["activation"])
        raise RunError("not now")

    monkeypatch.setattr(worker, "train_activation", train)
    monkeypatch.setattr(runner.report, "build", lambda *_: "page")
    for task in runner.tasks.of_study(tiny, {"digits": load_images("digits")}):
        run = make_folder(tmp_path / "tiny" / "runs" / task.run_name)
        files.write(run, {"runs": pd.DataFrame({"seed": [0], "status": ["finished"]})})
        workspace.seal(run)
    (run / "runs.csv").write_text("")
    with pytest.raises(RunError, match="1 of 2 runs failed"):
        run_study(tiny, tmp_path)
    assert trained == [task.activation]
    line = f"{task.label}: runs.csv damaged or missing, trained again\n"
    assert line in capsys.readouterr().out


def test_changed_settings_rerun_just_what_they_change(tmp_path, tiny, monkeypatch):
    trained = []

    def train(folder, parameters):
        trained.append((parameters["activation"], parameters["epochs"]))
        raise RunError("not now")

    monkeypatch.setattr(worker, "train_activation", train)
    monkeypatch.setattr(runner.report, "build", lambda *_: "page")
    done = tmp_path / "tiny" / "runs"
    images = load_images("digits")
    place = done / f"digits-relu-{tiny.identity('relu', images.fingerprint)}"
    files.write(make_folder(place), dict.fromkeys(files.FILES, pd.DataFrame({"seed": [0]})))
    workspace.seal(place)
    for change in ({}, {"target_loss": 3.0}, {"epochs": 2}):
        study = Study.create(**{**tiny.model_dump(), **change})
        with pytest.raises(RunError):
            run_study(study, tmp_path, progress=False)
    assert trained == [("tanh", 1), ("tanh", 1), ("relu", 2), ("tanh", 2)]


@pytest.fixture
def trained(monkeypatch) -> list[tuple[str, str, int]]:
    """Train nothing and report nothing; note data set, activation and place of each run."""
    noted = []

    def train(folder, parameters):
        name = Path(parameters["dataset"]).stem
        noted.append((name, parameters["activation"], Path(folder)))
        if (name, parameters["activation"]) == ("many", "tanh"):
            raise RunError("not now")
        runs = {"status": "finished", "point": [0, 1], "elbo": [-7.0, np.nan], "seconds": 1.5}
        files.write(make_folder(Path(folder)), {"runs": pd.DataFrame(runs)})
        workspace.seal(Path(folder))

    monkeypatch.setattr(worker, "train_activation", train)
    monkeypatch.setattr(runner.report, "build", lambda *_: "page")
    return noted


def test_the_longest_runs_start_first(tmp_path, several, trained):
    """By pixels: the large images, though they are fewer and come second."""
    with (
        concurrent.futures.ThreadPoolExecutor(max_workers=1) as one,
        pytest.raises(RunError),
    ):
        run_study(several, tmp_path, executor=one, progress=False)
    assert [run[:2] for run in trained] == [
        ("large", "relu"),
        ("large", "tanh"),
        ("many", "relu"),
        ("many", "tanh"),
    ]


def test_several_data_sets_are_trained_and_named(tmp_path, several, trained, capsys):
    with pytest.raises(RunError, match="1 of 4 runs failed .*: many tanh: not now"):
        run_study(several, tmp_path)
    lines = sorted(" ".join(line.split()) for line in capsys.readouterr().out.splitlines())
    headline = "test ELBO -7.00 nats, 3.0 s training, 2 models"
    assert lines == [
        f"large relu {headline}",
        f"large tanh {headline}",
        f"many relu {headline}",
        "many tanh FAILED: not now",
    ]
    assert len({place for *_, place in trained}) == 4
    failed = files.read_csv(tmp_path / "tiny" / files.FAILURES)
    assert failed.to_dict("list") == {
        "dataset": ["many"],
        "activation": ["tanh"],
        "reason": ["not now"],
    }


def test_the_report_gets_what_finished_in_the_studys_order(tmp_path, several, trained, monkeypatch):
    got = []
    monkeypatch.setattr(runner.report, "build", lambda *arguments: got.extend(arguments))
    with pytest.raises(RunError):
        run_study(several, tmp_path, progress=False)
    _, images, finished, folder = got
    assert [(name, split.name) for name, split in images.items()] == [
        ("many", "many"),
        ("large", "large"),
    ]
    places = {run[:2]: place for *run, place in trained for run in [tuple(run)]}
    order = [("many", "relu"), ("large", "relu"), ("large", "tanh")]
    assert finished == [places[run] for run in order]
    assert folder == tmp_path / "tiny"


def test_one_data_set_is_not_named_on_every_line(tmp_path, tiny, trained, capsys):
    run_study(tiny, tmp_path)
    starts = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert starts == {"relu", "tanh"}


def test_equal_images_under_another_name_are_runs_of_their_own(tmp_path, several, trained):
    """The tables name the data set, so that a copy cannot replace the original."""
    shutil.copy(tmp_path / "large.npz", tmp_path / "copy.npz")
    dataset = [str(tmp_path / f"{name}.npz") for name in ("large", "copy")]
    run_study(Study.create(**{**several.model_dump(), "dataset": dataset}), tmp_path)
    assert len({place for *_, place in trained}) == 4


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([40, 60], "train_size: 60 is too many; allowed: 1 to 44 for .*large.npz$"),
        ([90, 40], "train_size: 90 is too many; allowed: 1 to 44 for .*large.npz$"),
        ([44, None], "train_size: 44 are all of .*large.npz, for which null is there too"),
    ],
)
def test_impossible_sizes_are_refused_before_anything_runs(
    tmp_path, several, trained, sizes, message
):
    study = Study.create(**{**several.model_dump(), "train_size": sizes})
    with pytest.raises(StudyError, match=message) as error:
        run_study(study, tmp_path / "reports", progress=False)
    assert "\n" not in str(error.value)
    assert trained == []
    assert not (tmp_path / "reports").exists()
