"""Verdicts about pairs: better, worse, practically tied, or not enough evidence."""

import dataclasses
import enum
import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from vaelib.analysis import paired_tests, race
from vaelib.analysis.race import Retirement
from vaelib.exceptions import require
from vaelib.results.columns import Direction


class Verdict(enum.StrEnum):
    """How one member of a pair compares with the other."""

    BETTER = "better"
    WORSE = "worse"
    TIED = "practically tied"
    OPEN = "not enough evidence"

    @property
    def opposite(self) -> "Verdict":
        """The verdict of the other member of the pair."""
        swapped = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
        return swapped.get(self, self)


_COLUMNS = [
    "a",
    "b",
    "n",
    "difference",
    "low",
    "high",
    "p",
    "p_adjusted",
    "p_equal",
    "p_equal_adjusted",
    "verdict",
    "needed",
]
_ESTIMATES = ("difference", "low", "high", "p", "p_equal")


@dataclasses.dataclass(frozen=True)
class Ranks:
    """Activations ranked within each of several data sets.

    Attributes
    ----------
    average : pandas.Series
        Rank of each activation, averaged over the data sets; best, near 1, first.
    p : float
        Of Friedman's test that all have equal ranks (chi-square approximation,
        rough for few data sets); NaN for fewer than three activations.
    pairwise : pandas.DataFrame
        Square, p of Nemenyi's test for each pair.
    """

    average: pd.Series
    p: float
    pairwise: pd.DataFrame


def compare(
    values: pd.DataFrame,
    margin: float,
    direction: Direction,
    resamples: int = paired_tests.RESAMPLES,
) -> pd.DataFrame:
    """Compare the columns with each other, paired by row.

    Parameters
    ----------
    values : pandas.DataFrame
        Index: the unit, such as the seed; columns: what is compared, such as
        activations. NaN where a model diverged: its pairs are dropped.
    margin : float
        A difference of at most this does not matter; in the unit of `values`.
    direction : Direction
        Which values are better, `HIGHER` or `LOWER`.
    resamples : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        A row for each unordered pair, in the order of the columns; see `judge`.

    Raises
    ------
    ValueError
        For a negative margin or another direction.
    """
    columns = zip(values.columns, values.to_numpy(float).T, strict=True)
    differences = {
        (a, b): paired_tests.difference(of_a, of_b)
        for (a, of_a), (b, of_b) in itertools.combinations(columns, 2)
    }
    return judge(differences, margin, direction, resamples)


def judge(
    differences: Mapping[tuple[str, str], np.ndarray],
    margin: float,
    direction: Direction,
    resamples: int = paired_tests.RESAMPLES,
) -> pd.DataFrame:
    """Give a verdict on each of a family of pairs.

    Parameters
    ----------
    differences : mapping of (a, b) to array of float [n]
        Of a - b, for each unit that both have.
    margin, direction, resamples
        See `compare`.

    Returns
    -------
    pandas.DataFrame
        A row for each pair: ``a``, ``b``; ``n``; ``difference``, the mean;
        ``low``, ``high``, its 95 % bootstrap interval (`paired_tests.bootstrap_interval`);
        ``p``, exact two-sided Wilcoxon signed-rank (`paired_tests.signed_rank_p`);
        ``p_equal``, two one-sided t-tests that the mean lies within the margin
        (`paired_tests.equivalence_p`); both ``_adjusted`` over all pairs of this call
        (`paired_tests.holm_adjusted`); ``verdict`` of a against b; ``needed``, the number
        of units for a
        decisive verdict (`paired_tests.seeds_needed`), NaN where it is decisive. With
        fewer than two units there is no interval, no test, and not enough evidence.

    Raises
    ------
    ValueError
        For a negative margin or another direction.

    Notes
    -----
    ``practically tied``: the adjusted p of equivalence is under 0.05, even if the
    difference is significant. Else ``better`` or ``worse``: the adjusted p of the
    signed-rank test is, and the mean lies on that side, as most ranks do. The interval
    decides nothing: one unit that is far out may widen it beyond 0 where all
    differences have one sign. Else ``not enough evidence``.
    """
    _require_direction(direction)
    require(margin >= 0, "margin", margin, "0 or more")
    if not differences:
        return pd.DataFrame(columns=_COLUMNS)
    table = pd.DataFrame(list(differences), columns=["a", "b"])
    samples = list(differences.values())
    table["n"] = [len(sample) for sample in samples]
    columns = {name: np.full(len(table), np.nan) for name in _ESTIMATES}
    spread, sides = np.full(len(table), np.nan), np.zeros(len(table))
    for n in table["n"].unique():
        rows = np.flatnonzero(table["n"] == n)
        stacked = np.stack([samples[row] for row in rows])
        if n > 0:
            columns["difference"][rows] = stacked.mean(axis=1)
        if n > 1:
            spread[rows] = stacked.std(axis=1, ddof=1)
            columns["low"][rows], columns["high"][rows] = paired_tests.bootstrap_interval(
                stacked, resamples
            )
            columns["p"][rows] = paired_tests.signed_rank_p(stacked)
            columns["p_equal"][rows] = paired_tests.equivalence_p(stacked, margin)
            sides[rows] = paired_tests.signed_rank_side(stacked)
    table = table.assign(
        **columns,
        p_adjusted=paired_tests.holm_adjusted(columns["p"]),
        p_equal_adjusted=paired_tests.holm_adjusted(columns["p_equal"]),
    )
    table["verdict"] = _verdicts(table, sides, direction)
    return table.assign(needed=_needed(table, spread, margin, len(table)))[_COLUMNS]


