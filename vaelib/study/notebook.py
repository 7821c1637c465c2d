"""Execute one notebook in a process of its own.

`run_notebook` starts ``python -m vaelib.study.notebook``, which reads its request from
standard input and, when the notebook fails, leaves one line on standard error.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from vaelib.exceptions import RunError
from vaelib.formatting import duration
from vaelib.results.provenance import CPU, DEVICE_VARIABLE, GPU
from vaelib.study import processes, time_limit

SETTINGS = ".settings"  # beside the executed notebook, while it runs
PRINTED = "printed"  # in that folder: what the notebook has printed so far
VISIBLE_GPUS = "CUDA_VISIBLE_DEVICES"

# One thread a process, as a study runs as many processes as there are cores; the same
# kernels everywhere; figures inside the notebook, whatever backend the shell asks for.
_ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYTHONUTF8": "1",
}
# What a shell may set for the user's own Python and Jupyter.
_LEFT_OUT = (
    "JUPYTER_PATH",
    "JUPYTER_CONFIG_PATH",
    "JUPYTER_RUNTIME_DIR",
    "PYTHONWARNINGS",
    "PYTHONSTARTUP",
    "PYTHONOPTIMIZE",
    "PYTHONINSPECT",
)


def run_notebook(
    notebook: str | Path,
    output: str | Path,
    parameters: dict,
    seconds: float | None = None,
    gpu: str | None = None,
) -> None:
    """Execute a notebook with papermill in a process of its own.

    Parameters
    ----------
    notebook, output : str or path
        Paths of the notebook and of its executed copy.
    parameters : dict
        For its ``parameters`` cell.
    seconds : float, optional
        After which it is killed, with its kernel; without limit by default.
    gpu : str, optional
        The one that it sees, as ``CUDA_VISIBLE_DEVICES`` has it; none by default.

    Raises
    ------
    RunError
        With the cause, when a cell fails, a process dies or the time is over.
    """
    request = {
        "notebook": str(notebook),
        "output": str(output),
        "parameters": parameters,
        "parent": os.getpid(),
    }
    settings = Path(output).absolute().parent / SETTINGS
    command = [sys.executable, "-m", "vaelib.study.notebook"]
    try:
        done = processes.run(command, json.dumps(request), _environment(settings, gpu), seconds)
    except subprocess.TimeoutExpired:
        most = f"{duration(seconds)}, the most that a run may take ({time_limit.VARIABLE})"
        raise RunError(f"killed after {most}") from None
    finally:
        shutil.rmtree(settings, ignore_errors=True)
    if done.returncode < 0:
        raise RunError(f"killed by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise RunError(lines[-1])


def _environment(settings: Path, gpu: str | None) -> dict[str, str]:
    """Return the environment of a notebook's process, without the user's configuration.

    Keras, IPython, Jupyter, matplotlib and temporary files find a folder of their own. The
    data sets that Keras has downloaded stay where they are, and so does matplotlib's cache
    of fonts, which takes seconds to make.
    """
    user_keras = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    keras_home = settings / "keras"
    keras_home.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (keras_home / "datasets").symlink_to(user_keras / "datasets")
    (settings / "matplotlibrc").touch()
    temporary = settings / "tmp"  # so that a killed process leaves nothing elsewhere
    temporary.mkdir(exist_ok=True)
    own = {
        "TMPDIR": str(temporary),
        "KERAS_HOME": str(keras_home),
        "IPYTHONDIR": str(settings / "ipython"),
        "JUPYTER_CONFIG_DIR": str(settings / "jupyter"),
        "JUPYTER_DATA_DIR": str(settings / "jupyter"),
        "MATPLOTLIBRC": str(settings / "matplotlibrc"),
    }
    kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    if "MPLCONFIGDIR" in kept:  # the notebook's own folder is another
        kept["MPLCONFIGDIR"] = os.path.abspath(kept["MPLCONFIGDIR"])
    return {**kept, **_ENVIRONMENT, **_device(gpu), **own}


def _device(gpu: str | None) -> dict[str, str]:
    """Return the variables that give a process one GPU, or none."""
    if gpu is None:
        return {DEVICE_VARIABLE: CPU, VISIBLE_GPUS: "-1"}
    # XLA by TensorFlow's own choice: the step of a convolutional network asks for none.
    return {DEVICE_VARIABLE: GPU, VISIBLE_GPUS: gpu, "TF_XLA_FLAGS": "--tf_xla_auto_jit=1"}


def import_quickly() -> None:
    """Keep jsonschema from building a grammar of URLs when it is imported.

    That takes 0.8 s, three times as long as the rest of papermill, and serves to
    check URLs in schemas; jsonschema works without the module where it is missing.
    """
    sys.modules.setdefault("rfc3987_syntax", None)


def _execute(notebook: str, output: str, parameters: dict) -> str | None:
    """Execute a notebook in this process; return the cause in a line when it fails."""
    import papermill
    from jupyter_client import AsyncKernelManager

    class KernelManager(AsyncKernelManager):
        """Start kernels that end with this process, even where they hang."""

        async def start_kernel(self, **options):
            return await super().start_kernel(preexec_fn=processes.die_with_parent, **options)

    printed = Path(output).absolute().parent / SETTINGS / PRINTED
    try:
        with open(printed, "w", buffering=1, encoding="utf-8") as stdout:
            papermill.execute_notebook(
                notebook,
                output,
                parameters=parameters,
                kernel_name="python3",
                cwd=os.path.dirname(notebook),
                progress_bar=False,
                stdout_file=stdout,
                kernel_manager_class=KernelManager,
            )
    except papermill.PapermillExecutionError as error:
        cause = ": ".join(filter(None, [error.ename, _first_line(str(error.evalue))]))
        return f"{cause} (cell {error.exec_count})"
    except Exception as error:  # a dead kernel, a full disk: the caller shows the line
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return None


def _first_line(message: str) -> str:
    """Return the first line of an exception's message, or what Keras has wrapped into it."""
    lines = [line for line in re.sub(r"\x1b\[\d*m", "", message).splitlines() if line.strip()]
    if lines and lines[0].startswith("Exception encountered when calling"):
        del lines[0]  # the layer; then the message, if any, and the layer's arguments
        if lines and lines[0].startswith("Arguments received by"):
            lines.clear()
    return lines[0].strip() if lines else ""


def main() -> int:
    """Execute the notebook of the request; return the exit code."""
    processes.die_with_parent()
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
