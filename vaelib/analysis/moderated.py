"""Moderated t-tests: pairs of few replicates lend each other their variance (Smyth 2004).

With four replicates, a pair's own variance is known so badly that Student's test needs a
difference of 21 standard errors at the level of a race. The variances of all pairs are
therefore taken as draws from a scaled inverse chi-square distribution, whose parameters they
estimate, and each is shrunk towards it.

Two things keep the test safe where activations have different noise, at the cost of power:
a variance is never shrunk below the pair's own, and the degrees of freedom are never more
than those of the two-way analysis of variance of the same values.
"""

import dataclasses

import numpy as np
import pandas as pd
from scipy import optimize, special

_ROUNDING = 1e-10  # of the values: differences that vary by no more are equal


@dataclasses.dataclass(frozen=True)
class Prior:
    """What the variances of paired differences have in common.

    Attributes
    ----------
    variance : float
    freedom : float
        Degrees of freedom that it is worth: 0 where nothing is known, infinite where
        the variances differ no more than by chance.
    shared : int
        Pairs whose differences are independent: one less than the columns.
    """

    variance: float = 1.0
    freedom: float = 0.0
    shared: int = 1


def prior_of(values: pd.DataFrame) -> Prior:
    """Estimate the prior from all pairs of columns.

    Parameters
    ----------
    values : pandas.DataFrame
        Index: replicates; columns: activations. NaN where a model diverged.

    Returns
    -------
    Prior
        See `prior_of_variances`. Pairs without spread or with fewer than two replicates
        are left out.
    """
    numbers = values.to_numpy(float)
    first, second = np.triu_indices(numbers.shape[1], 1)
    pairs = numbers[:, first] - numbers[:, second]
    pairs = pairs[:, np.isfinite(pairs).sum(axis=0) > 1]
    ranges = np.nanmax(pairs, axis=0, initial=-np.inf) - np.nanmin(pairs, axis=0, initial=np.inf)
    pairs = pairs[:, ranges > _ROUNDING * np.nanmax(np.abs(numbers), initial=0)]
    freedom = np.isfinite(pairs).sum(axis=0) - 1
    found = prior_of_variances(np.nanvar(pairs, axis=0, ddof=1), freedom)
    return dataclasses.replace(found, shared=max(1, numbers.shape[1] - 1))


def prior_of_variances(variances: np.ndarray, freedom: np.ndarray) -> Prior:
    """Estimate the prior by the moments of log variances (Smyth 2004, section 6.2).

    Parameters
    ----------
    variances, freedom : array of float [pairs]
        Above 0, with their degrees of freedom.

    Returns
    -------
    Prior
        Of fewer than two pairs, nothing is known.
    """
    if len(variances) < 2:
        return Prior()
    half = freedom / 2
    centred = np.log(variances) - special.digamma(half) + np.log(half)
    mean = centred.mean()
    excess = centred.var(ddof=1) - special.polygamma(1, half).mean()
    if excess <= 0:
        return Prior(float(np.exp(mean)), np.inf)
    half_prior = optimize.brentq(lambda x: special.polygamma(1, x) - excess, 1e-6, 1e12)
    variance = np.exp(mean + special.digamma(half_prior) - np.log(half_prior))
    return Prior(float(variance), float(2 * half_prior))


def mean_error_freedom(differences: np.ndarray, prior: Prior) -> tuple[float, float, float]:
    """Return the mean of paired differences, its moderated standard error, and its freedom.

    Parameters
    ----------
    differences : array of float [n]
        n of at least two.
    prior : Prior
    """
    n = len(differences)
    own, freedom = differences.var(ddof=1), n - 1
    shrunk = prior.variance
    if np.isfinite(prior.freedom):
        weights = [prior.freedom, freedom]
        shrunk = np.average([prior.variance, own], weights=weights)
    total = min(prior.freedom + freedom, prior.shared * freedom)
    return float(differences.mean()), float(np.sqrt(max(shrunk, own) / n)), float(total)