def of_race(
    values: pd.DataFrame,
    looks: Sequence[int],
    margin: float,
    direction: Direction,
    retired: Sequence[Retirement] = (),
) -> pd.DataFrame:
    """Compare the activations of a race with each other, paired by replicate.

    Parameters
    ----------
    values : pandas.DataFrame
        Index: the replicates in order; columns: all activations of the race. NaN
        where there is no model, or where it diverged.
    looks : sequence of int
    margin : float
    direction : Direction
    retired : sequence of Retirement
        What the race decided, where `values` are those of the race: a pair that a look
        has decided has that look's test.

    Returns
    -------
    pandas.DataFrame
        The columns of `judge`, and ``level``, one less the confidence of the interval.
        ``low``, ``high``, ``p`` and ``p_equal`` are those of `race.judge`, adjusted so
        that under 0.05 is decisive, with at most 5 % for one false verdict or more in
        the whole race; of a pair that retired one of both, those of that test.
    """
    _require_direction(direction)
    table = race.judge(values, looks, margin)
    factor = paired_tests.SIGNIFICANCE / table["level"]
    table["p_adjusted"] = (table["p"] * factor).clip(upper=1)
    table["p_equal_adjusted"] = (table["p_equal"] * factor).clip(upper=1)
    sign = 1.0 if direction == Direction.HIGHER else -1.0
    for one in retired:
        first = (table["a"] == one.leader) & (table["b"] == one.activation)
        second = (table["a"] == one.activation) & (table["b"] == one.leader)
        bounds = sorted((sign * one.low, sign * one.high))
        table.loc[first, ["low", "high"]] = bounds
        table.loc[second, ["low", "high"]] = [-bounds[1], -bounds[0]]
        table.loc[first | second, "p"] = one.p
        table.loc[first | second, "level"] = one.level
        table.loc[first | second, "p_adjusted"] = one.p * paired_tests.SIGNIFICANCE / one.level
        table.loc[first | second, "side"] = np.sign(table["difference"])
    table["verdict"] = _verdicts(table, table["side"].to_numpy(), direction)
    spread = table["spread"].to_numpy(float)
    table["needed"] = _needed(table, spread, margin, len(table) * len(looks))
    return table[[*_COLUMNS, "level"]]


def matrix(pairs: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the verdicts as a square matrix: of the row against the column.

    Parameters
    ----------
    pairs : pandas.DataFrame
        See `compare`.
    names : sequence of str
        Rows and columns, in order.

    Returns
    -------
    pandas.DataFrame
        Of str; empty on the diagonal and where there is no such pair.
    """
    square = pd.DataFrame("", index=list(names), columns=list(names), dtype=object)
    for row in pairs.itertuples():
        if row.a in square.index and row.b in square.index:
            square.loc[row.a, row.b] = row.verdict
            square.loc[row.b, row.a] = Verdict(row.verdict).opposite
    return square


def ranks(values: pd.DataFrame, direction: Direction) -> Ranks:
    """Rank activations over several data sets, the data set being the unit.

    Parameters
    ----------
    values : pandas.DataFrame
        Index: the data set; columns: activations. NaN, where every model
        diverged, ranks last.
    direction : Direction
        Which values are better, `HIGHER` or `LOWER`.

    Returns
    -------
    Ranks
        By Friedman's test and Nemenyi's, as Demsar (2006) recommends for
        comparisons over data sets.

    Raises
    ------
    ValueError
        For another direction.
    """
    # Imported here, as it costs half a second that most reports need not spend.
    import scikit_posthocs

    _require_direction(direction)
    within = values.rank(axis=1, ascending=direction == Direction.LOWER, na_option="bottom")
    p = np.nan
    if within.shape[1] > 2 and (within.max(axis=1) > within.min(axis=1)).any():
        p = float(stats.friedmanchisquare(*within.to_numpy().T).pvalue)
    average = within.mean().sort_values(kind="stable")
    pairwise = scikit_posthocs.posthoc_nemenyi_friedman(within.reset_index(drop=True))
    return Ranks(average, p, pairwise.loc[average.index, average.index])


def _require_direction(direction: Direction) -> None:
    allowed = (Direction.HIGHER, Direction.LOWER)
    require(direction in allowed, "direction", repr(str(direction)), "'higher', 'lower'")


def _needed(table: pd.DataFrame, spread: np.ndarray, margin: float, tests: int) -> pd.Series:
    """Return how many units would decide each open pair; NaN for the others."""
    needed = paired_tests.seeds_needed(table["difference"].to_numpy(), spread, margin, tests)
    # The units of an undecided pair did not suffice, whatever the formula says.
    needed = np.fmax(needed, table["n"] + 1)
    return needed.where(table["verdict"] == Verdict.OPEN)


def _verdicts(table: pd.DataFrame, sides: np.ndarray, direction: Direction) -> np.ndarray:
    """Return the verdict of a against b by the adjusted p.

    `sides` are the signs of what the test of a difference is about.
    """
    better = sides if direction == Direction.HIGHER else -np.asarray(sides)
    agree = np.sign(table["difference"]) == sides
    different = (table["p_adjusted"] < paired_tests.SIGNIFICANCE) & agree
    return np.select(
        [
            table["p_equal_adjusted"] < paired_tests.SIGNIFICANCE,
            different & (better > 0),
            different & (better < 0),
        ],
        [str(Verdict.TIED), str(Verdict.BETTER), str(Verdict.WORSE)],
        str(Verdict.OPEN),
    )
