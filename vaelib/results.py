"""The result tables: one fact a row, the same columns in every study."""

import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from vaelib import comparisons, stats, verdicts

KEYS = ["dataset", "activation", "point", "seed"]  # of a model, in every table

# Layers by epochs and scores of every test image are many: compressed, they stay
# small enough to publish.
FILES = {
    "runs": "runs.csv",
    "history": "history.csv",
    "gradients": "gradients.csv.gz",
    "latents": "latents.csv",
    "scores": "scores.csv.gz",
}


_NAMES = dict.fromkeys(("dataset", "activation", "decoder_activation"), str)


@dataclasses.dataclass(frozen=True)
class Metric:
    """A column of the report's table.

    Attributes
    ----------
    column : str
        In the tables.
    label : str
        On the page, with the unit.
    best : str
        ``highest``, ``lowest``, or ``none`` where neither is better.
    digits : int
        Significant digits shown.
    """

    column: str
    label: str
    best: str
    digits: int = 3


METRICS = (
    Metric("elbo", "test ELBO (nats)", "highest", 4),
    Metric("mse", "MSE", "lowest"),
    Metric("psnr", "PSNR (dB)", "highest"),
    Metric("ssim", "SSIM", "highest"),
    Metric("kl", "KL (nats)", "none"),
    Metric("active_units", "active units", "none"),
    Metric("epochs_to_target", "epochs to target", "lowest"),
    Metric("seconds_per_epoch", "seconds per epoch", "lowest"),
    Metric("gap", "generalisation gap (nats)", "none"),
    Metric("gradient_ratio", "gradient ratio first/last", "none"),
)


def write(folder: str | Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write tables as CSV files, each whole or not at all.

    ``runs.csv``, the mark of a finished run, comes last.
    """
    for name in sorted(tables, key=lambda name: name == "runs"):
        write_csv(Path(folder) / FILES[name], tables[name])


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write one CSV file whole or not at all; gzip when its name says so."""
    compression = {"method": "gzip", "mtime": 0} if path.suffix == ".gz" else None
    partial = path.with_name(path.name + ".partial")
    table.to_csv(partial, index=False, float_format="%.7g", compression=compression)
    os.replace(partial, path)


def read(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Read the tables of a run or of a study.

    Raises
    ------
    FileNotFoundError
        When the folder has no tables.
    """
    return {name: read_csv(Path(folder) / file) for name, file in FILES.items()}


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read one table; no activation's name, not even "none", is a missing value."""
    return pd.read_csv(path, dtype=_NAMES, keep_default_na=False, na_values=[""])


def by_comparison(path: str | Path, count: int) -> list[pd.DataFrame]:
    """Read a report's summary or verdicts; return a table for each comparison."""
    table = read_csv(path)
    parts = [table[table["comparison"] == number] for number in range(count)]
    return [part.drop(columns="comparison").reset_index(drop=True) for part in parts]


def collect(folders: Iterable[str | Path]) -> dict[str, pd.DataFrame]:
    """Join the tables of several runs."""
    parts = [read(folder) for folder in folders]
    return {name: pd.concat([p[name] for p in parts], ignore_index=True) for name in FILES}


def default_target(tables: dict[str, pd.DataFrame]) -> float:
    """Return the median over finished runs of the validation loss they end with."""
    runs = tables["runs"]
    finished = runs.loc[runs["status"] == "finished", ["activation", "seed"]]
    history = tables["history"].merge(finished)
    return float(history.groupby(["activation", "seed"])["val_loss"].last().median())


def epochs_to_target(history: pd.DataFrame, target: float) -> pd.DataFrame:
    """Return each run's first epoch with a validation loss at or under a target.

    Parameters
    ----------
    history : pandas.DataFrame
    target : float
        In nats.

    Returns
    -------
    pandas.DataFrame
        ``activation``, ``seed``, ``epochs_to_target``; NaN where the target
        was not reached.
    """
    reached = history["epoch"].where(history["val_loss"] <= target)
    first = reached.groupby([history["activation"], history["seed"]]).min()
    return first.rename("epochs_to_target").reset_index()


def summarize(tables: dict[str, pd.DataFrame], target: float, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the report's table: a row for each activation, best ELBO first.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        Of one comparison; see `comparisons.select`.
    target : float
        Validation loss in nats; see `epochs_to_target`.
    pairs : pandas.DataFrame
        The verdicts; see `comparisons.judge`.

    Returns
    -------
    pandas.DataFrame
        ``activation``; ``runs`` and ``diverged``, numbers of models;
        ``reached``, models that met the target; and for each of `METRICS` the
        mean over the finished seeds, with ``_low`` and ``_high``, its 95 %
        interval, and ``_tie``, true for the best mean and for those that are
        not worse than it by verdict.
        The epochs to the target have no mean where a run missed it.
    """
    runs = tables["runs"].merge(
        epochs_to_target(tables["history"], target), on=["activation", "seed"], how="left"
    )
    rows = []
    for activation, group in runs.groupby("activation", sort=False):
        finished = group[group["status"] == "finished"]
        reached = int(finished["epochs_to_target"].notna().sum())
        row = {
            "activation": activation,
            "runs": len(group),
            "diverged": int((group["status"] == "diverged").sum()),
            "reached": reached,
        }
        for metric in METRICS:
            values = finished[metric.column].to_numpy(float)
            if metric.column == "epochs_to_target" and reached < len(finished):
                values = np.array([])
            row[metric.column] = np.mean(values) if len(values) else np.nan
            low, high = stats.mean_interval(values)
            row[f"{metric.column}_low"], row[f"{metric.column}_high"] = low, high
        rows.append(row)
    summary = pd.DataFrame(rows)
    for metric in METRICS:
        summary[f"{metric.column}_tie"] = _ties(summary, metric, pairs)
    return summary.sort_values("elbo", ascending=False, ignore_index=True)


def _ties(summary: pd.DataFrame, metric: Metric, pairs: pd.DataFrame) -> list[bool]:
    """Mark the best mean and those that are not worse by verdict."""
    means = summary.set_index("activation")[metric.column].dropna()
    if metric.best == "none" or means.empty:
        return [False] * len(summary)
    best = means.idxmax() if metric.best == "highest" else means.idxmin()
    against = comparisons.against(pairs, best, metric.column)["verdict"]
    tied = {best, *against.index[against != verdicts.BETTER]}
    return [name in tied and name in means for name in summary["activation"]]


def over_seeds(table: pd.DataFrame, value: str, by: list[str]) -> pd.DataFrame:
    """Return the mean and interval over seeds of a value.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``activation``, ``seed``, `value` and those of `by`.
    value : str
    by : list of str
        Columns that tell a row of one model from another, such as ``epoch``.

    Returns
    -------
    pandas.DataFrame
        ``activation``, the columns of `by`, ``mean``, ``low``, ``high``; only
        rows that every one of the activation's seeds has.
    """
    parts = []
    for activation, group in table.groupby("activation", sort=False):
        wide = group.pivot_table(index="seed", columns=by, values=value, sort=True).dropna(axis=1)
        low, high = stats.mean_interval(wide.to_numpy())
        part = wide.mean().rename("mean").reset_index().assign(low=low, high=high)
        part.insert(0, "activation", activation)
        parts.append(part)
    if not parts:
        return pd.DataFrame(columns=["activation", *by, "mean", "low", "high"])
    return pd.concat(parts, ignore_index=True)
