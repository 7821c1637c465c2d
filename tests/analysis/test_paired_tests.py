"""Paired differences against closed forms, brute force and simulated samples."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from vaelib.analysis import paired_tests


def enumerated_p(differences) -> float:
    """Return Wilcoxon's p by flipping every sign of what is not zero."""
    kept = [d for d in differences if d != 0]
    size = stats.rankdata(np.abs(kept))
    sums = np.array([size @ signs for signs in itertools.product([0, 1], repeat=len(kept))])
    found = size @ (np.array(kept) > 0)
    return min(1, 2 * min((sums <= found).mean(), (sums >= found).mean()))


@pytest.mark.parametrize(
    "differences",
    [
        np.random.default_rng(1).normal(0.3, size=9),
        np.random.default_rng(2).normal(0.8, size=12),
        [1, -1, 2, 2, -3, 4, 5, 5],
        [0, 0, 1, 2, -2, 3, 3, 3, -1, 0],
        [1, 1, 1, 1, 1, 1, -1],
        [0, 0, 0, 2],
        [-1.5, 3],
    ],
)
def test_the_test_is_exact_with_zeros_and_ties(differences):
    p = paired_tests.signed_rank_p(np.array([differences], float))[0]
    assert p == pytest.approx(enumerated_p(differences), rel=1e-12)


def test_ties_are_found_despite_rounding_errors():
    # In floating point 0.3 - 0.2, 0.2 - 0.1 and 1.1 - 1 are three different numbers.
    a, b = np.array([0.3, 0.2, 1.1, 0.5, 0.1]), np.array([0.2, 0.1, 1.0, 0.6, 0.4])
    p = paired_tests.signed_rank_p(paired_tests.difference(a, b)[None])[0]
    assert p == pytest.approx(enumerated_p([1, 1, 1, -1, -3]), rel=1e-12)
    assert p != pytest.approx(enumerated_p(a - b), rel=1e-3)


def test_tied_and_plain_rows_are_tested_side_by_side():
    rows = np.array([[1.0, 2, 3, 4], [1, 1, 1, 1], [0, 0, 0, 0], [-1, 2, 3, 4]])
    np.testing.assert_allclose(
        paired_tests.signed_rank_p(rows), [1 / 8, 1 / 8, 1, 1 / 4], rtol=1e-12
    )


def test_the_interval_is_the_studentised_bootstrap():
    # Written out for one sample, resample by resample.
    sample = np.random.default_rng(0).gamma(1.0, size=6)
    found = paired_tests.bootstrap_interval(sample[None], resamples=99)
    weights = paired_tests._resamples(6, 99)
    studentised = []
    for share in weights.T:
        resample = np.repeat(sample, np.rint(6 * share).astype(int))
        assert len(resample) == 6
        error = np.std(resample, ddof=1) / math.sqrt(6)
        studentised.append((resample.mean() - sample.mean()) / error)
    studentised.sort()
    error = np.std(sample, ddof=1) / math.sqrt(6)
    expected = [sample.mean() - studentised[i] * error for i in (99 - 3, 3 - 1)]
    np.testing.assert_allclose(np.ravel(found), expected, rtol=1e-10)


@pytest.mark.parametrize("n", [5, 9, 12, 14])
@pytest.mark.parametrize(
    ("distribution", "mean", "expected"), [("normal", 0, 0.95), ("exponential", 1, 0.94)]
)
def test_the_interval_has_its_nominal_coverage(n, distribution, mean, expected):
    samples = getattr(np.random.default_rng(n), distribution)(size=(3000, n))
    low, high = paired_tests.bootstrap_interval(samples, resamples=1999)
    coverage = np.mean((low <= mean) & (high >= mean))
    # 3 sigma of 3,000 are 0.012; the expected coverage itself is 0.93 to 0.95.
    assert abs(coverage - expected) < (0.012 if distribution == "normal" else 0.022)


@pytest.mark.parametrize(
    ("pairs", "fewest"), [(1, 6), (2, 7), (3, 7), (4, 8), (55, 12), (1000, 16)]
)
def test_the_fewest_seeds_that_can_decide(pairs, fewest):
    assert paired_tests.fewest_seeds(pairs) == fewest
    assert pairs * 2 / 2**fewest < 0.05 <= pairs * 2 / 2 ** (fewest - 1)


