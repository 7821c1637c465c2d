"""Paired differences: an interval, an exact test, and the number of seeds needed."""

import functools
import itertools

import numpy as np
from scipy import special, stats

from vaelib.analysis.intervals import LEVEL

SIGNIFICANCE = 0.05
POWER = 0.8
# One less than a round number, so that swapping a and b only changes signs.
RESAMPLES = 9_999
# Every number of seeds up to 150, and from there on steps of under 1 %.
_SIZES = np.unique(np.geomspace(2, 1e6, 2000).round())


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a - b where both are finite.

    Parameters
    ----------
    a, b : array of float [n]

    Returns
    -------
    array of float [at most n]
        Rounded, so that equal differences do not differ in their last bits.
    """
    common = np.isfinite(a) & np.isfinite(b)
    largest = np.max(np.abs([a[common], b[common]]), initial=0)
    if largest == 0:
        return np.zeros(common.sum())
    return np.round(a[common] - b[common], 11 - int(np.floor(np.log10(largest))))


def bootstrap_interval(
    differences: np.ndarray, resamples: int = RESAMPLES
) -> tuple[np.ndarray, np.ndarray]:
    """Return the studentised bootstrap's 95 % interval of each row's mean.

    Each resample's mean is taken in units of that resample's own standard error
    (bootstrap-t: Efron & Tibshirani 1993, ch. 12.5). Measured over 20,000 samples
    of 5, 9, 12 and 14 values, it covers the mean in 95 % of cases where they are
    normal and in 93 to 95 % where they are exponential; Student's interval in
    95 and 88 to 91 %, the percentiles of the bootstrapped mean in 84 to 92 and
    79 to 89 %.

    Parameters
    ----------
    differences : array of float [rows, n]
        n of at least two. The resamples are the same in every call.
    resamples : int

    Returns
    -------
    low, high : array of float [rows]
        Both the mean where a row has no spread. Infinite where resamples
        without spread, such as most of two or three values, leave no bound.
    """
    n = differences.shape[1]
    mean = differences.mean(axis=1)
    spread = differences.std(axis=1, ddof=1)
    constant = np.ptp(differences, axis=1) == 0
    scaled = (differences - mean[:, None]) / np.where(constant, 1, spread)[:, None]
    weights = _resamples(n, resamples)
    means = scaled @ weights
    variances = scaled**2 @ weights
    # In place, as these arrays are larger than a cache.
    variances -= means**2
    np.maximum(variances, 0, out=variances)
    variances *= n
    variances /= n - 1
    flat = variances < 1e-12
    variances[flat] = 1
    studentised = np.divide(means, np.sqrt(variances, out=variances), out=variances)
    studentised[flat] = np.copysign(np.inf, means[flat])
    tail = (1 - LEVEL) / 2
    lower, upper = np.quantile(
        studentised, [tail, 1 - tail], axis=1, method="inverted_cdf", overwrite_input=True
    )
    lower[constant] = upper[constant] = 0
    spread = np.where(constant, 1, spread)
    return mean - upper * spread, mean - lower * spread


def signed_rank_p(differences: np.ndarray) -> np.ndarray:
    """Return the exact two-sided p of Wilcoxon's signed-rank test for each row.

    Zeros are left out, as Wilcoxon (1945) does; p is 1 where nothing is left.

    Parameters
    ----------
    differences : array of float [rows, n]

    Returns
    -------
    array of float [rows]
        By scipy; with zeros or ties, for which scipy's distribution does not
        hold, from all possible signs of the ranks.
    """
    sizes = np.sort(np.abs(differences), axis=1)
    plain = (sizes[:, 0] > 0) & (np.diff(sizes, axis=1) > 0).all(axis=1)
    p = np.empty(len(differences))
    if plain.any():
        p[plain] = stats.wilcoxon(differences[plain], method="exact", axis=1).pvalue
    p[~plain] = [_tied_signed_rank(row[row != 0]) for row in differences[~plain]]
    return p


def signed_rank_side(differences: np.ndarray) -> np.ndarray:
    """Return the sign of each row's signed-rank sum: of which sign most ranks are.

    Parameters
    ----------
    differences : array of float [rows, n]

    Returns
    -------
    array of float [rows]
        -1, 0 or 1.
    """
    ranks = stats.rankdata(np.abs(differences), axis=1)
    return np.sign(np.round(np.sum(np.sign(differences) * ranks, axis=1), 6))


def equivalence_p(differences: np.ndarray, margin: float) -> np.ndarray:
    """Return the p of two one-sided t-tests that a mean lies within a margin.

    Parameters
    ----------
    differences : array of float [rows, n]
        n of at least two.
    margin : float

    Returns
    -------
    array of float [rows]
        The larger of the p for the mean above ``-margin`` and for the mean below
        ``margin`` (Schuirmann 1987). Without spread 0 where the mean is within the
        margin, else 1.
    """
    mean, error = _mean_and_error(differences)
    distance = margin - np.abs(mean)
    p = special.stdtr(differences.shape[1] - 1, -distance / np.where(error > 0, error, 1))
    return np.where(error > 0, p, (distance < 0).astype(float))


def _mean_and_error(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's mean and its standard error, exactly 0 without spread."""
    spread = differences.std(axis=1, ddof=1) * (np.ptp(differences, axis=1) > 0)
    return differences.mean(axis=1), spread / np.sqrt(differences.shape[1])


