"""Progress of a study on the terminal: a bar, and a line for each run that ended."""

import sys
from pathlib import Path

from tqdm import tqdm

from vaelib.formatting import count
from vaelib.results import files
from vaelib.results.keys import Status
from vaelib.study.study import Study
from vaelib.study.tasks import Task


class Progress:
    """A bar over the runs of a study, to be used in a ``with`` statement.

    Parameters
    ----------
    study : Study
    total, missing : int
        All runs of the study, and those that are to be trained.
    shown : bool
        Whether anything is printed.
    """

    def __init__(self, study: Study, total: int, missing: int, shown: bool = True):
        self._shown = shown
        self._bar = tqdm(
            total=total,
            initial=total - missing,
            desc=f"{study.name}: {count(study.models_in_a_run, 'model')} each",
            unit="run",
            disable=not shown,
            dynamic_ncols=True,
        )

    def __enter__(self) -> "Progress":
        self._bar.refresh()
        return self

    def __exit__(self, *exception) -> None:
        self._bar.close()

    def note(self, line: str) -> None:
        """Show a line above the bar."""
        if self._shown:
            self._bar.write(line, file=sys.stdout)

    def advance(self, task: Task, line: str) -> None:
        """Count a run that ended, and show a line about it."""
        self.note(f"{task.label:>12}  {line}")
        self._bar.update()


def headline(run: Path) -> str:
    """Return the result of a run in a line.

    Parameters
    ----------
    run : path
        Folder of a finished run.
    """
    runs = files.read_csv(run / files.FILES["runs"])
    finished = runs[runs["status"] == Status.FINISHED]
    parts = [f"{runs['seconds'].sum():5.1f} s training", count(len(runs), "model")]
    shown = finished[finished["point"] == 0]
    if len(shown):
        parts.insert(0, f"test ELBO {shown['elbo'].mean():8.2f} nats")
    if len(finished) < len(runs):
        parts.append(f"{len(runs) - len(finished)} diverged")
    return ", ".join(parts)
