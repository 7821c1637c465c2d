"""The folder of a study's report: its runs, attempts, lock, and what is finished."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from vaelib.exceptions import StudyError
from vaelib.results import files
from vaelib.study.tasks import Task

ATTEMPT = ".attempt-"
MANIFEST = "manifest.json"
_RESULTS = (*files.FILES.values(), files.RUN_GALLERY, files.RUN_MODEL)


class Workspace:
    """The folder that one study's report is made in.

    Parameters
    ----------
    reports : str or path
        Folder of the reports.
    name : str
        Of the study.
    """

    def __init__(self, reports: str | Path, name: str):
        self.folder = Path(reports).absolute() / name

    @property
    def runs(self) -> Path:
        """The folder of the runs."""
        return self.folder / "runs"

    def create(self) -> None:
        """Create the folder.

        Raises
        ------
        StudyError
            Where it cannot be written.
        """
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
            probe = self.folder / f".{uuid.uuid4().hex}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise StudyError(
                f"reports: cannot write {str(self.folder)!r}: {error.strerror}; allowed: a "
                "folder that can be written"
            ) from None

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other calls out of the folder.

        Raises
        ------
        StudyError
            When another call holds the lock.
        """
        with open(self.folder / ".lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StudyError(
                    f"reports: {str(self.folder)!r} is in use by another run of this study"
                ) from None
            yield

    def delete_attempts(self) -> None:
        """Delete what calls that were killed left behind; to be called with the lock held."""
        for attempt in self.runs.glob(f"{ATTEMPT}*"):
            shutil.rmtree(attempt, ignore_errors=True)

    def run_folder(self, task: Task) -> Path:
        """Return the folder of a task's finished run, whether or not it exists."""
        return self.runs / task.run_name

    def finished(self, tasks: Iterable[Task]) -> list[Path]:
        """Return the folders of finished runs, in the order of their tasks."""
        folders = [self.run_folder(task) for task in tasks]
        return [folder for folder in folders if is_finished(folder)]

    def missing(self, tasks: Iterable[Task]) -> list[Task]:
        """Return the tasks without a finished run."""
        return [task for task in tasks if not is_finished(self.run_folder(task))]

    def damaged(self, tasks: Iterable[Task]) -> dict[Task, list[str]]:
        """Return the tasks whose run was finished once, with the files that are damaged."""
        folders = {task: self.run_folder(task) for task in tasks}
        found = {task: damaged_files(run) for task, run in folders.items() if run.is_dir()}
        return {task: names for task, names in found.items() if names}


def seal(run: Path) -> None:
    """Write down the hashes of a run's results, after which it counts as finished."""
    found = {name: _hash(run / name) for name in _RESULTS if (run / name).is_file()}
    partial = run / f"{MANIFEST}.partial"
    partial.write_text(json.dumps(found, indent=2) + "\n")
    os.replace(partial, run / MANIFEST)


def is_finished(run: Path) -> bool:
    """Return whether a run's folder holds the results it was sealed with."""
    return (run / MANIFEST).is_file() and not damaged_files(run)


def damaged_files(run: Path) -> list[str]:
    """Return the names of files that are not as they were when the run was sealed."""
    try:
        expected = json.loads((run / MANIFEST).read_text())
        return [name for name, digest in expected.items() if _hash(run / name) != digest]
    except (OSError, ValueError, AttributeError):
        return [MANIFEST]


def _hash(path: Path) -> str | None:
    """Return the SHA-256 of a file; None where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


@contextlib.contextmanager
def attempt(run: Path) -> Iterator[Path]:
    """Create a folder to make a run in, beside the run's own; delete it in the end.

    Parameters
    ----------
    run : path
        Folder of the run once it is finished; see `publish`.
    """
    folder = run.with_name(f"{ATTEMPT}{uuid.uuid4().hex}")
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, run: Path) -> None:
    """Move a finished attempt to its run's folder; an older run there is replaced."""
    shutil.rmtree(run, ignore_errors=True)
    os.replace(folder, run)
