"""Files of runs and reports: their names, and the result tables as CSV."""

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from vaelib.results.keys import Setting

# The result tables. Epochs, layers by epochs and scores of every test image are many:
# compressed, they stay small enough to publish.
FILES = {
    "runs": "runs.csv",
    "history": "history.csv.gz",
    "gradients": "gradients.csv.gz",
    "latents": "latents.csv",
    "scores": "scores.csv.gz",
}

# Other files of a run.
RUN_GALLERY = "gallery.npz"
RUN_MODEL = "model.keras"

# Other files of a report.
SUMMARY = "summary.csv"
VERDICTS = "verdicts.csv"
FAILURES = "failures.csv"
FACTS = "study.json"
GALLERY = "gallery.npz"
PAGE = "report.html"
MODELS = "models"  # a folder

# A picture beside a published report.
RECONSTRUCTIONS = "reconstructions.png"

# Files of all studies.
INDEX = "index.html"
CLAIMS = "claims.csv"
CLAIMS_PAGE = "claims.html"

PARTIAL = ".partial"  # at the end of the name of what is not whole yet

FAILURE_COLUMNS = ["dataset", "activation", "reason"]

# Columns that ``runs`` did not always have, and what held before.
_DEFAULTS = {
    **{field.name: field.default for field in dataclasses.fields(Setting)},
    "output_activation": "sigmoid",
}

_TEXT_COLUMNS = dict.fromkeys(
    ("dataset", "activation", "decoder_activation", "model", "start", "split", "hidden_units"), str
)


def write(folder: str | Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write tables as CSV files, each whole or not at all.

    ``runs.csv``, which marks a finished run, comes last.
    """
    for name in sorted(tables, key=lambda name: name == "runs"):
        write_csv(Path(folder) / FILES[name], tables[name])


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write one CSV file whole or not at all; gzip when its name says so."""
    compression = {"method": "gzip", "mtime": 0} if path.suffix == ".gz" else None
    with whole(path) as partial:
        table.to_csv(partial, index=False, float_format="%.7g", compression=compression)


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Write a file whole or not at all: yield where to write what takes its place in the end.

    Parameters
    ----------
    path : path
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):  # the cause may be that nothing can be deleted
            partial.unlink(missing_ok=True)
        raise


def read(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Read the tables of a run or of a study.

    Raises
    ------
    FileNotFoundError
        When the folder has no tables.
    """
    return {name: read_csv(Path(folder) / file) for name, file in FILES.items()}


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read one table; no activation's name, not even "none", is a missing value.

    A setting that was not there yet when ``runs`` was written has its default.
    """
    table = pd.read_csv(path, dtype=_TEXT_COLUMNS, keep_default_na=False, na_values=[""])
    if "learning_rate" not in table:
        return table
    return table.assign(**{name: of for name, of in _DEFAULTS.items() if name not in table})


def read_facts(folder: str | Path) -> dict:
    """Read what a report says about its study: settings, images, comparisons, versions."""
    return json.loads((Path(folder) / FACTS).read_text(encoding="utf-8"))


def read_compared(folder: str | Path, count: int) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """Read a report's summary and its verdicts, a table of each for each comparison."""
    folder = Path(folder)
    return by_comparison(folder / SUMMARY, count), by_comparison(folder / VERDICTS, count)


def by_comparison(path: str | Path, count: int) -> list[pd.DataFrame]:
    """Read a report's summary or verdicts; return a table for each comparison."""
    table = read_csv(path)
    parts = [table[table["comparison"] == number] for number in range(count)]
    return [part.drop(columns="comparison").reset_index(drop=True) for part in parts]


def collect(
    folders: Iterable[str | Path], models: Sequence[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Join the tables of several runs.

    Parameters
    ----------
    folders : iterable of str or path
    models : sequence of str, optional
        Identities of the models to keep, in their order; all by default.
    """
    parts = [read(folder) for folder in folders]
    tables = {name: pd.concat([p[name] for p in parts], ignore_index=True) for name in FILES}
    if models is None:
        return tables
    order = {model: position for position, model in enumerate(models)}
    for name, table in tables.items():
        kept = table[table["model"].isin(order)]
        positions = kept["model"].map(order)
        tables[name] = kept.loc[positions.sort_values(kind="stable").index].reset_index(drop=True)
    return tables
