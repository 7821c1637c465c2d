"""Progress of a study on the terminal: a bar, and a line for each block that ended."""

import shutil
import sys
import textwrap
from pathlib import Path

from tqdm import tqdm

from vaelib.formatting import count, nats
from vaelib.results import files
from vaelib.results.keys import Status
from vaelib.study.blocks import Block
from vaelib.study.study import Study

_TICK = 0.1  # seconds between two states of a bar
_BETWEEN_LINES = 60
_LINE = "{desc}: {n_fmt} of {total_fmt} models, {elapsed} elapsed, {remaining} left{postfix}"


class Progress:
    """A bar over the models of a study, to be used in a ``with`` statement.

    Where the terminal's place is taken by a file, lines now and then.

    Parameters
    ----------
    study : Study
    shown : bool
        Whether anything is printed.
    """

    def __init__(self, study: Study, shown: bool = True):
        self._study, self._shown = study, shown
        self._finished = self._failed = 0
        self._bar: tqdm | None = None
        self._on_terminal = _on_terminal()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exception) -> None:
        if self._bar is not None:
            self._bar.close()

    def begin(self, folder: Path) -> None:
        """Say what will run, and where the report will be."""
        self.note(self._study.question)
        self.note(f"{self._study.plan} The report will be in {folder}.")

    def note(self, line: str, indent: int = 0) -> None:
        """Show a line above the bar, wrapped where the terminal ends; `indent` what follows."""
        if self._shown:
            tqdm.write(wrapped(line, indent), file=sys.stdout)
            sys.stdout.flush()  # a file has both streams in the order in which they were written

    def expect(self, models: int, finished: int) -> None:
        """Show how many models are needed, as far as that is known, and how many are there."""
        self._finished = finished
        if self._bar is None:  # what is there already has taken no time
            options = {} if self._on_terminal else {"file": _Lines(), "bar_format": _LINE}
            self._bar = tqdm(
                desc=self._study.name,
                total=models,
                initial=finished,
                unit="model",
                disable=not self._shown,
                dynamic_ncols=True,
                smoothing=0,  # blocks end together: the last ones tell little
                mininterval=_TICK if self._on_terminal else _BETWEEN_LINES,
                miniters=1,
                **options,
            )
        else:
            self._bar.total, self._bar.n = models, finished
            self._refresh()

    def tick(self, running: int) -> None:
        """Show how many models the blocks that run now have trained."""
        now = max(self._bar.n, min(self._finished + running, self._bar.total))
        self._bar.update(now - self._bar.n)
        self._refresh()

    def advance(self, block: Block, line: str, failed: bool = False) -> None:
        """Count a block that ended, and show a line about it."""
        self.note(f"{block.label:>12}  {line}", indent=14)
        self._finished += len(block.models)
        if failed:
            self._failed += len(block.models)
            self._bar.set_postfix_str(f"{self._failed} failed", refresh=False)
        self.tick(0)

    def stage(self, name: str) -> None:
        """Show what is done now that models are trained."""
        self._bar.set_description_str(f"{self._study.name}: {name}")

    def _refresh(self) -> None:
        """Let the bar's clock go on; a file has no clock."""
        if self._on_terminal:
            self._bar.refresh()


def _on_terminal() -> bool:
    return sys.stderr.isatty()


class _Lines:
    """What a bar writes, as lines of the standard error."""

    def write(self, text: str) -> None:
        """Write what a bar draws over its last state, as a line of its own."""
        line = text.strip("\r\n ")
        if line:
            print(line, file=sys.stderr, flush=True)

    def flush(self) -> None:
        """Do nothing: every line is written at once."""


def wrapped(text: str, indent: int = 0) -> str:
    """Return a text in lines that fit the terminal; words that do not stay whole."""
    return textwrap.fill(
        text,
        shutil.get_terminal_size().columns,
        subsequent_indent=" " * indent,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )


def headline(run: Path) -> str:
    """Return the result of a run in a line: medians, as one model may be far out.

    Parameters
    ----------
    run : path
        Folder of a finished run.
    """
    runs = files.read_columns(run, ["status", "epochs", "seconds", "elbo", "val_elbo"])
    finished = runs[runs["status"] == Status.FINISHED]
    parts = [
        count(round(runs["epochs"].median()), "epoch"),
        f"{runs['seconds'].sum():.0f} s",
    ]
    for column, kind in (("elbo", "test"), ("val_elbo", "validation")):
        if finished[column].notna().any():
            median = "median " if len(runs) > 1 else ""
            parts.insert(0, f"{median}{kind} ELBO {nats(finished[column].median())} nats")
            break
    if len(finished) < len(runs):
        parts.append(f"{len(runs) - len(finished)} diverged")
    return f"{count(len(runs), 'model')}: {', '.join(parts)}"
