"""The folders of a study: its report, attempts and lock, and the runs of all studies."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path

from vaelib.exceptions import StudyError
from vaelib.results import files
from vaelib.study.notebook import PRINTED, SETTINGS

ATTEMPT = ".attempt-"
MANIFEST = "manifest.json"
RUNS = "runs"  # the folder of all studies' runs
_MODEL_LINE = re.compile(r", seed \d+: \w+ after \d+ epochs, ")  # of 01_train, for each model
_TABLES = (*files.FILES.values(), *files.EARLIER.values())
_RESULTS = (*_TABLES, files.RUN_GALLERY, files.RUN_MODEL)


class Workspace:
    """The folder that one study's report is made in, and that of all runs.

    Runs are shared by all studies, as a model that one of them has trained may be
    needed by another; the attempts to make one are each study's own.

    Parameters
    ----------
    reports : str or path
        Folder of the reports.
    name : str
        Of the study.
    """

    def __init__(self, reports: str | Path, name: str):
        self.folder = Path(reports).absolute() / name
        self.runs = Path(reports).absolute() / RUNS
        self._checked: dict[Path, list[str]] = {}

    def create(self) -> None:
        """Create the folder.

        Raises
        ------
        StudyError
            Where it cannot be written.
        """
        try:
            for folder in (self.runs, self.folder):
                folder.mkdir(parents=True, exist_ok=True)
                probe = folder / ".probe"
                probe.touch()
                probe.unlink(missing_ok=True)  # another study's call may have been faster
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
        for folder in (*self.folder.glob(f"{ATTEMPT}*"), self.folder / SETTINGS):
            shutil.rmtree(folder, ignore_errors=True)
        for partial in self.folder.glob(f"*{files.PARTIAL}"):
            partial.unlink(missing_ok=True)

    def trained_now(self) -> int:
        """Return how many models the attempts under way have trained, by what they print."""
        lines = 0
        for printed in self.folder.glob(f"{ATTEMPT}*/{SETTINGS}/{PRINTED}"):
            with contextlib.suppress(OSError):  # it may end just now
                lines += len(_MODEL_LINE.findall(printed.read_text(encoding="utf-8")))
        return lines

    def run_folder(self, name: str) -> Path:
        """Return the folder of a finished run, whether or not it exists."""
        return self.runs / name

    def find(self, models: Collection[str]) -> tuple[dict[str, Path], dict[Path, list[str]]]:
        """Find the finished runs that hold some models.

        Parameters
        ----------
        models : collection of str
            Identities; see `training.configuration.ModelConfiguration`.

        Returns
        -------
        found : dict of str to path
            The folder of the run that holds a model.
        damaged : dict of path to list of str
            Folders that held one of them which no other has, with the files that are damaged.
        """
        wanted, found, damaged, held_by = set(models), {}, {}, {}
        for run in sorted(self.runs.glob("*")):
            held = wanted.intersection(models_of(run) or _models_in_table(run))
            if not held:
                continue
            if run not in self._checked:
                self._checked[run] = damaged_files(run)
            if self._checked[run]:
                damaged[run], held_by[run] = self._checked[run], held
            else:
                found |= dict.fromkeys(held, run)
        missing = wanted - found.keys()
        return found, {run: names for run, names in damaged.items() if held_by[run] & missing}

    def forget(self, run: Path) -> None:
        """Check a run's files again when it is next looked for."""
        self._checked.pop(run, None)


def seal(run: Path) -> None:
    """Write down a run's models and the hashes of its results: it is finished then."""
    content = {
        "models": list(files.read_columns(run, ["model"])["model"]),
        "files": {name: _hash(run / name) for name in _results(run)},
    }
    with files.whole(run / MANIFEST) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n")


def models_of(run: Path) -> list[str]:
    """Return the identities of a run's models; none for what is no finished run."""
    try:
        return json.loads((run / MANIFEST).read_text())["models"]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _models_in_table(run: Path) -> list[str]:
    """Return the identities in a run's table, which is all that is left without a manifest."""
    try:
        return list(files.read_columns(run, ["model"])["model"])
    except (OSError, ValueError, KeyError):
        return []


def is_finished(run: Path) -> bool:
    """Return whether a run's folder holds the results it was sealed with."""
    return not damaged_files(run)


def damaged_files(run: Path) -> list[str]:
    """Return the names of files that are not as they were when the run was sealed."""
    try:
        content = json.loads((run / MANIFEST).read_text())
        expected = content["files"]
        names = [name for name, digest in expected.items() if _hash(run / name) != digest]
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        return [MANIFEST]
    if names:
        return names
    if {*expected} != {*_results(run)} or models_of(run) != _models_in_table(run):
        return [MANIFEST]
    return []


def _results(run: Path) -> list[str]:
    """Return the names of the files that a run's results are in."""
    return [name for name in _RESULTS if (run / name).is_file()]


def _hash(path: Path) -> str | None:
    """Return the SHA-256 of a file; None where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


@contextlib.contextmanager
def attempt(place: Path) -> Iterator[Path]:
    """Create a folder to make a run in; delete it in the end.

    Parameters
    ----------
    place : path
        The folder that it is created in, of the same file system as the runs.
    """
    folder = place / f"{ATTEMPT}{uuid.uuid4().hex}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, run: Path) -> None:
    """Move a finished attempt to its run's folder; a damaged run there is replaced.

    One that is finished with the same models stays, as another study may be reading it. It
    has others where images or code changed between the plan and the training.
    """
    run.parent.mkdir(exist_ok=True)
    if is_finished(run) and models_of(run) == models_of(folder):
        return
    shutil.rmtree(run, ignore_errors=True)
    os.replace(folder, run)
