"""Files of runs and reports: their names, and the result tables as CSV or Parquet."""

import contextlib
import dataclasses
import io
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vaelib.results.keys import Setting

# The result tables. Epochs, layers by epochs and scores of every test image are many: as
# Parquet, they are fast to read and small enough to publish.
FILES = {
    "runs": "runs.csv",
    "history": "history.parquet",
    "gradients": "gradients.parquet",
    "latents": "latents.csv",
    "scores": "scores.parquet",
}
# What they were called when they were CSV; such runs and reports stay readable.
EARLIER = {
    name: f"{name}.csv.gz" for name, file in FILES.items() if Path(file).suffix == ".parquet"
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
EVIDENCE = "claims-evidence.csv"
CLAIMS_SETTINGS = "claims-settings.csv"
CLAIMS_FLOW = "claims-flow.csv"
CLAIMS_PAGE = "claims.html"

PARTIAL = ".partial"  # at the end of the name of what is not whole yet

FAILURE_COLUMNS = ["dataset", "activation", "reason"]

# Columns that ``runs`` did not always have, and what held before.
_DEFAULTS = {
    **{field.name: field.default for field in dataclasses.fields(Setting)},
    "output_activation": "sigmoid",
}

_TEXT_COLUMNS = dict.fromkeys(
    (
        *("dataset", "activation", "decoder_activation", "model", "start", "split"),
        *("hidden_units", "network", "layer", "role"),
    ),
    str,
)
# Of the tables in `EARLIER`; what is neither these nor text there is a float.
_INTEGER_COLUMNS = ("seed", "epoch", "depth", "image")


def write(folder: str | Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write tables, each whole or not at all.

    ``runs.csv``, which marks a finished run, comes last.
    """
    for name in sorted(tables, key=lambda name: name == "runs"):
        write_table(folder, name, tables[name])


def write_table(folder: str | Path, name: str, table: pd.DataFrame) -> None:
    """Write one of the tables `FILES`, in the place of an earlier version's file."""
    path = Path(folder) / FILES[name]
    if name in EARLIER:
        write_parquet(path, table)
        path.with_name(EARLIER[name]).unlink(missing_ok=True)
    else:
        write_csv(path, table)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write one CSV file whole or not at all."""
    with whole(path) as partial:
        table.to_csv(partial, index=False, float_format="%.7g")


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


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write one Parquet file whole or not at all.

    Floats are single precision, as networks compute them and as precise as the seven digits
    of the CSV files: more would be twice as large.
    """
    floats = list(table.select_dtypes("floating"))
    others = [name for name in table if name not in floats]
    single = table.astype(dict.fromkeys(floats, np.float32))
    with whole(path) as partial:
        single.to_parquet(
            partial,
            engine="pyarrow",
            index=False,
            compression="zstd",
            use_dictionary=others,
            use_byte_stream_split=floats,
        )


def path_of(folder: str | Path, name: str) -> Path:
    """Return the file of a table, that of an earlier version where there is no other."""
    path = Path(folder) / FILES[name]
    earlier = path.with_name(EARLIER.get(name, path.name))
    return earlier if earlier.is_file() and not path.is_file() else path


def read(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Read the tables of a run or of a study.

    Raises
    ------
    FileNotFoundError
        When the folder has no tables.
    """
    return {name: read_table(folder, name) for name in FILES}


def read_table(folder: str | Path, name: str) -> pd.DataFrame:
    """Read one of the tables `FILES`; columns have the same types whichever file there is.

    Raises
    ------
    FileNotFoundError
        When the folder does not have it.
    """
    return _read_joined([path_of(folder, name)])


def read_runs(folders: Iterable[str | Path]) -> pd.DataFrame:
    """Read the table ``runs`` of at least one run, in order."""
    return _read_joined([path_of(folder, "runs") for folder in folders])


def read_columns(folder: str | Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read some columns of the table ``runs``; its many others take most of the time.

    Raises
    ------
    OSError, ValueError
        Where there is no such table or column, or what is there is damaged.
    """
    return _parse(path_of(folder, "runs"), usecols=columns)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with types that depend on no value.

    CSV knows no types, an empty Parquet column has none, and its floats are single precision.
    """
    types = {}
    for name, dtype in table.dtypes.items():
        if name in _INTEGER_COLUMNS:
            types[name] = np.int64
        elif pd.api.types.is_any_real_numeric_dtype(dtype):
            types[name] = np.float64
        elif table.empty:
            types[name] = str if name in _TEXT_COLUMNS else np.float64
    return table.astype(types)


def read_csv(path: str | Path | io.BytesIO) -> pd.DataFrame:
    """Read one CSV table; no activation's name, not even "none", is a missing value.

    A setting that was not there yet when ``runs`` was written has its default.
    """
    table = _parse(path)
    if "learning_rate" not in table:
        return table
    return table.assign(**{name: of for name, of in _DEFAULTS.items() if name not in table})


def _parse(path: str | Path | io.BytesIO, **options) -> pd.DataFrame:
    return pd.read_csv(path, dtype=_TEXT_COLUMNS, keep_default_na=False, na_values=[""], **options)


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
    folders = list(folders)
    tables = {name: _read_joined([path_of(one, name) for one in folders]) for name in FILES}
    if models is None:
        return tables
    return {name: _in_order(table, models) for name, table in tables.items()}


def places_of(values: pd.Series, models: Sequence[str]) -> np.ndarray:
    """Return the place of each value among some identities, int [n]; -1 where it is none."""
    codes, distinct = pd.factorize(values)  # as an index of every row takes much memory
    return pd.Index(models).get_indexer(distinct)[codes]


def _read_joined(paths: Sequence[Path]) -> pd.DataFrame:
    """Read one table of several runs; files that are alike at once, as each call costs time."""
    parts = []
    for kind, group in itertools.groupby(paths, key=_kind):
        if kind == ".parquet":
            joined = pa.concat_tables(map(_read_parquet, group), promote_options="permissive")
            parts.append(_typed(joined.combine_chunks().to_pandas()))
        elif kind == ".gz":
            parts += [_typed(read_csv(path)) for path in group]
        else:
            rows = [path.read_bytes().removeprefix(kind) for path in group]
            parts.append(read_csv(io.BytesIO(b"".join([kind, *rows]))))
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def _kind(path: Path) -> str | bytes:
    """Return the suffix of a compressed file, the first line of a CSV file."""
    if path.suffix != ".csv":
        return path.suffix
    with path.open("rb") as file:
        return file.readline()


def _read_parquet(path: Path) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return file.read(use_threads=False)


def _in_order(table: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Return the rows of some models, in the order of these."""
    places = places_of(table["model"], models)
    order = np.argsort(places, kind="stable")
    return table.take(order[np.count_nonzero(places < 0) :]).reset_index(drop=True)
