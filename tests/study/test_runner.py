"""Studies from images to page: what is trained, what failed, what is killed."""

import concurrent.futures
import dataclasses
import fcntl
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from vaelib import RunError, Study, StudyError, run_study
from vaelib.results import files
from vaelib.study import blocks, runner, worker, workspace


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
    def fail(folder, attempts, parameters):
        raise RunError(f"{parameters['activation']} is <out>")

    folder = make_folder(tmp_path / "tiny")
    (folder / files.SUMMARY).write_text("of an earlier report")
    monkeypatch.setattr(worker, "train_block", fail)
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
    assert list((tmp_path / "runs").iterdir()) == []
    assert list((tmp_path / "tiny").glob(f"{workspace.ATTEMPT}*"))


def test_a_killed_run_is_named_and_only_that_one_is_repeated(tmp_path, tiny):
    """Kill one of two running notebooks, then call again, on a dask cluster."""
    from dask.distributed import Client

    process = start(tiny, tmp_path)
    (tmp_path / "tiny" / f"{workspace.ATTEMPT}of-an-earlier-call").mkdir()
    running_notebooks(process)[0].kill()
    out, err = process.communicate(timeout=240)
    assert process.returncode == 1, err
    assert "killed by SIGKILL" in out
    folder = tmp_path / "tiny"
    (killed,) = files.read_csv(folder / files.FAILURES)["activation"]
    page = (folder / files.PAGE).read_text()
    assert f"<b>{killed}</b> failed on digits and is missing here: killed by SIGKILL" in page
    (finished,) = (tmp_path / "runs").iterdir()
    assert workspace.is_finished(finished)
    assert not finished.name.startswith(f"digits-{killed}-")
    assert finished.name.startswith("digits-")
    before = (finished / "runs.csv").stat().st_mtime_ns

    with Client(processes=False, n_workers=1, dashboard_address="127.0.0.1:0") as client:
        page = run_study(tiny, tmp_path, executor=client.get_executor(), progress=False)
    assert (finished / "runs.csv").stat().st_mtime_ns == before
    assert len(list((tmp_path / "runs").iterdir())) == 2
    assert not list(folder.glob(f"{workspace.ATTEMPT}*")), "attempts of dead calls are cleared"
    assert "No run failed or diverged." in page.read_text()
    assert sorted(files.read(folder)["runs"]["activation"]) == ["relu", "tanh"]
    assert files.read_csv(folder / files.FAILURES).empty


@dataclasses.dataclass
class Trainer:
    """Train nothing: note the models of each block, and write rows of ``runs`` for them.

    Attributes
    ----------
    blocks : dict of str to Block
        Of all that were planned, by run.
    trained : list of Block
    parameters : list of dict
        That their notebooks got.
    failing : set of (str, str)
        Data sets and activations whose blocks fail.
    elbo : callable
        From a `PlannedModel` to its ELBO.
    """

    blocks: dict = dataclasses.field(default_factory=dict)
    trained: list = dataclasses.field(default_factory=list)
    parameters: list = dataclasses.field(default_factory=list)
    failing: set = dataclasses.field(default_factory=set)
    elbo: Callable = lambda model: -7.0

    @property
    def models(self) -> list[tuple[str, int]]:
        """The activation and the seed of every model that was trained."""
        return [
            (m.activation, m.configuration.seed) for block in self.trained for m in block.models
        ]

    def __call__(self, folder: str, attempts: str, parameters: dict) -> None:
        block = self.blocks[Path(folder).name]
        first = block.models[0]
        if (first.dataset, first.activation) in self.failing:
            raise RunError("not now")
        self.trained.append(block)
        self.parameters.append(parameters)
        rows = [
            {
                "model": model.identity,
                "activation": model.activation,
                "seed": model.configuration.seed,
                "status": "finished",
                "elbo": self.elbo(model),
                "val_elbo": self.elbo(model),
                **dict.fromkeys(("mse", "psnr", "ssim"), 0.5),
                **{f"constant_{name}": -100.0 for name in ("elbo", "mse", "psnr", "ssim")},
                "epochs": 1,
                "seconds": 1.5,
                **dataclasses.asdict(model.configuration.setting),
            }
            for model in block.models
        ]
        Path(folder).mkdir(exist_ok=True)  # a damaged run is there already
        files.write(folder, {"runs": pd.DataFrame(rows)})
        workspace.seal(Path(folder))