def seeds_needed(mean: np.ndarray, spread: np.ndarray, margin: float, pairs: int) -> np.ndarray:
    """Return how many seeds would lead to a decisive verdict in 80 % of cases.

    The observed mean and standard deviation of the differences are taken for
    the true ones. Better or worse takes, at Holm's worst level ``0.05 / pairs``,
    ``pi/3 ((z_(1-level/2) + z_0.8)^2 / (mean / spread)^2 + z_(1-level/2)^2 / 2)``
    seeds: the t-test's number (Guenther 1981) over the signed-rank test's
    efficiency on normal data, 3/pi (Hodges & Lehmann 1956); Noether's (1987)
    gives up to twice that for large effects. A tie takes the seeds with which both
    one-sided t-tests, at the level ``0.05 / pairs`` and with a mean that varies with
    the seeds, are significant in 80 % of cases.

    Parameters
    ----------
    mean, spread : array of float [rows]
        Of the paired differences; NaN where unknown.
    margin : float
    pairs : int
        Number of comparisons in the family.

    Returns
    -------
    array of float [rows]
        The smaller of both numbers, and never fewer than `fewest_seeds` for
        better or worse, and exactly that where the spread is unknown. Infinite
        where a million would not suffice.
    """
    fewest = fewest_seeds(pairs)
    z = special.ndtri(1 - SIGNIFICANCE / pairs / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(spread == 0, np.where(mean == 0, np.inf, 0), spread / mean)
        different = np.pi / 3 * ((z + special.ndtri(POWER)) ** 2 * inverse**2 + z**2 / 2)
        different = np.fmax(np.ceil(different), fewest)
        quantile = special.stdtrit(_SIZES - 1, 1 - SIGNIFICANCE / pairs)
        errors = spread[:, None] / np.sqrt(_SIZES)
        above = special.ndtr((margin - mean[:, None]) / errors - quantile)
        below = special.ndtr((margin + mean[:, None]) / errors - quantile)
        fits = above + below - 1 >= POWER
    tied = np.where(fits.any(axis=1), _SIZES[fits.argmax(axis=1)], np.inf)
    fewer = np.minimum(different, tied)
    return np.where(fewer > _SIZES[-1], np.inf, fewer)


def fewest_seeds(pairs: int) -> int:
    """Return the fewest seeds with which a signed-rank test can be decisive.

    The smallest p of n seeds is ``2 / 2^n``; times the number of pairs, Holm's
    correction at its strictest, it must be under 0.05: 6 for one pair, 12 for 55.
    """
    return next(n for n in itertools.count(1) if pairs * 2.0 ** (1 - n) < SIGNIFICANCE)


def holm_adjusted(p: np.ndarray) -> np.ndarray:
    """Return p of several tests adjusted for their number (Holm 1979).

    Parameters
    ----------
    p : array of float [tests]
        NaN where no test was made: it does not count.

    Returns
    -------
    array of float [tests]
        Under 0.05 where the test is significant, with a chance of at most 5 %
        of one mistake or more in the whole family.
    """
    # Not statsmodels', which collects garbage in every call: ten times slower.
    corrected = np.full(len(p), np.nan)
    order = np.argsort(p)[: np.isfinite(p).sum()]
    raised = p[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(raised), 1)
    return corrected


@functools.lru_cache(maxsize=8)
def _resamples(n: int, resamples: int) -> np.ndarray:
    """Return the weight of each of n values in each resample [n, resamples]."""
    rng = np.random.default_rng([n, resamples])
    return rng.multinomial(n, np.full(n, 1 / n), size=resamples).T / n


def _tied_signed_rank(differences: np.ndarray) -> float:
    """Count the sums of ranks over all signs, rank by rank (Streitberg & Roehmel 1986)."""
    if len(differences) == 0:
        return 1.0
    # Twice the ranks, as those of ties may end in one half.
    doubled = np.rint(2 * stats.rankdata(np.abs(differences))).astype(int)
    chances = np.ones(1)
    for rank in doubled:
        chances = (np.pad(chances, (0, rank)) + np.pad(chances, (rank, 0))) / 2
    positive = doubled[differences > 0].sum()
    smaller = min(positive, doubled.sum() - positive)
    return min(1.0, 2 * chances[: smaller + 1].sum())
