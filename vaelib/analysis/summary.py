"""The report's table: means over seeds with intervals."""

import dataclasses
import math
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from vaelib.analysis import budget, comparisons, intervals
from vaelib.analysis.diagnosis.criteria import DEFAULTS
from vaelib.analysis.new_images import TestSet
from vaelib.analysis.race import Race
from vaelib.analysis.rules import Rules
from vaelib.analysis.verdicts import Verdict
from vaelib.results.columns import METRICS, OF_RECONSTRUCTIONS, Direction, Metric
from vaelib.results.keys import Status

_VANISHED = DEFAULTS.gradient_flow
_ROUNDING = 1e-6  # of tables, relative


def default_target(runs: pd.DataFrame) -> float:
    """Return the median over finished runs of the validation loss they ended with."""
    return float(-comparisons.finished_runs(runs)["val_elbo"].median())


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
    # A target that is the loss of a model is rounded otherwise than in its history.
    within = history["val_loss"] <= target + _ROUNDING * abs(target)
    reached = history["epoch"].where(within)
    first = reached.groupby([history["activation"], history["seed"]]).min()
    return first.rename("epochs_to_target").reset_index()


def summarize(
    tables: dict[str, pd.DataFrame], target: float, pairs: pd.DataFrame, found: Race | None = None
) -> pd.DataFrame:
    """Return the report's table: a row for each activation, the best ELBO first.

    In a race, those that stayed longer come before.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        Of one comparison; see `comparisons.select`.
    target : float
        Validation loss in nats; see `epochs_to_target`.
    pairs : pandas.DataFrame
        The verdicts; see `comparisons.judge`.
    found : Race, optional
        Where the models are those of a race, which gives the order: means over
        different replicates cannot be compared.

    Returns
    -------
    pandas.DataFrame
        ``activation``; ``runs``, ``diverged`` and ``ended``, numbers of models, the
        last of those whose validation loss had stopped improving; ``reached``, models
        that reached the target; ``with_gradient``, models whose gradient has not
        vanished while they learned (see `Thresholds.gradient_flow`);
        ``falling``, see `budget.falling`; ``behind``, the
        mean paired difference of the first activation's ELBO from this one's, with the
        intervals ``behind_low`` to ``behind_high`` and, for new images,
        ``behind_new_low`` to ``behind_new_high``;
        and for each of `METRICS` the mean over the finished seeds, with ``_low`` and
        ``_high``, its 95 % interval, and ``_tie``, true for the best and for those that
        none is better than by verdict.
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
            "ended": int(finished["ended"].astype(bool).sum()),
            "reached": reached,
            "with_gradient": int((finished["gradient_flow_learning"] >= _VANISHED).sum()),
        }
        for metric in METRICS:
            values = finished[metric.column].to_numpy(float)
            if metric.column == "epochs_to_target" and reached < len(finished):
                values = np.array([])
            row[metric.column] = np.mean(values) if len(values) else np.nan
            low, high = _possible(metric, intervals.mean_interval(values), finished)
            row[f"{metric.column}_low"], row[f"{metric.column}_high"] = low, high
        rows.append(row)
    summary = pd.DataFrame(rows).sort_values("elbo", ascending=False, kind="stable")
    if found is not None:
        position = {name: number for number, name in enumerate(found.order)}
        summary = summary.sort_values("activation", key=lambda names: names.map(position))
    summary = summary.reset_index(drop=True)
    falling = budget.falling(tables["history"], list(summary["activation"]))
    summary["falling"] = summary["activation"].map(falling)
    marked = [metric.column for metric in METRICS if metric.marks_best]
    by_seed = comparisons.by_seed(comparisons.finished_runs(runs), marked)
    for metric in METRICS:
        summary[f"{metric.column}_tie"] = _ties(summary, by_seed, metric, pairs)
    return _with_distances(summary, pairs)


def _possible(
    metric: Metric, interval: tuple[float, float], runs: pd.DataFrame
) -> tuple[float, float]:
    """Return the part of an interval that a metric can have; it covers the mean as often."""
    most = runs[metric.most_column].max() if metric.most_column in runs else metric.most
    low, high = np.clip(interval, metric.least, most)
    return float(low), float(high)


def _with_distances(summary: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Add how far each activation is behind the first one, paired by replicate."""
    first = summary["activation"].iloc[0]
    against = comparisons.verdicts_against_others(pairs, first, "elbo")
    own = against.reindex(summary["activation"]).reset_index(drop=True)
    names = {"difference": "behind"}
    names |= {name: f"behind_{name}" for name in ("low", "high", "new_low", "new_high")}
    return pd.concat([summary, own[list(names)].rename(columns=names).astype(float)], axis=1)


