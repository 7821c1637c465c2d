"""Execute one notebook in a process of its own.

`run_notebook` starts ``python -m vaelib.study.notebook``, which reads its request from
standard input and, when the notebook fails, leaves one line on standard error.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from vaelib.exceptions import RunError

# One thread a process, as a study runs as many processes as there are cores; figures
# inside the notebook, whatever backend of matplotlib the shell asks for.
_ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


def run_notebook(notebook: str | Path, output: str | Path, parameters: dict) -> None:
    """Execute a notebook with papermill in a process of its own.

    Parameters
    ----------
    notebook, output : str or path
        Paths of the notebook and of its executed copy.
    parameters : dict
        For its ``parameters`` cell.

    Raises
    ------
    RunError
        With the cause, when a cell fails or a process dies.
    """
    request = {
        "notebook": str(notebook),
        "output": str(output),
        "parameters": parameters,
        "parent": os.getpid(),
    }
    done = subprocess.run(
        [sys.executable, "-m", "vaelib.study.notebook"],
        input=json.dumps(request),
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode < 0:
        raise RunError(f"killed by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise RunError(lines[-1])


def _die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, by whatever cause."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def import_quickly() -> None:
    """Keep jsonschema from building a grammar of URLs when it is imported.

    That takes 0.8 s, three times as long as the rest of papermill, and serves to
    check URLs in schemas; jsonschema works without the module where it is missing.
    """
    sys.modules.setdefault("rfc3987_syntax", None)


def _execute(notebook: str, output: str, parameters: dict) -> str | None:
    """Execute a notebook in this process; return the cause in a line when it fails."""
    import papermill

    try:
        papermill.execute_notebook(
            notebook,
            output,
            parameters=parameters,
            kernel_name="python3",
            cwd=os.path.dirname(notebook),
            progress_bar=False,
        )
    except papermill.PapermillExecutionError as error:
        message = str(error.evalue).strip().splitlines() or [""]
        return f"{error.ename}: {message[0]} (cell {error.exec_count})"
    except Exception as error:  # a dead kernel, a full disk: the caller shows the line
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return None


def main() -> int:
    """Execute the notebook of the request; return the exit code."""
    _die_with_parent()
    import_quickly()
    request = json.load(sys.stdin)
    parent = request.pop("parent")
    if os.getppid() != parent:  # it died before this process asked to die with it
        cause = "the process that asked for the notebook is gone"
    else:
        cause = _execute(**request)
    if cause is not None:
        print(cause, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
