"""Notebooks in processes of their own: parameters reach them, failures are one line."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
from commands import wait_for

from vaelib import RunError
from vaelib.study.notebook import SETTINGS, run_notebook

# As Keras raises again what a layer has raised.
WRAPPED = """Exception encountered when calling Activation.call().

\x1b[1mno such layer\x1b[0m

Arguments received by Activation.call():
  \u2022 inputs=tf.Tensor(shape=(32, 9), dtype=float32)"""


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise ValueError('no such thing\\nat all')", "ValueError: no such thing"),
        ("import os; os.kill(os.getpid(), 9)", "DeadKernelError: Kernel died"),
        ("raise ValueError", "ValueError (cell 1)"),
        (f"raise ValueError({WRAPPED!r})", "ValueError: no such layer (cell 1)"),
        (f"raise MemoryError({WRAPPED.replace('no such layer', '')!r})", "MemoryError (cell 1)"),
    ],
)
def test_the_cause_of_a_failed_notebook_is_one_line(tmp_path, write_notebook, source, cause):
    path = write_notebook("fails.ipynb", source)
    with pytest.raises(RunError) as error:
        run_notebook(path, str(tmp_path / "out.ipynb"), {})
    assert str(error.value).startswith(cause)
    assert "\n" not in str(error.value)


def test_parameters_reach_the_notebook_and_its_kernels_are_fixed(
    tmp_path, write_notebook, monkeypatch
):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    names = ["TF_NUM_INTRAOP_THREADS", "TF_ENABLE_ONEDNN_OPTS"]
    source = f"import os; assert (n, *[os.environ[k] for k in {names}]) == (5, '1', '1')"
    path = write_notebook("works.ipynb", source)
    run_notebook(path, str(tmp_path / "out.ipynb"), {"n": 5})
    assert (tmp_path / "out.ipynb").is_file()


def test_a_notebook_is_not_executed_for_a_process_that_is_gone(tmp_path, write_notebook):
    path = write_notebook("works.ipynb", "pass")
    output = tmp_path / "out.ipynb"
    request = {"notebook": path, "output": str(output), "parameters": {}, "parent": 1}
    command = [sys.executable, "-m", "vaelib.study.notebook"]
    done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True)
    message = "the process that asked for the notebook is gone\n"
    assert (done.returncode, done.stderr) == (1, message)
    assert not output.exists()


# A kernel that hangs altogether: no thread of it runs, and only SIGKILL ends it.
HANGS = """
import os, pathlib, signal
pathlib.Path(note).write_text(f"{os.getpid()}.")
os.kill(os.getpid(), signal.SIGSTOP)
"""


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_notebook_that_hangs_is_killed_with_its_kernel_when_its_time_is_over(
    tmp_path, write_notebook
):
    path, note = write_notebook("hangs.ipynb", HANGS), tmp_path / "note"
    for seconds in (4, 20, 100, 500):  # until it is enough for the kernel to start
        with pytest.raises(RunError, match="^killed after .* a run may take .VAELIB_RUN_HOURS.$"):
            run_notebook(path, tmp_path / "out.ipynb", {"note": str(note)}, seconds)
        if note.exists():
            break
    pid = int(note.read_text().removesuffix("."))
    wait_for(lambda: is_gone(pid))
    assert not (tmp_path / SETTINGS).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems leave kernels to themselves")
def test_a_kernel_that_hangs_ends_with_the_process_of_its_notebook(tmp_path, write_notebook):
    path, note = write_notebook("hangs.ipynb", HANGS), tmp_path / "note"
    request = {"notebook": path, "output": str(tmp_path / "out.ipynb"), "parent": os.getpid()}
    request["parameters"] = {"note": str(note)}
    command = [sys.executable, "-m", "vaelib.study.notebook"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        (tmp_path / SETTINGS).mkdir()
        process.stdin.write(json.dumps(request))
        process.stdin.close()
        wait_for(lambda: note.exists() and note.read_text().endswith("."))
        process.send_signal(signal.SIGKILL)
    pid = int(note.read_text().removesuffix("."))
    wait_for(lambda: is_gone(pid))


@pytest.fixture
def user(tmp_path, monkeypatch):
    """Configure Keras, IPython, Jupyter, matplotlib and Python as users do; return the folder."""
    folder = tmp_path / "user"
    files = {
        "keras/keras.json": '{"floatx": "float64", "image_data_format": "channels_first"}',
        "keras/datasets/mine.txt": "kept",
        "ipython/profile_default/startup/0.py": "raise_at_start = True",
        "jupyter/kernels/python3/kernel.json": json.dumps(
            {"argv": ["/bin/false"], "display_name": "dead", "language": "python"}
        ),
        "matplotlib/matplotlibrc": "text.usetex: True\n",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    settings = {
        "KERAS_HOME": "keras",
        "IPYTHONDIR": "ipython",
        "JUPYTER_PATH": "jupyter",
        "JUPYTER_DATA_DIR": "jupyter",
        "MPLCONFIGDIR": "matplotlib",
        "PYTHONSTARTUP": "ipython/profile_default/startup/0.py",
    }
    for variable, name in settings.items():
        monkeypatch.setenv(variable, str(folder / name))
    for variable, value in {"PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "1"}.items():
        monkeypatch.setenv(variable, value)
    return folder


def test_a_notebook_sees_none_of_the_users_configuration(tmp_path, write_notebook, user):
    source = f"""
import os, pathlib, sys, warnings
import matplotlib
from vaelib.backend import keras
if sys.executable != {sys.executable!r}:
    raise ValueError(sys.executable)
found = keras.config.floatx(), keras.config.image_data_format(), matplotlib.rcParams["text.usetex"]
if found != ("float32", "channels_last", False):
    raise ValueError(found)
if "raise_at_start" in globals() or not __debug__:
    raise ValueError("configured")
warnings.warn("no error")
kept = pathlib.Path(os.environ["KERAS_HOME"], "datasets", "mine.txt").read_text()
if kept != "kept":
    raise ValueError(kept)
"""
    before = sorted(user.rglob("*"))
    path = write_notebook("configured.ipynb", source)
    run_notebook(path, str(tmp_path / "out.ipynb"), {})
    assert not (tmp_path / SETTINGS).exists()
    assert [path for path in sorted(user.rglob("*")) if "matplotlib" not in str(path)] == [
        path for path in before if "matplotlib" not in str(path)
    ], "only matplotlib's cache of fonts is shared"
