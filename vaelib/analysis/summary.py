"""The report's table and its curves: means over seeds with intervals."""

import math

import numpy as np
import pandas as pd

from vaelib.analysis import comparisons, intervals
from vaelib.analysis.verdicts import Verdict
from vaelib.results.columns import METRICS, Direction, Metric
from vaelib.results.keys import Status


def default_target(tables: dict[str, pd.DataFrame]) -> float:
    """Return the median over finished runs of the final validation loss."""
    models = ["activation", "seed"]
    finished = comparisons.finished_runs(tables["runs"])[models]
    history = tables["history"].merge(finished)
    return float(history.groupby(models)["val_loss"].last().median())


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
        ``reached``, models that reached the target; and for each of `METRICS` the
        mean over the finished seeds, with ``_low`` and ``_high``, its 95 %
        interval, and ``_tie``, true for the best mean and for those that
        it is not better than by verdict.
        The epochs to the target have no mean where a run missed it.
    """
    runs = tables["runs"].merge(
        epochs_to_target(tables["history"], target), on=["activation", "seed"], how="left"
    )
    rows = []
    for activation, group in runs.groupby("activation", sort=False):
        finished = comparisons.finished_runs(group)
        reached = int(finished["epochs_to_target"].notna().sum())
        row = {
            "activation": activation,
            "runs": len(group),
            "diverged": int((group["status"] == Status.DIVERGED).sum()),
            "reached": reached,
        }
        for metric in METRICS:
            values = finished[metric.column].to_numpy(float)
            if metric.column == "epochs_to_target" and reached < len(finished):
                values = np.array([])
            row[metric.column] = np.mean(values) if len(values) else np.nan
            low, high = intervals.mean_interval(values)
            row[f"{metric.column}_low"], row[f"{metric.column}_high"] = low, high
        rows.append(row)
    summary = pd.DataFrame(rows)
    for metric in METRICS:
        summary[f"{metric.column}_tie"] = _ties(summary, metric, pairs)
    return summary.sort_values("elbo", ascending=False, ignore_index=True)


def _ties(summary: pd.DataFrame, metric: Metric, pairs: pd.DataFrame) -> list[bool]:
    """Return which activations have the best mean, or are not worse by verdict."""
    means = summary.set_index("activation")[metric.column].dropna()
    if not metric.marks_best or metric.direction == Direction.NEITHER or means.empty:
        return [False] * len(summary)
    best = means.idxmax() if metric.direction == Direction.HIGHER else means.idxmin()
    verdicts = comparisons.verdicts_against_others(pairs, best, metric.column)["verdict"]
    tied = {best, *verdicts.index[verdicts != Verdict.BETTER]}
    return [name in tied and name in means for name in summary["activation"]]


def of_study(
    tables: dict[str, pd.DataFrame], margins: dict[str, float], target_loss: float | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, list[dict]]:
    """Summarise every comparison that a study holds.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        Of the whole study; see `results.files.read`.
    margins : dict of str to float
        By metric; see `comparisons.judge`.
    target_loss : float, optional
        Validation loss in nats; by default each comparison's `default_target`.

    Returns
    -------
    summary, verdicts : pandas.DataFrame
        As of `summarize` and `comparisons.judge`, with the number of the
        comparison in the column ``comparison``.
    facts : list of dict
        ``label``, ``target_loss`` (None where no model finished) and the fields of
        each comparison.
    """
    facts, summaries, judged = [], [], []
    for number, comparison in enumerate(comparisons.of_study(tables["runs"])):
        chosen = comparisons.select(tables, comparison)
        target = default_target(chosen) if target_loss is None else target_loss
        pairs = comparisons.judge(chosen["runs"], margins)
        summaries.append(summarize(chosen, target, pairs).assign(comparison=number))
        judged.append(pairs.assign(comparison=number))
        known = None if math.isnan(target) else target
        facts.append({"label": comparison.label, "target_loss": known, **comparison.fields})
    return pd.concat(summaries), pd.concat(judged), facts


def over_seeds(table: pd.DataFrame, value: str, by: list[str]) -> pd.DataFrame:
    """Return the mean and interval over seeds of a value.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``activation``, ``seed``, `value` and those of `by`.
    value : str
    by : list of str
        Columns that identify a row within one model, such as ``epoch``.

    Returns
    -------
    pandas.DataFrame
        ``activation``, the columns of `by`, ``mean``, ``low``, ``high``; only
        rows that all of the activation's seeds have.
    """
    parts = []
    for activation, group in table.groupby("activation", sort=False):
        wide = group.pivot_table(index="seed", columns=by, values=value, sort=True).dropna(axis=1)
        low, high = intervals.mean_interval(wide.to_numpy())
        part = wide.mean().rename("mean").reset_index().assign(low=low, high=high)
        part.insert(0, "activation", activation)
        parts.append(part)
    if not parts:
        return pd.DataFrame(columns=["activation", *by, "mean", "low", "high"])
    return pd.concat(parts, ignore_index=True)
