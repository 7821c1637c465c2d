"""Notebooks in processes of their own: parameters reach them, failures are one line."""

import json
import subprocess
import sys

import pytest

from vaelib import RunError
from vaelib.study.notebook import run_notebook


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise ValueError('no such thing\\nat all')", "ValueError: no such thing"),
        ("import os; os.kill(os.getpid(), 9)", "DeadKernelError: Kernel died"),
    ],
)
def test_the_cause_of_a_failed_notebook_is_one_line(tmp_path, write_notebook, source, cause):
    path = write_notebook("fails.ipynb", source)
    with pytest.raises(RunError) as error:
        run_notebook(path, str(tmp_path / "out.ipynb"), {})
    assert str(error.value).startswith(cause)
    assert "\n" not in str(error.value)


def test_parameters_reach_the_notebook_and_one_thread_is_used(tmp_path, write_notebook):
    source = "import os; assert (n, os.environ['TF_NUM_INTRAOP_THREADS']) == (5, '1')"
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
