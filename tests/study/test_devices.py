"""What notebooks train on: refused, counted, and one GPU for each notebook."""

import subprocess
import threading
import types

import pytest

from vaelib import StudyError, run_study
from vaelib.results.provenance import environments
from vaelib.study import devices
from vaelib.study.executors import Gpus
from vaelib.study.notebook import run_notebook


@pytest.mark.parametrize(
    ("device", "options", "message"),
    [
        ("tpu", {}, "^device: 'tpu' is not allowed; allowed: 'cpu' or 'gpu'$"),
        ("gpu", {"scheduler": "tcp://127.0.0.1:1"}, "^device: 'gpu' is for this machine alone"),
        ("gpu", {}, "^device: 'gpu' is not allowed, as TensorFlow sees no GPU; allowed: 'cpu', or"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_runs(
    tmp_path, tiny, monkeypatch, device, options, message
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    with pytest.raises(StudyError, match=message) as refused:
        run_study(tiny, tmp_path / "reports", device=device, **options)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("visible", "names"), [(None, ["0", "1"]), ("", ["0", "1"]), ("3,GPU-8f,5", ["3", "GPU-8f"])]
)
def test_gpus_have_the_names_that_the_environment_gives_them(monkeypatch, visible, names):
    """Two, by TensorFlow, which ends its list at the first that is not there."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    done = types.SimpleNamespace(returncode=0, stdout="2\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert devices.gpus() == names


def test_each_notebook_has_a_gpu_to_itself():
    together = threading.Barrier(2, timeout=60)
    seen = []

    def train(folder, attempts, parameters):
        together.wait()
        seen.append((folder, parameters["gpu"], parameters["seeds"]))
        together.wait()

    with Gpus(["3", "5"]) as executor:
        assert executor.workers == 2
        given = "attempts", {"seeds": [0]}
        for one in [executor.submit(train, f"run-{n}", *given) for n in range(4)]:
            one.result()
    assert sorted(folder for folder, *_ in seen) == [f"run-{n}" for n in range(4)]
    assert [{gpu for _, gpu, _ in part} for part in (seen[:2], seen[2:])] == [{"3", "5"}] * 2


def test_a_gpu_is_free_again_after_a_failure():
    def train(folder, attempts, parameters):
        raise ValueError(parameters["gpu"])

    with Gpus(["7"]) as executor:
        for _ in range(2):
            with pytest.raises(ValueError, match="7"):
                executor.submit(train, "run", "attempts", {}).result(timeout=60)


@pytest.mark.parametrize(("gpu", "seen"), [(None, ("cpu", "-1")), ("5", ("gpu", "5"))])
def test_a_notebook_sees_its_gpu_or_none(tmp_path, write_notebook, monkeypatch, gpu, seen):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    names = ["VAELIB_DEVICE", "CUDA_VISIBLE_DEVICES"]
    source = f"import os; assert (*[os.environ[k] for k in {names}],) == {seen}"
    run_notebook(write_notebook("sees.ipynb", source), tmp_path / "out.ipynb", {}, gpu=gpu)


def test_models_of_a_gpu_are_others(monkeypatch):
    """In the process that plans, and in the notebook's, which the environment tells."""
    here, there = environments("cpu"), environments("gpu")
    assert environments() == here
    assert not {*here.values()} & {*there.values()}
    monkeypatch.setenv("VAELIB_DEVICE", "gpu")
    assert environments() == there
