"""Which models of a study are compared: those that differ in activation and seed only."""

import dataclasses
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from vaelib.analysis import new_images, verdicts
from vaelib.analysis.intervals import LEVEL
from vaelib.analysis.new_images import TestSet
from vaelib.analysis.race import Race
from vaelib.analysis.verdicts import Verdict
from vaelib.results import files
from vaelib.results.columns import BY_COLUMN, JUDGED, Metric, describe
from vaelib.results.keys import SAME, SETTING_KEYS, Status

COLUMNS = ("dataset", *SETTING_KEYS)
ELBO = BY_COLUMN["elbo"]
_BOUNDS = (("low", "high"), ("new_low", "new_high"))
OWN = "each its own"  # the value of a column that was chosen for each activation


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Models that differ only in their activation, their seed, and what was tuned.

    Attributes
    ----------
    fields : dict
        Value of each of `COLUMNS`.
    varying : tuple of str
        The columns by which it differs from the study's other comparisons.
    """

    fields: dict
    varying: tuple[str, ...]

    @property
    def label(self) -> str:
        """Its values of the varying columns, in words; empty for a single comparison."""
        return ", ".join(describe(name, self.fields[name]) for name in self.varying)


def finished_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the models that did not diverge."""
    return runs[runs["status"] == Status.FINISHED]


def with_setting(
    parts: Sequence[dict[str, pd.DataFrame]], model: pd.Series
) -> dict[str, pd.DataFrame]:
    """Join the tables of several runs; return the rows of models with one's setting.

    Parameters
    ----------
    parts : sequence of dict of str to pandas.DataFrame
        See `results.files.read`.
    model : pandas.Series
        A row of ``runs``.
    """
    joined = {name: pd.concat([part[name] for part in parts]) for name in parts[0]}
    keys = ["dataset", "activation", *SETTING_KEYS]
    equal = pd.concat([joined["runs"][name] == model[name] for name in keys], axis=1)
    models = joined["runs"].loc[equal.all(axis=1).to_numpy(), "model"]
    return {
        name: table[table["model"].isin(models)].reset_index(drop=True)
        for name, table in joined.items()
    }


def decoder_activations(runs: pd.DataFrame) -> pd.Series:
    """Return the name of each model's decoder activation, also where it is the encoder's."""
    decoder = runs["decoder_activation"]
    return decoder.where(decoder.notna() & (decoder != SAME), runs["activation"])


def of_study(runs: pd.DataFrame, tuned: Collection[str] = ()) -> list[Comparison]:
    """Return the comparisons within a study, in the order of its grid.

    Parameters
    ----------
    runs : pandas.DataFrame
        See `training.sweep.train`.
    tuned : collection of str
        Columns whose value was chosen for each activation.
    """
    scored = runs[runs["scored"].astype(bool)].assign(**dict.fromkeys(tuned, OWN))
    rows = scored[list(COLUMNS)].drop_duplicates().astype(object).to_dict("records")
    candidates = list(COLUMNS)
    # Data sets of different sizes do not make the number of images a setting.
    if scored.groupby("dataset")["train_size"].nunique().max() == 1:
        candidates.remove("train_size")
    varying = tuple(name for name in candidates if len({row[name] for row in rows}) > 1)
    return [Comparison(row, varying) for row in rows]


