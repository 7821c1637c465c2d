"""Verdicts about pairs: better, worse, practically tied, or not enough evidence."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from vaelib.analysis import paired_tests

BETTER, WORSE, TIED, OPEN = "better", "worse", "practically tied", "not enough evidence"
OPPOSITE = {BETTER: WORSE, WORSE: BETTER, TIED: TIED, OPEN: OPEN}
_COLUMNS = (
    *("a", "b", "n", "difference", "low", "high"),
    *("p", "p_holm", "verdict", "needed"),
)


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
    values: pd.DataFrame, margin: float, best: str, resamples: int = paired_tests.RESAMPLES
) -> pd.DataFrame:
    """Compare the columns with each other, paired by row.

    Parameters
    ----------
    values : pandas.DataFrame
        Index: the unit, such as the seed; columns: what is compared, such as
        activations. NaN where a model diverged: its pairs are dropped.
    margin : float
        A difference of at most this does not matter; in the unit of `values`.
    best : {"highest", "lowest"}
    resamples : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        A row for each unordered pair, in the order of the columns; see `judge`.

    Raises
    ------
    ValueError
        For a negative margin or an unknown `best`.
    """
    columns = zip(values.columns, values.to_numpy(float).T, strict=True)
    differences = {
        (a, b): paired_tests.difference(of_a, of_b)
        for (a, of_a), (b, of_b) in itertools.combinations(columns, 2)
    }
    return judge(differences, margin, best, resamples)


def judge(
    differences: Mapping[tuple[str, str], np.ndarray],
    margin: float,
    best: str,
    resamples: int = paired_tests.RESAMPLES,
) -> pd.DataFrame:
    """Give a verdict on each of a family of pairs.

    Parameters
    ----------
    differences : mapping of (a, b) to array of float [n]
        Of a - b, for each unit that both have.
    margin, best, resamples
        See `compare`.

    Returns
    -------
    pandas.DataFrame
        A row for each pair: ``a``, ``b``; ``n``; ``difference``, the mean;
        ``low``, ``high``, its 95 % bootstrap interval (`paired_tests.interval`);
        ``p``, exact two-sided Wilcoxon signed-rank (`paired_tests.signed_rank`);
        ``p_holm``, corrected over all pairs of this call (`paired_tests.holm`);
        ``verdict`` of a against b; ``needed``, the number of units that would
        settle it (`paired_tests.seeds_needed`), NaN where it is settled. With fewer
        than two units there is no interval, no test, and not enough evidence.

    Raises
    ------
    ValueError
        For a negative margin or an unknown `best`.

    Notes
    -----
    ``practically tied``: the whole interval lies within the margin, even if the
    difference is significant. Else ``better`` or ``worse``: the corrected p is
    under 0.05 and the interval lies on that side of 0. Else ``not enough
    evidence``.
    """
    _check_best(best)
    if not margin >= 0:
        raise ValueError(f"margin: {margin!r} is not allowed; allowed: 0 or more")
    if not differences:
        return pd.DataFrame(columns=_COLUMNS)
    table = pd.DataFrame(list(differences), columns=["a", "b"])
    samples = list(differences.values())
    table["n"] = [len(sample) for sample in samples]
    columns = {name: np.full(len(table), np.nan) for name in ("difference", "low", "high", "p")}
    spread = np.full(len(table), np.nan)
    for n in table["n"].unique():
        rows = np.flatnonzero(table["n"] == n)
        stacked = np.stack([samples[row] for row in rows])
        if n > 0:
            columns["difference"][rows] = stacked.mean(axis=1)
        if n > 1:
            spread[rows] = stacked.std(axis=1, ddof=1)
            columns["low"][rows], columns["high"][rows] = paired_tests.interval(stacked, resamples)
            columns["p"][rows] = paired_tests.signed_rank(stacked)
    table = table.assign(**columns, p_holm=paired_tests.holm(columns["p"]))
    table["verdict"] = _verdicts(table, margin, best)
    needed = paired_tests.seeds_needed(table["difference"].to_numpy(), spread, margin, len(table))
    # What does not suffice here is not enough, even if it is in most cases.
    needed = np.fmax(needed, table["n"] + 1)
    return table.assign(needed=needed.where(table["verdict"] == OPEN))[list(_COLUMNS)]


def matrix(pairs: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the verdicts as a square: of the row against the column.

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
            square.loc[row.b, row.a] = OPPOSITE[row.verdict]
    return square


def ranks(values: pd.DataFrame, best: str) -> Ranks:
    """Rank activations over several data sets, the data set being the unit.

    Parameters
    ----------
    values : pandas.DataFrame
        Index: the data set; columns: activations. NaN, where every model
        diverged, ranks last.
    best : {"highest", "lowest"}

    Returns
    -------
    Ranks
        By Friedman's test and Nemenyi's, as Demsar (2006) recommends for
        comparisons over data sets.

    Raises
    ------
    ValueError
        For an unknown `best`.
    """
    # Imported here, as it costs half a second that most reports need not spend.
    import scikit_posthocs

    _check_best(best)
    within = values.rank(axis=1, ascending=best == "lowest", na_option="bottom")
    p = np.nan
    if within.shape[1] > 2 and (within.max(axis=1) > within.min(axis=1)).any():
        p = float(stats.friedmanchisquare(*within.to_numpy().T).pvalue)
    average = within.mean().sort_values(kind="stable")
    pairwise = scikit_posthocs.posthoc_nemenyi_friedman(within.reset_index(drop=True))
    return Ranks(average, p, pairwise.loc[average.index, average.index])


def _check_best(best: str) -> None:
    if best not in ("highest", "lowest"):
        raise ValueError(f"best: {best!r} is not allowed; allowed: 'highest', 'lowest'")


def _verdicts(table: pd.DataFrame, margin: float, best: str) -> np.ndarray:
    higher, lower = (BETTER, WORSE) if best == "highest" else (WORSE, BETTER)
    significant = table["p_holm"] < paired_tests.SIGNIFICANCE
    return np.select(
        [
            (table["low"] >= -margin) & (table["high"] <= margin),
            significant & (table["low"] > 0),
            significant & (table["high"] < 0),
        ],
        [TIED, higher, lower],
        OPEN,
    )
