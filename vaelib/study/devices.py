"""What notebooks train on: the processor, or one GPU each."""

import os
import subprocess
import sys

from vaelib.exceptions import StudyError
from vaelib.results.provenance import CPU, GPU
from vaelib.study.notebook import VISIBLE_GPUS

_COUNT = "from vaelib.backend import tf; print(len(tf.config.list_physical_devices('GPU')))"


def check(device: str, elsewhere: bool) -> None:
    """Refuse a device that is unknown, or that has to be chosen where the notebooks run.

    Parameters
    ----------
    device : str
    elsewhere : bool
        Whether a scheduler or an executor runs the notebooks.

    Raises
    ------
    StudyError
    """
    if device not in (CPU, GPU):
        raise StudyError(f"device: {device!r} is not allowed; allowed: {CPU!r} or {GPU!r}")
    if device == GPU and elsewhere:
        raise StudyError(
            f"device: {GPU!r} is for this machine alone; allowed with a scheduler or an executor: "
            f"{CPU!r}"
        )


def gpus() -> list[str]:
    """Return the GPUs that TensorFlow sees, as ``CUDA_VISIBLE_DEVICES`` names them.

    Raises
    ------
    StudyError
        Where it sees none.
    """
    done = subprocess.run([sys.executable, "-c", _COUNT], capture_output=True, text=True)
    number = int(done.stdout) if done.returncode == 0 else 0
    if not number:
        raise StudyError(
            f"device: {GPU!r} is not allowed, as TensorFlow sees no GPU; allowed: {CPU!r}, or a "
            "GPU of NVIDIA with its driver and: python3 -m pip --python .venv/bin/python install "
            "'tensorflow[and-cuda]'"
        )
    given = [name for name in os.environ.get(VISIBLE_GPUS, "").split(",") if name]
    return given[:number] or [str(n) for n in range(number)]