def _ties(
    summary: pd.DataFrame,
    by_seed: Mapping[str, pd.DataFrame],
    metric: Metric,
    pairs: pd.DataFrame,
) -> list[bool]:
    """Return which activations have the best mean, or none that is better by verdict.

    The best is found on the replicates that all activations have.
    """
    if not metric.marks_best or metric.direction == Direction.NEITHER:
        return [False] * len(summary)
    values = by_seed[metric.column]
    with_mean = set(summary["activation"][summary[metric.column].notna()])
    values = values[[name for name in values if name in with_mean]]
    common = values.dropna()
    means = (common if len(common) else values).mean().dropna()
    if metric.column == "elbo":  # whose order the summary has
        means = means[[name for name in summary["activation"] if name in means][:1]]
    if means.empty:
        return [False] * len(summary)
    best = means.idxmax() if metric.direction == Direction.HIGHER else means.idxmin()
    family = pairs[pairs["metric"] == metric.column]
    compared = {*family["a"], *family["b"]}
    worse = {
        *family.loc[family["verdict"] == Verdict.BETTER, "b"],
        *family.loc[family["verdict"] == Verdict.WORSE, "a"],
    }
    tied = {best, *(compared - worse)}
    return [name in tied and name in with_mean for name in summary["activation"]]


def of_study(
    tables: dict[str, pd.DataFrame],
    rules: Rules,
    test_sets: Mapping[str, TestSet],
    failed: Mapping[str, Collection[str]] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, list[dict]]:
    """Summarise every comparison that a study holds.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        Of the whole study; see `results.files.read`.
    rules : Rules
    test_sets : mapping of str to TestSet
        By data set.
    failed : mapping of str to collection of str, optional
        By data set, the activations of which a run failed.

    Returns
    -------
    summary, verdicts : pandas.DataFrame
        As of `summarize` and `comparisons.judge`, with the number of the
        comparison in the column ``comparison``.
    facts : list of dict
        ``label``, ``target_loss`` (None where no model finished), ``margins``, ``lead``
        (see `budget.lead`; empty where there are several comparisons), the means
        over models of ``constant_elbo``, ``pixel_entropy`` and
        ``train_sliced_wasserstein`` (where known; see `training.evaluate`),
        ``pca`` (see `pca_scores`; None where unknown), ``race`` (see `race.Race`; None
        for other studies) and the fields of each comparison.
    """
    facts, summaries, judged = [], [], []
    compared = comparisons.of_study(tables["runs"], rules.tuned)
    parts = zip(compared, comparisons.split(tables, compared), strict=True)
    for number, (comparison, chosen) in enumerate(parts):
        dataset = comparison.fields["dataset"]
        target = rules.target_loss
        if target is None:
            target = default_target(chosen["runs"])
        found = rules.run_race(chosen["runs"], (failed or {}).get(dataset, ()))
        limits = rules.margins_of(chosen["runs"])
        pairs = comparisons.judge(chosen, limits, test_sets[dataset], found, rules.seeds)
        summaries.append(summarize(chosen, target, pairs, found).assign(comparison=number))
        judged.append(pairs.assign(comparison=number))
        facts.append(
            {
                "label": comparison.label,
                "target_loss": None if math.isnan(target) else target,
                "margins": limits,
                "lead": _lead(chosen, rules) if len(compared) == 1 else [],
                **_baseline(chosen["runs"]),
                "pca": pca_scores(chosen["runs"]),
                "race": None if found is None else dataclasses.asdict(found),
                **comparison.fields,
            }
        )
    return pd.concat(summaries), pd.concat(judged), facts


def _lead(tables: dict[str, pd.DataFrame], rules: Rules) -> list[dict]:
    """Return who leads on validation images after each number of epochs; see `budget.lead`."""
    finished = comparisons.finished_runs(tables["runs"])
    history = tables["history"].merge(finished["model"])
    if history.empty:
        return []
    values = budget.quality(history, rules.keep_best)
    return budget.lead(budget.leaders(values, rules.judge_elbo(finished)))


def _baseline(runs: pd.DataFrame) -> dict[str, float]:
    """Return what bounds or puts into proportion the scores of a comparison."""
    columns = ("constant_elbo", "pixel_entropy", "train_sliced_wasserstein")
    means = runs[list(columns)].mean().dropna()
    return means.to_dict()


def pca_scores(runs: pd.DataFrame) -> dict | None:
    """Return how well principal components reconstruct the test images of a comparison.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one comparison; see `training.evaluate.score`.

    Returns
    -------
    dict or None
        ``components`` and ``images``, that they were fitted on; and for each of
        `OF_RECONSTRUCTIONS` the mean over replicates, with ``_low`` and ``_high``, its
        95 % interval, where there is one. None in tables without such columns, as
        earlier versions wrote them, or with no model that was scored.
    """
    columns = [metric.pca_column for metric in OF_RECONSTRUCTIONS]
    if not set(columns) <= set(runs):
        return None
    # All activations of a replicate have its split, and so its components.
    replicates = runs.dropna(subset=columns).groupby("seed").first()
    if replicates.empty:
        return None
    first = replicates.iloc[0]
    found = {"components": int(first["pca_components"]), "images": int(first["pca_images"])}
    for metric in OF_RECONSTRUCTIONS:
        values = replicates[metric.pca_column].to_numpy(float)
        found[metric.column] = float(np.mean(values))
        low, high = _possible(metric, intervals.mean_interval(values), replicates)
        if not math.isnan(low):
            found |= {f"{metric.column}_low": low, f"{metric.column}_high": high}
    return found