def test_the_number_needed_by_hand():
    # z(0.975) = 1.959964, z(0.8) = 0.841621: pi/3 (7.848879 / 0.25 + 1.920730) = 34.889.
    needed = paired_tests.seeds_needed(np.array([0.5, -0.5]), np.ones(2), 0, pairs=1)
    np.testing.assert_array_equal(needed, [35, 35])
    # 1.5 sqrt(6) - t(0.95, 5) = 1.659, with five seeds 1.222; z(0.9) = 1.282.
    assert paired_tests.seeds_needed(np.zeros(1), np.ones(1), 1.5, pairs=1)[0] == 6
    # 1.55 sqrt(5) - t(0.95, 4) = 1.33 is over z(0.9) = 1.28; with 3 degrees of freedom 1.11 is not.
    assert paired_tests.seeds_needed(np.zeros(1), np.ones(1), 1.55, pairs=1)[0] == 5


@pytest.mark.parametrize(
    ("mean", "spread", "margin", "expected"),
    [
        (0.0, 1.0, 0.0, np.inf),  # no difference to find, and no margin for a tie
        (0.5, 1.0, 0.5, 35),  # on the edge of the margin, only a difference can be found
        (1.0, 0.0, 0.0, 6),
        (np.nan, np.nan, 1.0, 6),
        (3.0, np.nan, 1.0, 6),
    ],
)
def test_the_number_needed_at_the_edges(mean, spread, margin, expected):
    found = paired_tests.seeds_needed(np.array([mean]), np.array([spread]), margin, pairs=1)
    assert found[0] == expected


@pytest.mark.parametrize("pairs", [1, 3, 55])
@pytest.mark.parametrize("effect", [0.5, 0.8, 1.25])
def test_the_number_needed_finds_an_effect_in_four_of_five_cases(pairs, effect):
    needed = paired_tests.seeds_needed(np.array([effect]), np.ones(1), 0, pairs)
    size = (4000, int(needed[0]))
    p = paired_tests.signed_rank_p(np.random.default_rng(pairs).normal(effect, size=size))
    # 3 sigma of 4,000 are 0.019; the formula is within a seed of the truth.
    assert 0.78 < np.mean(pairs * p < 0.05) < 0.86


@pytest.mark.parametrize(("mean", "margin"), [(0.0, 0.5), (0.2, 0.7), (0.5, 1.3)])
def test_the_number_needed_finds_a_tie_in_four_of_five_cases(mean, margin):
    pairs = 55
    needed = paired_tests.seeds_needed(np.array([mean]), np.ones(1), margin, pairs)
    size = (2000, int(needed[0]))
    samples = np.random.default_rng(0).normal(mean, size=size)
    tied = paired_tests.equivalence_p(samples, margin) < 0.05 / pairs
    # 3 sigma of 2,000 are 0.027.
    assert 0.76 < np.mean(tied) < 0.84


def test_equivalence_tests_are_two_t_tests_of_scipy():
    samples = np.random.default_rng(1).normal(0.3, size=(20, 6))
    above = stats.ttest_1samp(samples, -0.8, axis=1, alternative="greater").pvalue
    below = stats.ttest_1samp(samples, 0.8, axis=1, alternative="less").pvalue
    found = paired_tests.equivalence_p(samples, 0.8)
    np.testing.assert_allclose(found, np.maximum(above, below))


def test_tests_without_spread_are_certain():
    rows = np.array([[0.0] * 3, [0.5] * 3, [-0.5] * 3])
    np.testing.assert_array_equal(paired_tests.equivalence_p(rows, 0.5), [0, 0, 0])
    np.testing.assert_array_equal(paired_tests.equivalence_p(rows, 0.4), [0, 1, 1])


def test_the_side_is_that_of_most_ranks_and_not_of_one_far_out():
    rows = np.array([[1, 2, 3, -9.0], [-1, -2, 3, -4], [1, -1, 2, -2], [0, 0, 0, 5]])
    np.testing.assert_array_equal(paired_tests.signed_rank_side(rows), [1, -1, 0, 1])