def select(tables: dict[str, pd.DataFrame], comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Return the rows of a comparison's models.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        Of a whole study; see `results.files.read`.
    comparison : Comparison

    Returns
    -------
    dict of str to pandas.DataFrame
        One model for each activation and seed.
    """
    runs = tables["runs"]
    models = runs.loc[matching(runs, comparison) & runs["scored"].astype(bool), "model"]
    return {name: table[table["model"].isin(models)] for name, table in tables.items()}


def split(
    tables: dict[str, pd.DataFrame], compared: Sequence[Comparison]
) -> Iterator[dict[str, pd.DataFrame]]:
    """Yield what `select` returns for each comparison of a study, after one pass over the rows.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        Of the whole study; see `results.files.read`.
    compared : sequence of Comparison
        See `of_study`.
    """
    runs = tables["runs"]
    scored, numbers = runs["scored"].astype(bool), np.full(len(runs) + 1, -1)
    for number, one in enumerate(compared):
        numbers[:-1][matching(runs, one) & scored] = number
    rows = {}
    for name, table in tables.items():
        # Of a model that is not in `runs`, the last number.
        own = numbers[files.places_of(table["model"], runs["model"])]
        order = np.argsort(own, kind="stable")
        bounds = np.searchsorted(own[order], range(len(compared) + 1))
        rows[name] = np.split(order, bounds)[1:-1]
    for number in range(len(compared)):
        yield {name: table.iloc[rows[name][number]] for name, table in tables.items()}


def matching(runs: pd.DataFrame, comparison: Comparison) -> pd.Series:
    """Return which models have a comparison's setting, in all that was not tuned."""
    fixed = {name: value for name, value in comparison.fields.items() if value != OWN}
    return pd.concat([runs[name] == value for name, value in fixed.items()], axis=1).all(axis=1)


def judge(
    tables: dict[str, pd.DataFrame],
    margins: Mapping[str, float],
    test_set: TestSet,
    found: Race | None = None,
    seeds: Sequence[int] = (),
) -> pd.DataFrame:
    """Give a verdict on every pair of activations, on each metric that is judged.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        Of one comparison; see `select`.
    margins : mapping of str to float
        By metric; see `margins.of_runs`.
    test_set : TestSet
    found : Race, optional
        Where the models are those of a race.
    seeds : sequence of int
        Of the race, in order.

    Returns
    -------
    pandas.DataFrame
        ``metric``, ``margin``, the columns of `verdicts.judge`, and ``new_low`` and
        ``new_high``, the interval for new images (see `new_images`; NaN where it needs
        scores of single images that there are none of). The pairs of one metric are one
        family.
    """
    finished = finished_runs(tables["runs"])
    activations = sorted(finished["activation"].unique())
    means = by_seed(finished, [metric.column for metric in JUDGED])
    ratio = test_set.images / test_set.others
    scores = tables.get("scores", pd.DataFrame())  # not published where they are large
    by_image = functools.cache(functools.partial(_by_image, scores))  # of many pairs
    parts = []
    for metric in JUDGED:
        margin = margins[metric.column]
        values = means[metric.column]
        if found is None:
            pairs = verdicts.compare(values[activations], margin, metric.direction)
        else:
            values = values.reindex(index=list(seeds), columns=sorted(found.order))
            retired = [one for stage in found.stages for one in stage.retired]
            pairs = verdicts.of_race(
                values, found.looks, margin, metric.direction, retired if metric == ELBO else ()
            )
        arrays = {name: own.to_numpy(float) for name, own in values.items()}
        bounds = [
            _for_new_images(row, metric, arrays, by_image, test_set, ratio)
            for row in pairs.itertuples()
        ]
        pairs[["new_low", "new_high"]] = np.reshape(bounds, (-1, 2))
        pairs.insert(0, "metric", metric.column)
        pairs.insert(1, "margin", margin)
        parts.append(pairs)
    return pd.concat(parts, ignore_index=True)


def by_seed(finished: pd.DataFrame, columns: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return a table of each of some columns: index, the seeds; columns, the activations.

    What `pandas.DataFrame.pivot_table` returns of each, several times as fast: seeds and
    activations without a value are left out.
    """
    means = finished.groupby(["seed", "activation"])[list(columns)].mean()
    return {
        column: means[column].dropna().unstack("activation").sort_index(axis="columns")  # noqa: PD010
        for column in columns
    }


def _for_new_images(
    pair,
    metric: Metric,
    values: Mapping[str, np.ndarray],
    by_image: Callable[[str, str], pd.DataFrame | None],
    test_set: TestSet,
    ratio: float,
) -> tuple[float, float]:
    """Return the interval of a pair's difference for new images of the same kind."""
    level = 1 - getattr(pair, "level", 1 - LEVEL)
    if test_set.redrawn:
        differences = values[pair.a] - values[pair.b]
        return new_images.corrected_interval(differences[~np.isnan(differences)], ratio, level)
    of_a, of_b = by_image(pair.a, metric.column), by_image(pair.b, metric.column)
    if of_a is None or of_b is None:
        return np.nan, np.nan
    differences = (of_a - of_b).dropna(how="all").dropna(axis="columns")
    if differences.empty:
        return np.nan, np.nan
    return new_images.crossed_interval(differences.to_numpy(), level)


def _by_image(scores: pd.DataFrame, activation: str, column: str) -> pd.DataFrame | None:
    """Return an activation's scores, seeds by images; None without such scores."""
    if column not in scores:
        return None
    own = scores[scores["activation"] == activation]
    return own.pivot_table(index="seed", columns="image", values=column)


def verdicts_against_others(pairs: pd.DataFrame, activation: str, metric: str) -> pd.DataFrame:
    """Return the verdicts of one activation against the others.

    Parameters
    ----------
    pairs : pandas.DataFrame
        See `judge`.
    activation, metric : str

    Returns
    -------
    pandas.DataFrame
        Index: the other activation; columns ``verdict``, ``needed``, ``n``,
        ``difference`` from the other, ``low``, ``high``, ``new_low`` and ``new_high``.
    """
    family = pairs[pairs["metric"] == metric]
    as_first = family[family["a"] == activation].set_index("b")
    as_second = family[family["b"] == activation].set_index("a")
    as_second = as_second.replace({"verdict": {one: one.opposite for one in Verdict}})
    as_second = as_second.assign(
        difference=-as_second["difference"],
        **{low: -as_second[high] for low, high in _BOUNDS},
        **{high: -as_second[low] for low, high in _BOUNDS},
    )
    columns = ["n", "difference", *(name for bounds in _BOUNDS for name in bounds)]
    both = pd.concat([as_first, as_second]).rename_axis("other")
    return both[["verdict", "needed", *columns]]


def groups_over(
    summaries: Sequence[pd.DataFrame], compared: Sequence[Comparison], dimension: str
) -> list[tuple[str, pd.DataFrame]]:
    """Join the summaries with their settings; split by all that varies but `dimension`.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `analysis.summary.summarize`.
    compared : sequence of Comparison
    dimension : str
        One of `COLUMNS`.

    Returns
    -------
    list of (str, pandas.DataFrame)
        Each group's label and rows.
    """
    joined = pd.concat(
        [summary.assign(**one.fields) for summary, one in zip(summaries, compared, strict=True)]
    )
    return labelled_groups(joined, [name for name in compared[0].varying if name != dimension])


def average_ranks(
    summaries: Sequence[pd.DataFrame], compared: Sequence[Comparison]
) -> dict[str, verdicts.Ranks]:
    """Rank activations by test ELBO over data sets, in each combination of other settings.

    Parameters
    ----------
    summaries, compared
        As in `groups_over`.

    Returns
    -------
    dict of str to verdicts.Ranks
        By the label of the other settings.
    """
    return {
        label: verdicts.ranks(
            rows.pivot_table(index="dataset", columns="activation", values=ELBO.column),
            ELBO.direction,
        )
        for label, rows in groups_over(summaries, compared, "dataset")
    }


def labelled_groups(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, pd.DataFrame]]:
    """Group a table by some of `COLUMNS`; return each group's label and rows."""
    if not columns:
        return [("", table)]
    groups = table.groupby(list(columns), sort=False)
    return [(", ".join(map(describe, columns, values)), rows) for values, rows in groups]
