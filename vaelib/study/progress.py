"""Progress of a study on the terminal: a bar, and a line for each block that ended."""

import shutil
import sys
import textwrap
from pathlib import Path

from tqdm import tqdm

from vaelib.formatting import count, fixed
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
        self._study, self._shown = study, shown
        self._finished = self._failed = 0
        self._bar = tqdm(
            total=0, desc=study.name, unit="model", disable=not shown, dynamic_ncols=True
        )
        self._begun = False

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exception) -> None:
        self._bar.close()

    def begin(self, folder: Path) -> None:
        """Say what will run, and where the report will be."""
        self.note(self._study.question)
        self.note(f"{self._study.plan} The report will be in {folder}.")

    def note(self, line: str) -> None:
        """Show a line above the bar, wrapped where the terminal ends."""
        if self._shown:
            self._bar.write(wrapped(line), file=sys.stdout)

    def expect(self, models: int, finished: int) -> None:
        """Show how many models are needed, as far as that is known, and how many are there."""
        if not self._begun:  # what was there before takes no time
            self._bar.initial, self._begun = finished, True
        self._bar.total, self._bar.n, self._finished = models, finished, finished
        self._bar.refresh()

    def tick(self, running: int) -> None:
        """Show how many models the blocks that run now have trained."""
        before = self._bar.n
        self._bar.n = max(before, min(self._finished + running, self._bar.total))
        if self._bar.n > before or sys.stderr.isatty():  # a log needs no clock
            self._bar.refresh()

    def advance(self, block: Block, line: str, failed: bool = False) -> None:
        """Count a block that ended, and show a line about it."""
        self.note(f"{block.label:>12}  {line}")
        self._finished += len(block.models)
        if failed:
            self._failed += len(block.models)
            self._bar.set_postfix_str(f"{self._failed} failed", refresh=False)
        self.tick(0)

    def stage(self, name: str) -> None:
        """Show what is done now that models are trained."""
        self._bar.set_description(f"{self._study.name}: {name}")


def wrapped(text: str) -> str:
    """Return a text in lines that fit the terminal; words that do not stay whole."""
    width = shutil.get_terminal_size().columns
    return textwrap.fill(
        text, width, replace_whitespace=False, break_long_words=False, break_on_hyphens=False
    )


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
        parts.insert(0, f"test ELBO {fixed(finished['elbo'].mean(), 2):>8} nats")
    elif len(finished):
        parts.insert(0, f"validation ELBO {fixed(finished['val_elbo'].mean(), 2):>8} nats")
    if len(finished) < len(runs):
        parts.append(f"{len(runs) - len(finished)} diverged")
    return ", ".join(parts)
