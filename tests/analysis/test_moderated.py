"""Moderated t-tests, against planted priors and values by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from vaelib.analysis import moderated
from vaelib.analysis.moderated import Prior


@pytest.mark.parametrize(("freedom", "variance"), [(4.0, 2.0), (12.0, 0.3)])
def test_a_planted_prior_is_found(freedom, variance):
    rng = np.random.default_rng(0)
    n, many = 6, 20_000
    true = variance * freedom / rng.chisquare(freedom, many)
    samples = rng.normal(0, np.sqrt(true)[:, None], (many, n))
    found = moderated.prior_of_variances(samples.var(axis=1, ddof=1), np.full(many, n - 1))
    assert found.freedom == pytest.approx(freedom, rel=0.1)
    assert found.variance == pytest.approx(variance, rel=0.03)


def test_the_moments_by_hand():
    values = pd.DataFrame({"a": [0.0, 0, 0, 0], "b": [0.0, 1, 2, 3], "c": [0.0, 90, 0, 90]})
    found = moderated.prior_of(values)
    variances = [np.var(d, ddof=1) for d in (values["b"], values["c"], values["b"] - values["c"])]
    logs = np.log(variances)
    excess = logs.var(ddof=1) - special.polygamma(1, 1.5)
    assert special.polygamma(1, found.freedom / 2) == pytest.approx(excess)
    half = found.freedom / 2
    mean = (logs - special.digamma(1.5) + np.log(1.5)).mean()
    assert np.log(found.variance) == pytest.approx(mean + special.digamma(half) - np.log(half))
    assert found.shared == 2


def test_equal_variances_are_worth_what_the_analysis_of_variance_has():
    values = pd.DataFrame(np.eye(4), columns=list("abcd"))  # every pair differs by 1, -1, 0, 0
    prior = moderated.prior_of(values)
    assert prior.freedom == math.inf
    # Unbiased for the logarithm of the variance, 2 / 3.
    bias = special.digamma(1.5) - np.log(1.5)
    assert np.log(prior.variance) == pytest.approx(np.log(2 / 3) - bias)
    mean, error, freedom = moderated.mean_error_freedom(np.array([1.0, -1, 0, 2]), prior)
    assert (mean, freedom) == (0.5, 3 * 3)
    assert error == pytest.approx(np.sqrt(max(prior.variance, 5 / 3) / 4))


def test_a_variance_is_shrunk_upwards_only():
    samples = np.array([-1.0, 0, 1])  # of variance 1, with 2 degrees of freedom
    error = {v: moderated.mean_error_freedom(samples, Prior(v, 4, 10))[1] for v in (0.1, 1, 4)}
    assert error[0.1] == error[1] == pytest.approx(np.sqrt(1 / 3))
    assert error[4] == pytest.approx(np.sqrt((4 * 4 + 2 * 1) / 6 / 3))


def test_without_a_prior_it_is_students_test():
    samples = np.random.default_rng(0).normal(0.5, 1, 7)
    for values in (pd.DataFrame({"a": samples, "b": 0.0}), pd.DataFrame({"a": samples})):
        prior = moderated.prior_of(values)
        assert prior.freedom == 0
    mean, error, freedom = moderated.mean_error_freedom(samples, prior)
    assert 2 * stats.t.sf(mean / error, freedom) == pytest.approx(
        stats.ttest_1samp(samples, 0).pvalue
    )


def test_what_diverged_or_never_varies_tells_nothing():
    values = pd.DataFrame(np.random.default_rng(1).normal(size=(4, 3)), columns=list("abc"))
    diverged = values.assign(d=[math.nan, math.nan, math.nan, 1.0])
    assert moderated.prior_of(diverged).variance == moderated.prior_of(values).variance
    shifted = pd.DataFrame({"a": values["a"], "b": values["a"] + 5, "c": values["c"]})
    found, half = moderated.prior_of(shifted), 1.5
    variance = (values["a"] - values["c"]).var()  # of two pairs; the third has none
    bias = special.digamma(half) - np.log(half)
    assert (found.freedom, found.variance) == (math.inf, pytest.approx(variance / np.exp(bias)))
