"""Student's interval against scipy's one-sample test, and how often it covers the mean."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from vaelib.analysis.intervals import mean_interval


@pytest.mark.parametrize("n", [2, 3, 9, 40])
def test_the_interval_is_that_of_the_t_test(n):
    values = np.random.default_rng(n).gamma(2.0, size=n)
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose(mean_interval(values), expected, rtol=1e-12)


def test_a_known_interval():
    # Mean 2, standard deviation 1, t(0.975, 2) = 4.3026527.
    np.testing.assert_allclose(mean_interval([1, 2, 3]), 2 + 4.3026527 / 3**0.5 * np.array([-1, 1]))


def test_values_without_spread_have_an_interval_without_width():
    assert mean_interval(np.full(9, 0.1)) == pytest.approx((0.1, 0.1), rel=1e-12)


@pytest.mark.parametrize("shape", [(1,), (0,), (1, 3), (0, 2)])
def test_fewer_than_two_values_have_no_interval(shape):
    for bound in mean_interval(np.ones(shape)):
        assert np.shape(bound) == shape[1:]
        assert np.isnan(bound).all()


def test_each_column_has_its_own_interval():
    values = np.random.default_rng(0).normal([0, 10, 20], [1, 2, 3], size=(9, 3))
    low, high = mean_interval(values)
    assert low.shape == high.shape == (3,)
    for column, *bounds in zip(values.T, low, high, strict=True):
        np.testing.assert_allclose(bounds, mean_interval(column), rtol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 9])
def test_the_interval_has_its_nominal_coverage(n):
    values = np.random.default_rng(0).normal(3.0, 2.0, size=(n, 4000))
    low, high = mean_interval(values)
    coverage = np.mean((low <= 3) & (high >= 3))
    assert coverage == pytest.approx(0.95, abs=0.0104)  # 3 sigma of 4,000 trials
