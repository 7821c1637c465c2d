"""Studies on a dask cluster: processes of their own, in folders of their own."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import dask
import numpy as np
import pandas as pd
import psutil
import pytest
from distributed import Client

from vaelib import RunError, Study, StudyError, run_study
from vaelib.__main__ import main
from vaelib.data.images import load_pool
from vaelib.results import files
from vaelib.study import cluster, cluster_worker, runner, worker, workspace
from vaelib.study.processes import run as run_process
from vaelib.study.workspace import Workspace

_DEADLINE = 240  # seconds that a process may take to start on a busy machine
_CLOSING = 60  # seconds that it may take to end by itself


class Processes:
    """A scheduler and workers, each a process in a folder of its own."""

    def __init__(self, folder: Path, **environment: str):
        self._folder, self._started = folder, []
        # The HTTP server is started even without a dashboard, and warns where 8787 is used.
        own_ports = ("--port=0", "--dashboard-address=127.0.0.1:0")
        options = (*own_ports, "--no-dashboard", "--scheduler-file=facts.json")
        facts = self._dask("scheduler", *options, **environment)
        wait_for(lambda: (facts / "facts.json").is_file() and self._address(facts))
        self.address = self._address(facts)
        self.scheduler = self._started[0]

    def worker(self, *options: str, **environment: str) -> None:
        """Start a worker of one thread; wait until the scheduler knows it."""
        with Client(self.address, set_as_default=False) as client:
            before = len(client.nthreads())
            local = ("--local-directory=own", "--nthreads=1", "--no-dashboard")
            self._dask("worker", self.address, *local, *options, **environment)
            wait_for(lambda: len(client.nthreads()) > before)

    def end(self) -> None:
        for process in reversed(self._started):
            process.terminate()
        for process in self._started:
            try:
                process.wait(timeout=_CLOSING)
            except subprocess.TimeoutExpired:  # a worker may wait for a scheduler that is gone
                process.kill()
                process.wait(timeout=_DEADLINE)

    def _address(self, folder: Path) -> str | None:
        try:
            return json.loads((folder / "facts.json").read_text())["address"]
        except ValueError:  # half written
            return None

    def _dask(self, kind: str, *arguments: str, **environment: str) -> Path:
        folder = self._folder / f"{kind}-{len(self._started)}"
        folder.mkdir()
        with open(folder / "log", "w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", kind, "--host=127.0.0.1", *arguments],
                cwd=folder,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        self._started.append(process)
        return folder


def wait_for(condition) -> None:
    deadline = time.monotonic() + _DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def processes(tmp_path_factory):
    """Processes without a worker, for a test that has them to itself."""
    started = Processes(tmp_path_factory.mktemp("cluster"))
    yield started
    started.end()


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    """Two workers, which are started again when they are killed."""
    started = Processes(tmp_path_factory.mktemp("cluster"))
    started.worker()
    started.worker()
    yield started
    started.end()


@pytest.fixture
def place(tmp_path) -> Workspace:
    found = Workspace(tmp_path / "reports", "tiny")
    found.create()
    return found


@contextlib.contextmanager
def executor_of(processes, *arguments, **options):
    with (
        cluster.connected(processes.address) as client,
        cluster.prepared(client, *arguments, **options) as used,
    ):
        yield used


def training():
    """Return a stand-in for `worker.train_block`, which workers get by value."""

    def train(folder, attempts, parameters) -> None:
        Path(folder).mkdir(parents=True)
        files.write(folder, {"runs": pd.DataFrame({"model": ["a"]})})
        Path(folder, files.RUN_MODEL).write_text(json.dumps([os.getcwd(), parameters]))
        workspace.seal(Path(folder))

    return train


def test_tables_are_those_of_a_local_run(tmp_path, tiny, two_workers, monkeypatch):
    """Images and results travel; the report, which is made of tables here, is left out."""
    monkeypatch.setattr(runner.report, "build", lambda *_: "page")
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), "uint8")
    np.savez(tmp_path / "mine.npz", x_train=images, x_test=images[:10])
    study = Study.create(**{**tiny.model_dump(), "dataset": str(tmp_path / "mine.npz")})
    run_study(study, tmp_path / "here", progress=False)
    there = {"scheduler": two_workers.address, "shared_folder": False}
    run_study(study, tmp_path / "there", progress=False, **there)
    runs = sorted((tmp_path / "here" / "runs").iterdir())
    assert len(runs) == 2
    for run in runs:
        other = tmp_path / "there" / "runs" / run.name
        tables = [files.read_csv(one / files.FILES["runs"]) for one in (run, other)]
        times = [name for name in tables[0] if "seconds" in name]
        assert tables[0].drop(columns=times).equals(tables[1].drop(columns=times))
        for name in ("gradients", "latents", "scores"):
            assert (run / files.FILES[name]).read_bytes() == (
                other / files.FILES[name]
            ).read_bytes()
    assert not list((tmp_path / "there" / "tiny").glob(f"{workspace.ATTEMPT}*"))


def test_images_are_written_once_to_a_worker_that_joins_later(tmp_path, processes, place):
    np.save(tmp_path / "mine.npy", np.random.default_rng(0).uniform(size=(9, 8, 8)))
    source = str(tmp_path / "mine.npy")
    pools = {source: load_pool(source)}
    processes.worker("--no-nanny")
    lines = []
    with executor_of(processes, place, pools, False, lines.append) as executor:
        processes.worker("--no-nanny")
        assert executor.workers == 2
        given = {"activation": "relu", "dataset": source, "earlier": ["a run"]}
        runs = [place.run_folder(f"{n}") for n in range(8)]
        started = [executor.submit(training(), str(run), str(place.folder), given) for run in runs]
        assert [one.result(_DEADLINE) for one in started] == [None] * 8
        seen = [json.loads((run / files.RUN_MODEL).read_text()) for run in runs]
        assert all(workspace.is_finished(run) for run in runs)
        assert len({cwd for cwd, _ in seen}) == 2, "both have trained"
        for cwd, parameters in seen:
            assert parameters["earlier"] == []
            assert Path(parameters["dataset"]).is_relative_to(cwd)
            assert load_pool(parameters["dataset"]).fingerprint == pools[source].fingerprint
        assert len({parameters["dataset"] for _, parameters in seen}) == 2
    assert not any(Path(parameters["dataset"]).exists() for _, parameters in seen)
    assert "1 worker with 1 thread" in lines[-1]
    assert "images and results travel" in lines[-1]


def test_what_workers_see_does_not_travel(two_workers, place):
    lines, run = [], place.run_folder("relu-0")
    with executor_of(two_workers, place, {"digits": None}, note=lines.append) as used:
        given = {"dataset": "digits", "earlier": ["a run"]}
        used.submit(training(), str(run), str(place.folder), given).result(_DEADLINE)
    _, parameters = json.loads((run / files.RUN_MODEL).read_text())
    assert parameters == given
    assert "travel" not in lines[-1]
    assert list(place.folder.iterdir()) == []


@pytest.mark.parametrize("allowed", [0, 9], ids=["scheduler tries once", "scheduler tries on"])
def test_a_block_that_kills_its_worker_twice_fails_alone(tmp_path, two_workers, place, allowed):
    def allow(dask_scheduler):
        dask_scheduler.allowed_failures = allowed

    def kill(folder, attempts, parameters):
        with open(tmp_path / "starts", "a") as starts:
            starts.write("started\n")
        os.kill(os.getpid(), signal.SIGKILL)

    with Client(two_workers.address, set_as_default=False) as client:
        client.run_on_scheduler(allow)
    with executor_of(two_workers, place, {}, False, lambda line: None) as used:
        given = str(place.folder), {"dataset": "digits"}
        killer = used.submit(kill, str(place.run_folder("killer")), *given)
        others = [used.submit(training(), str(place.run_folder(str(n))), *given) for n in range(4)]
        with pytest.raises(RunError, match="^its worker was lost twice while it ran: tcp://"):
            killer.result(_DEADLINE)
        assert [one.result(_DEADLINE) for one in others] == [None] * 4
    assert (tmp_path / "starts").read_text() == "started\n" * 2


@pytest.mark.parametrize("gone", ["block", "client"])
def test_what_nobody_waits_for_ends_on_its_worker(tmp_path, two_workers, place, gone):
    """A block that was cancelled, as by Ctrl-C, or whose client is gone; another goes on."""
    write = training()
    line = "echo $$ > {0}.new; mv {0}.new {0}; until [ -e {1} ]; do sleep 0.1; done"

    def train(folder, attempts, parameters):
        text = line.format(tmp_path / parameters["dataset"], tmp_path / "go")
        assert run_process(["sh", "-c", text], "", None).returncode == 0
        write(folder, attempts, parameters)

    def start(used, name):
        folders = str(place.run_folder(name)), str(place.folder)
        future = used.submit(train, *folders, {"dataset": name})
        wait_for((tmp_path / name).is_file)
        return future, psutil.Process(int((tmp_path / name).read_text()))

    with executor_of(two_workers, place, {}, note=print) as used:
        kept, going_on = start(used, "kept")
        with executor_of(two_workers, place, {}, note=print) as other:
            doomed, process = start(other, "doomed")
            if gone == "block":
                assert doomed.cancel()
                wait_for(lambda: not process.is_running())
        wait_for(lambda: not process.is_running())
        assert going_on.is_running()
        (tmp_path / "go").touch()
        assert kept.result(_DEADLINE) is None
    assert [one.name for one in place.runs.iterdir()] == ["kept"]


def test_a_worker_that_is_cut_off_and_comes_back_harms_nothing(tmp_path, place):
    """Its block is trained by another one; what it does later is not wanted any more."""
    write = training()

    def train(folder, attempts, parameters):
        with open(tmp_path / "starts", "a") as starts:
            starts.write(f"{os.getpid()}\n")
        while not (tmp_path / "go").exists():
            time.sleep(0.1)
        write(folder, attempts, parameters)

    def starts():
        found = tmp_path / "starts"
        return [int(line) for line in found.read_text().splitlines()] if found.exists() else []

    started = Processes(tmp_path, DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="20s")
    try:
        for _ in range(2):
            started.worker()
        run = place.run_folder("relu-0")
        with executor_of(started, place, {}, note=print) as used:
            future = used.submit(train, str(run), str(place.folder), {})
            wait_for(starts)
            os.kill(starts()[0], signal.SIGSTOP)  # it answers nobody
            wait_for(lambda: len(starts()) == 2)
            with contextlib.suppress(ProcessLookupError):  # a nanny may have lost patience
                os.kill(starts()[0], signal.SIGCONT)
            (tmp_path / "go").touch()
            assert future.result(_DEADLINE) is None
            wait_for(lambda: used.workers == 2)
            again = used.submit(write, str(place.run_folder("relu-1")), str(place.folder), {})
            assert again.result(_DEADLINE) is None
    finally:
        started.end()
    assert len(set(starts())) == 2
    assert workspace.is_finished(run)
    assert {one.name for one in place.runs.iterdir()} == {"relu-0", "relu-1"}


def test_finished_work_of_a_lost_worker_is_not_repeated(tmp_path, two_workers, place):
    """The worker dies after the run is in its folder, before the scheduler hears of it."""
    train = training()

    def train_and_die(folder, attempts, parameters):
        train(folder, attempts, parameters)  # which fails where the folder is there already
        os.kill(os.getpid(), signal.SIGKILL)

    with executor_of(two_workers, place, {}, note=lambda line: None) as used:
        run = place.run_folder("relu-0")
        used.submit(train_and_die, str(run), str(place.folder), {}).result(_DEADLINE)
    assert workspace.is_finished(run)


def test_a_worker_with_other_versions_is_refused(tmp_path, processes, tiny):
    metadata = tmp_path / "other" / "numpy-1.0.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.0\n")
    paths = [str(metadata.parents[1]), os.environ.get("PYTHONPATH", "")]
    processes.worker("--no-nanny", PYTHONPATH=os.pathsep.join(filter(None, paths)))
    with pytest.raises(StudyError) as refused:
        run_study(tiny, tmp_path / "reports", progress=False, scheduler=processes.address)
    needed = f"has numpy 1.0; needed: numpy {np.__version__}"
    assert re.fullmatch(f"scheduler: worker tcp://127.0.0.1:\\d+ {needed}", str(refused.value))
    assert list((tmp_path / "reports" / "runs").iterdir()) == []


def test_a_worker_with_other_code_that_joins_later_trains_nothing(two_workers, place):
    here = {**cluster_worker.facts(), "code": "another"}
    with Client(two_workers.address, set_as_default=False) as client:
        used = cluster.Cluster(client, cluster_worker.Surroundings(here, (), {}))
        future = used.submit(training(), str(place.run_folder("a")), str(place.folder), {})
        line = r"worker tcp://127.0.0.1:\d+ has code \S+; needed: code another$"
        with used, pytest.raises(RunError, match=line):
            future.result(_DEADLINE)
    assert list(place.runs.iterdir()) == []


def test_a_lost_scheduler_ends_the_study_in_one_line(tmp_path, processes, tiny, monkeypatch):
    processes.worker("--no-nanny")
    killed, end = [], tmp_path / "end"

    def train(folder, attempts, parameters):
        """Leave no attempt, which a worker may do that ends with its scheduler."""
        while not end.exists():
            time.sleep(0.1)

    def kill(running):
        if not killed:
            processes.scheduler.kill()
            killed.append(True)

    monkeypatch.setattr(runner.Progress, "tick", lambda self, running: kill(running))
    monkeypatch.setattr(worker, "train_block", train)
    with pytest.raises(RunError, match="^the scheduler at tcp://.* was lost.*goes on$") as lost:
        run_study(tiny, tmp_path, progress=False, scheduler=processes.address)
    end.touch()
    assert "\n" not in str(lost.value)
    assert not list((tmp_path / "tiny").glob(f"{workspace.ATTEMPT}*"))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere", "tls://127.0.0.1:1"])
def test_an_address_without_a_scheduler_is_refused_in_a_line(tmp_path, tiny, capfd, address):
    (tmp_path / "tiny.yml").write_text(tiny.model_dump_json())
    arguments = [str(tmp_path / "tiny.yml"), "--reports", str(tmp_path / "reports")]
    with dask.config.set({"distributed.comm.timeouts.connect": "0.5s"}):
        assert main([*arguments, "--scheduler", address]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"error: scheduler: cannot connect to '{address}': ")
    assert not (tmp_path / "reports").exists()