@pytest.fixture
def trainer(monkeypatch) -> Trainer:
    """Stand in for the training notebooks, and for the report."""
    stand_in, divide = Trainer(), blocks.divide

    def noted(*arguments):
        found = divide(*arguments)
        stand_in.blocks |= {block.run_name: block for block in found}
        return found

    monkeypatch.setattr(blocks, "divide", noted)
    monkeypatch.setattr(worker, "train_block", stand_in)
    monkeypatch.setattr(runner.report, "build", lambda *_: "page")
    return stand_in


def change(study: Study, **fields) -> Study:
    return Study.create(**{**study.model_dump(), **fields})


def test_a_damaged_run_is_named_and_trained_again(tmp_path, tiny, capsys, trainer):
    run_study(tiny, tmp_path)
    (run,) = (path for path in (tmp_path / "runs").iterdir() if "-relu-" in path.name)
    (run / "runs.csv").write_text("")
    capsys.readouterr()
    run_study(tiny, tmp_path)
    assert trainer.models == [("relu", 0), ("tanh", 0), ("relu", 0)]
    line = f"{run.name}: runs.csv damaged or missing, trained again\n"
    assert line in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fields", "new"),
    [
        ({}, []),
        ({"target_loss": 3.0}, []),
        ({"margin": 0.1, "gallery_images": 1}, []),
        ({"name": "other"}, []),
        ({"seeds": 3}, [("relu", 1), ("relu", 2), ("tanh", 1), ("tanh", 2)]),
        ({"activations": "tanh,elu"}, [("elu", 0)]),
        ({"epochs": 2}, [("relu", 0), ("tanh", 0)]),
        ({"learning_rate": [0.001, 0.1]}, [("relu", 0), ("tanh", 0)]),
        ({"depth": [1, 2], "seeds": 2}, [("relu", 0), ("relu", 1), ("relu", 1)] * 2),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_just_what_is_new_is_trained(tmp_path, tiny, trainer, fields, new):
    run_study(tiny, tmp_path, progress=False)
    first = len(trainer.models)
    run_study(change(tiny, **fields), tmp_path, progress=False)
    expected = [("relu" if i < 3 else "tanh", seed) for i, (_, seed) in enumerate(new)]
    assert sorted(trainer.models[first:]) == sorted(expected if "depth" in fields else new)


def test_models_that_are_not_those_planned_end_the_study(tmp_path, tiny, trainer, monkeypatch):
    """As where the code changed, or a worker has other libraries: never again and again."""

    def train(folder, attempts, parameters):
        trainer(folder, attempts, parameters)
        table = files.read_csv(Path(folder) / files.FILES["runs"])
        files.write(folder, {"runs": table.assign(model="another")})
        workspace.seal(Path(folder))

    monkeypatch.setattr(worker, "train_block", train)
    with pytest.raises(RunError, match="relu: trained other models: code, libraries or images"):
        run_study(tiny, tmp_path, progress=False)
    assert len(trainer.trained) == 2


def test_an_activation_whose_tuning_failed_is_lost_to_the_race(tmp_path, tiny, trainer):
    trainer.failing = {("digits", "tanh")}
    tune = {"learning_rate": [0.001, 0.1], "seeds": 1}
    study = change(tiny, activations="relu,tanh,elu", design="race", seeds=4, tune=tune)
    with pytest.raises(RunError, match="some runs failed .*: tanh: not now"):
        run_study(study, tmp_path, progress=False)
    assert {name for name, _ in trainer.models} == {"relu", "elu"}


def test_a_notebook_gets_the_earlier_runs_of_its_activation(tmp_path, tiny, trainer):
    run_study(tiny, tmp_path, progress=False)
    run_study(change(tiny, seeds=2), tmp_path, progress=False)
    for parameters in trainer.parameters[2:]:
        (earlier,) = parameters["earlier"]
        assert Path(earlier).parent == tmp_path / "runs"
        assert f"-{parameters['activation']}-" in Path(earlier).name


def test_the_last_notebook_of_an_activation_shows_all_its_replicates(
    tmp_path, tiny, trainer, monkeypatch
):
    monkeypatch.setattr(blocks, "_MOST_WORK", 1)
    run_study(change(tiny, seeds=5), tmp_path, progress=False)
    for name in ("relu", "tanh"):
        own = [i for i, block in enumerate(trainer.trained) if block.label == name]
        seen = [len(trainer.parameters[i]["earlier"]) for i in own]
        assert len(seen) == 5, "a block for each seed"
        assert seen[-1] == 4


def test_a_race_trains_no_more_of_what_is_shown_to_be_worse(tmp_path, tiny, trainer):
    trainer.elbo = lambda model: (
        (-50.0 if model.activation == "relu" else -9.0) + 0.01 * (model.configuration.seed % 3)
    )
    study = change(tiny, activations="relu,tanh,elu", design="race", seeds=14)
    run_study(study, tmp_path, progress=False)
    seeds = {name: [s for n, s in trainer.models if n == name] for name in study.activations}
    assert sorted(seeds["relu"]) == [0, 1, 2, 3]
    assert sorted(seeds["tanh"]) == sorted(seeds["elu"]) == [0, 1, 2, 3], "tied at once"


def test_a_race_that_is_killed_goes_on_to_the_same_end(tmp_path, tiny, trainer, monkeypatch):
    def elbo(model):
        level = {"relu": 0.0, "tanh": -0.4, "elu": -40.0}[model.activation]
        return -9.0 + level + float(np.sin(7 * model.configuration.seed + level))

    trainer.elbo = elbo
    study = change(tiny, activations="relu,tanh,elu", design="race", seeds=9)
    run_study(study, tmp_path / "whole", progress=False)
    undisturbed = sorted(trainer.models)
    assert len(undisturbed) == 2 * 9 + 4
    trainer.trained.clear()

    class Killed(BaseException):
        pass

    def killing(*arguments):
        if len(trainer.trained) == 4:
            raise Killed
        trainer(*arguments)

    monkeypatch.setattr(worker, "train_block", killing)
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as one, pytest.raises(Killed):
        run_study(study, tmp_path / "killed", executor=one, progress=False)
    monkeypatch.setattr(worker, "train_block", trainer)
    run_study(study, tmp_path / "killed", progress=False)
    assert sorted(trainer.models) == undisturbed


def test_tuning_chooses_on_validation_before_anything_is_compared(tmp_path, tiny, trainer):
    best = {"relu": 0.01, "tanh": 0.1}
    trainer.elbo = lambda model: float(
        model.configuration.setting.learning_rate == best[model.activation]
    )
    tune = {"learning_rate": [0.001, 0.01, 0.1], "seeds": 2}
    run_study(change(tiny, tune=tune, seeds=3), tmp_path, progress=False)
    models = [model for block in trainer.trained for model in block.models]
    tried = [model.configuration for model in models if not model.configuration.scored]
    compared = [model.configuration for model in models if model.configuration.scored]
    assert len(tried) == 2 * 3 * 2
    assert len(compared) == 2 * 3
    for one in compared:
        assert one.setting.learning_rate == best[one.network.activation]
    assert not {one.seed for one in tried} & {one.seed for one in compared}


def names(blocks) -> list[tuple[str, str]]:
    return [(block.models[0].dataset, block.models[0].activation) for block in blocks]


def test_the_longest_runs_start_first(tmp_path, several, trainer):
    """By pixels: the large images, though they are fewer and come second."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as one:
        run_study(several, tmp_path, executor=one, progress=False)
    assert names(trainer.trained) == [
        ("large", "relu"),
        ("large", "tanh"),
        ("many", "relu"),
        ("many", "tanh"),
    ]


def test_several_data_sets_are_trained_and_named(tmp_path, several, trainer, capsys):
    trainer.failing = {("many", "tanh")}
    with pytest.raises(RunError, match="some runs failed .*: many tanh: not now"):
        run_study(several, tmp_path)
    printed = capsys.readouterr().out.splitlines()
    lines = sorted(" ".join(line.split()) for line in printed if line.startswith("  "))
    headline = "1 model: test ELBO −7.0 nats, 1 epoch, 2 s"
    assert lines == [
        f"large relu {headline}",
        f"large tanh {headline}",
        f"many relu {headline}",
        "many tanh FAILED: not now",
    ]
    assert len(list((tmp_path / "runs").iterdir())) == 3
    failed = files.read_csv(tmp_path / "tiny" / files.FAILURES)
    assert failed.to_dict("list") == {
        "dataset": ["many"],
        "activation": ["tanh"],
        "reason": ["not now"],
    }


def test_the_report_gets_what_finished_in_the_studys_order(tmp_path, several, trainer, monkeypatch):
    got = []
    monkeypatch.setattr(runner.report, "build", lambda *arguments: got.extend(arguments))
    trainer.failing = {("many", "tanh")}
    with pytest.raises(RunError):
        run_study(several, tmp_path, progress=False)
    planner, plan, found, folder = got
    assert [pool.name for pool in planner.pools.values()] == ["many", "large"]
    finished = [
        (model.dataset, model.activation) for model in plan.models if model.identity in found
    ]
    assert finished == [("many", "relu"), ("large", "relu"), ("large", "tanh")]
    assert folder == tmp_path / "tiny"


def test_one_data_set_is_not_named_on_every_line(tmp_path, tiny, trainer, capsys):
    run_study(tiny, tmp_path)
    printed = capsys.readouterr().out.splitlines()
    starts = {line.split()[0] for line in printed if line.startswith("  ")}
    assert starts == {"relu", "tanh"}


def test_equal_images_under_another_name_are_models_of_their_own(tmp_path, several, trainer):
    """The tables name the data set, so that a copy cannot replace the original."""
    shutil.copy(tmp_path / "large.npz", tmp_path / "copy.npz")
    dataset = [str(tmp_path / f"{name}.npz") for name in ("large", "copy")]
    run_study(change(several, dataset=dataset), tmp_path)
    assert len(names(trainer.trained)) == len(set(names(trainer.trained))) == 4


def test_images_of_another_size_are_models_of_their_own(tmp_path, tiny, trainer):
    """And those of the size that they have anyway are the same ones."""
    sizes = [None, (8, 8), (8, 9), (9, 8), (16, 16)]
    for size in sizes:
        study = change(tiny, image_size=size)
        run_study(study, tmp_path, progress=False)
    identities = [model.identity for block in trainer.trained for model in block.models]
    assert len(identities) == len(set(identities)) == 2 * 4
    given = [own["image_size"] for own in trainer.parameters]
    assert sorted(given, key=repr) == sorted([None, *sizes[2:]] * 2, key=repr)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([40, 60], "train_size: 60 is too many; allowed: 1 to 44 for .*large.npz$"),
        ([90, 40], "train_size: 90 is too many; allowed: 1 to 44 for .*large.npz$"),
        ([44, None], "train_size: 44 are all of .*large.npz, for which null is there too"),
    ],
)
def test_impossible_sizes_are_refused_before_anything_runs(
    tmp_path, several, trainer, sizes, message
):
    study = change(several, train_size=sizes)
    with pytest.raises(StudyError, match=message) as error:
        run_study(study, tmp_path / "reports", progress=False)
    assert "\n" not in str(error.value)
    assert trainer.trained == []
    assert not (tmp_path / "reports").exists()


class Workers(concurrent.futures.ThreadPoolExecutor):
    """An executor that tells how many notebooks it runs at once."""

    workers = 2


@pytest.mark.parametrize(
    ("executor", "sizes"), [(concurrent.futures.ThreadPoolExecutor, [8]), (Workers, [2] * 4)]
)
def test_blocks_are_as_many_as_workers_need(tmp_path, tiny, trainer, monkeypatch, executor, sizes):
    monkeypatch.setattr(blocks, "_LEAST_WORK", 1)
    with executor(1) as used:
        run_study(change(tiny, activations="relu", seeds=8), tmp_path, used, progress=False)
    assert [len(block.models) for block in trainer.trained] == sizes


def test_no_worker_waits_for_another_race(tmp_path, several, trainer, monkeypatch):
    """The one race has its second stage while a model of the other's first still trains."""
    second = threading.Event()

    def train(folder, attempts, parameters):
        first = trainer.blocks[Path(folder).name].models[0]
        if first.dataset == "large" and first.activation == "tanh" and 0 in parameters["seeds"]:
            assert second.wait(timeout=60), "nothing else started"
        if first.dataset == "many" and 4 in parameters["seeds"]:
            second.set()
        trainer(folder, attempts, parameters)

    trainer.elbo = lambda model: float(np.sin(7 * model.configuration.seed + len(model.activation)))
    monkeypatch.setattr(worker, "train_block", train)
    study = change(several, design="race", seeds=6, activations="relu,softplus,tanh")
    with Workers(2) as used:
        run_study(study, tmp_path, used, progress=False)
    assert second.is_set()
    identities = [model.identity for block in trainer.trained for model in block.models]
    assert len(identities) == len(set(identities)) == 2 * 3 * 6


def test_a_broken_executor_ends_the_study_in_one_line(tmp_path, tiny, monkeypatch):
    def fail(folder, attempts, parameters):
        raise concurrent.futures.BrokenExecutor("the workers\nare gone")

    monkeypatch.setattr(worker, "train_block", fail)
    with pytest.raises(RunError, match="^the workers are gone$"):
        run_study(tiny, tmp_path, progress=False)
    assert not (tmp_path / "tiny" / files.PAGE).exists()


def test_a_scheduler_and_an_executor_are_one_too_many(tmp_path, tiny):
    with concurrent.futures.ThreadPoolExecutor() as used, pytest.raises(StudyError, match="one of"):
        run_study(tiny, tmp_path, used, scheduler="tcp://127.0.0.1:1")
    assert list(tmp_path.iterdir()) == []
