"""Confidence intervals of single means."""

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
    reach = stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values, axis=0)
    return mean - reach, mean + reach
