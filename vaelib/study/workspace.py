"""A study's folder: who works in it, attempts, and what is finished."""

import contextlib
import fcntl
import uuid
from collections.abc import Iterator
from pathlib import Path

from vaelib.exceptions import StudyError
from vaelib.results import files

FAILURES = "failures.csv"
ATTEMPT = ".attempt-"


def is_finished(folder: Path) -> bool:
    """Tell whether a run's folder holds its results; they are written last."""
    return (folder / files.FILES["runs"]).is_file()


def writable(folder: Path) -> Path:
    """Make the folder, or say in a line why it cannot be written."""
    try:
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        probe = folder / f".{uuid.uuid4().hex}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StudyError(
            f"reports: cannot write {str(folder)!r}: {error.strerror}; allowed: a folder "
            "that can be written"
        ) from None
    return folder


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the study's lock, so that no second call works in the same folder."""
    with open(folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StudyError(
                f"reports: {str(folder)!r} is in use by another run of this study"
            ) from None
        yield
