"""Verdicts on planted differences, and how often they are wrong."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from vaelib.analysis import paired_tests, verdicts
from vaelib.analysis.verdicts import Verdict
from vaelib.results.columns import Direction

NINE = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9])


def pair(differences, margin: float = 0.0, direction: Direction = Direction.HIGHER) -> pd.Series:
    """Return the verdict on two columns with these differences."""
    differences = np.asarray(differences, float)
    base = 100 * np.sin(np.arange(len(differences)))
    values = pd.DataFrame({"a": base + differences, "b": base})
    return verdicts.compare(values, margin, direction).iloc[0]


@pytest.mark.parametrize(
    ("differences", "margin", "verdict"),
    [
        (NINE, 0, Verdict.BETTER),
        (-NINE, 0, Verdict.WORSE),
        (NINE, 20, Verdict.TIED),  # significant, but within the margin
        (NINE - 5, 5, Verdict.TIED),
        (NINE - 5, 1, Verdict.OPEN),
        ([*NINE, 9999], 0, Verdict.BETTER),  # the one far out widens the interval beyond 0
        (NINE - 0.999, 0, Verdict.BETTER),
        (NINE - 5, 0.5, Verdict.OPEN),
        (NINE, 4, Verdict.BETTER),  # 5 on average: whether it is beyond the margin is open
        (NINE[:5], 0, Verdict.OPEN),  # all five on one side, and p is no smaller than 2 / 2^5
        (NINE[:6], 0, Verdict.BETTER),
        (NINE[:3], 0, Verdict.OPEN),
    ],
)
def test_each_verdict_in_both_directions(differences, margin, verdict):
    assert pair(differences, margin)["verdict"] == verdict
    opposite = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}.get(verdict, verdict)
    assert pair(differences, margin, direction=Direction.LOWER)["verdict"] == opposite


@pytest.mark.parametrize("n", [4, 9, 12])
def test_swapping_a_and_b_only_changes_signs(n):
    values = pd.DataFrame(np.random.default_rng(n).gamma(1.0, size=(n, 2)), columns=["a", "b"])
    one = verdicts.compare(values, 0.1, Direction.HIGHER).iloc[0]
    other = verdicts.compare(values[["b", "a"]], 0.1, Direction.HIGHER).iloc[0]
    same = ["n", "p", "p_adjusted", "p_equal", "p_equal_adjusted", "needed"]
    np.testing.assert_array_equal(one[same].astype(float), other[same].astype(float))
    bounds = ["difference", "low", "high"]
    expected = -other[["difference", "high", "low"]].astype(float)
    np.testing.assert_allclose(one[bounds].astype(float), expected, rtol=1e-12)


def test_a_row_for_each_pair_in_the_order_of_columns_and_reproducibly():
    values = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 4)), columns=list("dbca"))
    pairs = verdicts.compare(values, 0.1, Direction.HIGHER)
    assert list(zip(pairs["a"], pairs["b"], strict=True)) == [
        ("d", "b"),
        ("d", "c"),
        ("d", "a"),
        ("b", "c"),
        ("b", "a"),
        ("c", "a"),
    ]
    expected = (values["b"] - values["c"]).mean()
    assert pairs.loc[3, "difference"] == pytest.approx(expected, rel=1e-12)
    paired_tests._resamples.cache_clear()
    pd.testing.assert_frame_equal(pairs, verdicts.compare(values, 0.1, Direction.HIGHER))


def test_pairs_drop_the_units_where_one_diverged():
    nan = np.nan
    values = pd.DataFrame(
        {"a": [*NINE, nan, 50], "b": [nan, *NINE[1:] - NINE[1:] / 10, 3, np.inf], "c": [nan] * 11}
    )
    pairs = verdicts.compare(values, 0, Direction.HIGHER)
    assert list(pairs["n"]) == [8, 0, 0]
    assert pairs.loc[0, "difference"] == pytest.approx(0.55)
    assert pairs.loc[0, "p"] == 2 / 2**8
    assert pairs.loc[0, "p_adjusted"] == 2 / 2**8, "no test was made of the pairs with c"
    assert pairs.loc[1:, ["difference", "low", "high", "p", "p_adjusted"]].isna().all(axis=None)
    assert list(pairs["verdict"]) == [Verdict.BETTER, Verdict.OPEN, Verdict.OPEN]
    assert list(pairs["needed"].dropna()) == [7, 7], "the fewest with three pairs"


@pytest.mark.parametrize(
    ("differences", "margin", "expected"),
    [
        ([0] * 9, 0, (0, 0, 1, Verdict.TIED)),
        ([0.7] * 9, 0.5, (0.7, 0.7, 2 / 2**9, Verdict.BETTER)),
        ([-0.7] * 9, 0.7, (-0.7, -0.7, 2 / 2**9, Verdict.TIED)),
        ([0.7] * 5, 0.5, (0.7, 0.7, 2 / 2**5, Verdict.OPEN)),
    ],
)
def test_differences_without_spread_have_a_point_for_an_interval(differences, margin, expected):
    found = pair(differences, margin)
    assert tuple(found[["low", "high", "p"]]) == pytest.approx(expected[:3], rel=1e-12)
    assert found["verdict"] == expected[3]


@pytest.mark.parametrize("differences", [[1.0], []])
def test_fewer_than_two_pairs_have_no_interval(differences):
    found = pair(differences)
    assert found[["low", "high", "p", "p_adjusted"]].isna().all()
    assert (found["verdict"], found["needed"]) == (Verdict.OPEN, 6)


def test_two_or_three_pairs_leave_the_interval_without_bounds():
    for differences in ([1, 2], [1, 2, 4]):
        assert tuple(pair(differences)[["low", "high"]]) == (-np.inf, np.inf)
    assert np.isfinite(pair([1, 2, 4, 8])[["low", "high"]].astype(float)).all()


def test_differences_are_judged_like_columns():
    values = pd.DataFrame({"a": NINE, "b": 0 * NINE, "c": NINE[::-1] / 2})
    differences = {("b", "c"): (values["b"] - values["c"]).to_numpy(), ("a", "b"): NINE}
    found = verdicts.judge(differences, 0, Direction.HIGHER)
    assert list(found["a"] + found["b"]) == ["bc", "ab"]
    expected = verdicts.compare(values, 0, Direction.HIGHER).set_index(["a", "b"])
    for row in found.itertuples():
        same = expected.loc[(row.a, row.b)]
        assert (row.difference, row.low, row.high) == tuple(same[["difference", "low", "high"]])
        assert row.verdict == same["verdict"]
        assert (row.p_adjusted, same["p_adjusted"]) == (2 * 2 / 2**9, 3 * 2 / 2**9), (
            "of two pairs, of three"
        )


def test_a_tie_is_two_one_sided_tests_corrected_like_the_rest():
    rng = np.random.default_rng(0)
    values = pd.DataFrame(rng.normal(scale=0.4, size=(12, 4)), columns=list("abcd"))
    pairs = verdicts.compare(values, 0.5, Direction.HIGHER)
    raw = []
    for row in pairs.itertuples():
        difference = values[row.a] - values[row.b]
        above = stats.ttest_1samp(difference, -0.5, alternative="greater").pvalue
        below = stats.ttest_1samp(difference, 0.5, alternative="less").pvalue
        raw.append(max(above, below))
    np.testing.assert_allclose(pairs["p_equal"], raw)
    corrected = multipletests(raw, method="holm")[1]
    np.testing.assert_allclose(pairs["p_equal_adjusted"], corrected)
    tied = pairs["verdict"] == Verdict.TIED
    np.testing.assert_array_equal(tied, corrected < 0.05)
    assert tied.any()
    assert (np.array(raw)[~tied] < 0.05).any(), "one is lost by the correction"


def test_one_column_has_no_pairs():
    pairs = verdicts.compare(pd.DataFrame({"a": NINE}), 0, Direction.HIGHER)
    assert pairs.empty
    assert list(pairs.columns) == list(pair(NINE).index)


@pytest.mark.parametrize(
    ("margin", "direction", "message"),
    [
        (-1, Direction.HIGHER, "margin: -1"),
        (np.nan, Direction.HIGHER, "margin: nan"),
        (0, Direction.NEITHER, "direction: 'neither'"),
    ],
)
def test_an_invalid_argument_is_named(margin, direction, message):
    values = pd.DataFrame({"a": NINE, "b": NINE})
    with pytest.raises(ValueError, match=message):
        verdicts.compare(values, margin, direction)
    if direction == Direction.NEITHER:
        with pytest.raises(ValueError, match=message):
            verdicts.ranks(values, direction)


def test_holm_by_hand():
    base = 10 * np.arange(8.0)
    values = pd.DataFrame(
        {
            "a": base + [11, 12, 13, 14, 15, 16, 17, 18],
            "b": base,
            "c": base + [-4, 2, 3, -1, 5, 6, 7, 8],
            "d": base + [1, -2, 3, -4, 5, -6, 7, -8],
        }
    )
    pairs = verdicts.compare(values, 0, Direction.HIGHER)
    # In 256ths. Of 1 to 8, the signs that sum up to 5 or less: 10; to 16 or less: 108.
    # Of 1 to 5, which c and d leave: 3 or less: 5 of 32.
    np.testing.assert_allclose(pairs["p"] * 256, [2, 2, 2, 20, 216, 80])
    # Sorted, times 6 5 4 3 2 1, and never falling.
    corrected = pairs["p_adjusted"] * 256
    np.testing.assert_allclose(corrected, [12, 12, 12, 60, 216, 160])
    again = multipletests(pairs["p"], method="holm")[1]
    np.testing.assert_allclose(pairs["p_adjusted"], again)


def test_the_matrix_is_antisymmetric():
    values = pd.DataFrame({"a": NINE, "b": NINE / 2, "c": NINE / 2, "d": [8, *NINE[1:] / 3]})
    pairs = verdicts.compare(values, 0, Direction.HIGHER)
    of_some = verdicts.matrix(pairs, ["b", "a"])
    assert (list(of_some.index), list(of_some)) == (["b", "a"], ["b", "a"])
    square = verdicts.matrix(pairs, ["d", "c", "a", "b", "e"])
    assert list(square.index) == list(square.columns) == ["d", "c", "a", "b", "e"]
    assert square.loc["a", "b"] == Verdict.BETTER
    assert square.loc["b", "a"] == Verdict.WORSE
    assert square.loc["b", "c"] == square.loc["c", "b"] == Verdict.TIED
    assert square.loc["d", "a"] == square.loc["a", "d"] == Verdict.OPEN
    assert (square.loc["e"] == "").all()
    assert [square.loc[name, name] for name in square] == [""] * 5


def test_nine_seeds_of_eleven_activations_need_twelve():
    # However clear, 2/2^9 times 55 pairs is over 0.05.
    values = pd.DataFrame(NINE[:, None] / 1000 + 10 * np.arange(11))
    pairs = verdicts.compare(
        values + np.random.default_rng(0).normal(size=(9, 11)), 1, Direction.HIGHER
    )
    assert set(pairs["verdict"]) == {Verdict.OPEN}
    assert pairs["needed"].min() == 12


def test_the_number_needed_is_that_of_the_observed_differences():
    # See test_paired_tests.
    found = pair([2, -2, 3, -2, 0.1])
    mean, spread = 0.22, np.std([2, -2, 3, -2, 0.1], ddof=1)
    expected = math.ceil(math.pi / 3 * (7.848879 * (spread / mean) ** 2 + 1.920730))
    assert found["needed"] == expected


def test_the_number_needed_is_more_than_the_number_used():
    # By the formula fewer would do, but these nine have not, being skewed.
    differences = [0.1, -0.02, 0.1, 0.1, -0.03, 0.1, 0.1, -0.01, -0.05]
    found = pair(differences, 0.0)
    spread = np.std(differences, ddof=1, keepdims=True)
    needed = paired_tests.seeds_needed(np.array([np.mean(differences)]), spread, 0, pairs=1)[0]
    assert found["verdict"] == Verdict.OPEN
    assert found["needed"] == max(needed, 10)
    assert np.isnan(pair(NINE)["needed"]), "decisive"


@pytest.mark.parametrize("distribution", ["normal", "exponential"])
def test_without_effects_at_most_one_family_in_twenty_finds_one(distribution):
    families = 150
    rng = np.random.default_rng(0)
    mistaken = 0
    for _ in range(families):
        common = rng.normal(size=(12, 1))  # of the seed
        values = pd.DataFrame(common + getattr(rng, distribution)(size=(12, 11)))
        pairs = verdicts.compare(values, 1e-6, Direction.HIGHER, resamples=199)
        mistaken += pairs["verdict"].isin([Verdict.BETTER, Verdict.WORSE]).any()
    # No allowance: over 1,500 families it was 2.4 % and 2.2 %, as p comes in coarse steps.
    assert mistaken <= 0.05 * families


def test_an_effect_is_found_with_the_stated_power():
    # One activation of three is one standard deviation of the differences better.
    effect, trials = 1.0, 300
    needed = paired_tests.seeds_needed(np.array([effect]), np.ones(1), 0, pairs=3)[0]
    rng = np.random.default_rng(0)
    found = wrong = 0
    for _ in range(trials):
        noise = rng.normal(scale=math.sqrt(0.5), size=(int(needed), 3))
        values = pd.DataFrame(noise + [effect, 0, 0], columns=["a", "b", "c"])
        pairs = verdicts.compare(values, 0.01, Direction.HIGHER, resamples=399)
        found += pairs.loc[0, "verdict"] == Verdict.BETTER
        wrong += (pairs["verdict"] == Verdict.WORSE).any()
    # 3 sigma of 300 are 0.07; Holm's corrections after the first are milder than the worst.
    assert 0.73 < found / trials < 0.92
    assert wrong <= stats.binom.ppf(0.999, trials, 0.05)


def test_ranks_by_hand():
    values = pd.DataFrame(
        {"a": [3.0, 3, 2], "b": [2.0, 1, 2], "c": [1.0, 2, np.nan]}, index=["x", "y", "z"]
    )
    ranks = verdicts.ranks(values, Direction.HIGHER)
    # Within x: 1 2 3; y: 1 3 2; z: 1.5 1.5 3, c having diverged.
    assert ranks.average.to_dict() == pytest.approx({"a": 3.5 / 3, "b": 6.5 / 3, "c": 8 / 3})
    assert list(ranks.average.index) == list(ranks.pairwise.index) == ["a", "b", "c"]
    # Friedman's chi-square with the correction for the one tie (Conover 1971).
    chi = 2 * ((3.5 - 6) ** 2 + (6.5 - 6) ** 2 + (8 - 6) ** 2) / (14 + 14 + 13.5 - 36)
    assert ranks.p == pytest.approx(stats.chi2.sf(chi, 2), rel=1e-12)
    # Nemenyi: difference over sqrt(k (k + 1) / 6 n), against the studentised range.
    q = (8 - 3.5) / 3 / math.sqrt(12 / 18) * math.sqrt(2)
    expected = stats.studentized_range.sf(q, 3, np.inf)
    assert ranks.pairwise.loc["a", "c"] == pytest.approx(expected, rel=1e-6)
    assert ranks.pairwise.equals(ranks.pairwise.T)
    assert list(verdicts.ranks(values, Direction.LOWER).average.index)[0] == "b"


def test_ranks_of_two_activations_or_all_tied():
    two = pd.DataFrame({"a": [1, 2], "b": [2, 3]})
    assert np.isnan(verdicts.ranks(two, Direction.LOWER).p), "Friedman's test takes three"
    assert list(verdicts.ranks(two, Direction.LOWER).average) == [1, 2]
    tied = verdicts.ranks(pd.DataFrame(np.ones((3, 3)), columns=list("abc")), Direction.HIGHER)
    assert np.isnan(tied.p)
    assert (tied.pairwise == 1).all(axis=None)
