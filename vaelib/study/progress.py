"""Progress of a study on the terminal: a bar, and a line for each block that ended."""

import sys
from pathlib import Path

from tqdm import tqdm

from vaelib.formatting import count
from vaelib.results import files
from vaelib.results.keys import Status
from vaelib.study.blocks import Block
from vaelib.study.study import Study


class Progress:
    """A bar over the models of a study, to be used in a ``with`` statement.

    Parameters
    ----------
    study : Study
    shown : bool
        Whether anything is printed.
    """

    def __init__(self, study: Study, shown: bool = True):
        self._shown = shown
        self._bar = tqdm(
            total=0, desc=study.name, unit="model", disable=not shown, dynamic_ncols=True
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

    def expect(self, models: int, finished: int) -> None:
        """Show how many models are needed, as far as that is known, and how many are there."""
        self._bar.total, self._bar.n = models, finished
        self._bar.refresh()

    def advance(self, block: Block, line: str) -> None:
        """Count a block that ended, and show a line about it."""
        self.note(f"{block.label:>12}  {line}")
        self._bar.update(len(block.models))


def headline(run: Path) -> str:
    """Return the result of a run in a line.

    Parameters
    ----------
    run : path
        Folder of a finished run.
    """
    runs = files.read_csv(run / files.FILES["runs"])
    finished = runs[runs["status"] == Status.FINISHED]
    parts = [
        f"{count(len(runs), 'model')} of {count(round(runs['epochs'].median()), 'epoch')}",
        f"{runs['seconds'].sum():5.1f} s training",
    ]
    if finished["elbo"].notna().any():
        parts.insert(0, f"test ELBO {finished['elbo'].mean():8.2f} nats")
    elif len(finished):
        parts.insert(0, f"validation ELBO {finished['val_elbo'].mean():8.2f} nats")
    if len(finished) < len(runs):
        parts.append(f"{len(runs) - len(finished)} diverged")
    return ", ".join(parts)
