"""Confidence intervals of single means."""

import functools

import numpy as np
from scipy import stats

LEVEL = 0.95


def mean_interval(values: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Return Student's interval of the mean over the first axis.

    A percentile bootstrap would be too narrow here: from nine normal values it
    covers the mean in 90 % of cases, from three in 76 %.

    Parameters
    ----------
    values : array of float [n, ...]
        A value for each seed, or paired differences.
    level : float
        Of confidence.

    Returns
    -------
    low, high : array of float [...]
        Mean plus and minus ``t((1 + level) / 2, n - 1) s / sqrt(n)`` (Student 1908). NaN
        for fewer than two values.
    """
    values = np.asarray(values, float)
    if len(values) < 2:
        unknown = np.full(values.shape[1:], np.nan)[()]
        return unknown, unknown
    mean = np.mean(values, axis=0)
    error = np.std(values, axis=0, ddof=1) / len(values) ** 0.5
    reach = student_quantile(len(values), level) * error
    return mean - reach, mean + reach


@functools.cache  # as scipy takes longer for it than for the rest of an interval
def student_quantile(n: int, level: float) -> float:
    """Return Student's quantile of a two-sided interval of `n` values.

    Parameters
    ----------
    n : int
        At least two.
    level : float
        Of confidence, in (0, 1).
    """
    return float(stats.t.ppf((1 + level) / 2, n - 1))
