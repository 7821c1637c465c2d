"""The race: what it decides, and how often it is wrong."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vaelib.analysis import moderated, race, verdicts
from vaelib.analysis.paired_tests import SIGNIFICANCE
from vaelib.results.columns import Direction

LOOKS = (4, 6, 9, 14)
# Test ELBOs to the end of training, from Keras' start, and the spread within a replicate.
MEANS = [-116.1, -117.9, -118.1, -121.7, -122.3, -121.8, -123.5, -131.6, -124.6, -139.6, -166.0]
SPREAD = 1.06
NOISES = ("normal", "exponential", "laplace", "outliers", "one is noisy", "half are noisy")


def noise(kind: str, rng: np.random.Generator, shape: tuple) -> np.ndarray:
    """Return noise of mean 0."""
    if kind.endswith("noisy"):
        scale = np.ones(shape[1])
        scale[: 1 if kind.startswith("one") else shape[1] // 2] = 5 if kind.startswith("one") else 3
        return rng.normal(size=shape) * scale
    if kind == "outliers":
        return rng.normal(size=shape) * np.where(rng.uniform(size=shape) < 0.1, 10, 1)
    drawn = getattr(rng, kind)(size=shape)
    return drawn - 1 if kind == "exponential" else drawn


def frame(values: np.ndarray) -> pd.DataFrame:
    names = [f"a{number}" for number in range(values.shape[1])]
    return pd.DataFrame(values, columns=names).astype(object)


def retired(found: race.Race) -> list[str]:
    return [one.activation for stage in found.stages for one in stage.retired]


@pytest.mark.parametrize(
    ("replicates", "looks"),
    [(1, (1,)), (3, (3,)), (4, (4,)), (5, (4, 5)), (6, (4, 6)), (9, (4, 6, 9)), (14, LOOKS),
     (15, (4, 6, 9, 15)), (21, (4, 6, 9, 14, 21))],
)  # fmt: skip
def test_looks_grow_by_half_up_to_the_last_replicate(replicates, looks):
    assert race.looks_of(replicates) == looks


def test_the_level_is_shared_by_looks_and_pairs():
    assert race.pair_level(11, LOOKS) == pytest.approx(0.05 / 4 / 55)
    assert race.pair_level(2, LOOKS) == pytest.approx(0.05 / 4)


def test_a_race_by_hand():
    rng = np.random.default_rng(0)
    values = frame(rng.normal([0, -0.2, -50], 1, size=(6, 3)))
    found = race.decide(values, (4, 6), margin=0.1)
    first, last = found.stages
    assert (first.replicates, first.started, first.lost) == (4, ("a0", "a1", "a2"), ())
    (gone,) = first.retired
    differences = (values[gone.leader] - values["a2"]).iloc[:4].astype(float)
    assert gone.activation == "a2"
    assert gone.difference == pytest.approx(differences.mean())
    prior = moderated.prior_of(values.iloc[:4])
    _, error, freedom = moderated.mean_error_freedom(differences.to_numpy(), prior)
    assert freedom == 6, "of the two-way analysis of variance, not the 3 of this pair"
    assert gone.p == pytest.approx(2 * stats.t.sf(gone.difference / error, freedom))
    assert gone.level == pytest.approx(0.05 / 2 / 3)
    reach = stats.t.ppf(1 - gone.level / 2, freedom) * error
    assert gone.low == pytest.approx(gone.difference - reach)
    assert gone.high == pytest.approx(gone.difference + reach)
    assert (last.replicates, last.retired) == (6, ())
    assert (set(found.alive), found.over, found.tied) == ({"a0", "a1"}, True, False)
    assert found.models == 3 * 4 + 2 * 2
    assert found.order[-1] == "a2"


def test_a_race_waits_for_the_models_of_a_look():
    values = frame(np.random.default_rng(0).normal([0, -0.2, -50], 1, size=(6, 3)))
    values.loc[4:, :] = None
    found = race.decide(values, (4, 6), margin=0.1)
    assert (found.over, found.replicates, len(found.stages)) == (False, 6, 1)
    assert found.alive == ("a0", "a1")
    values.loc[3, "a1"] = None
    found = race.decide(values, (4, 6), margin=0.1)
    assert (found.over, found.replicates, found.stages) == (False, 4, ())


def test_it_ends_when_one_is_left():
    values = frame(np.random.default_rng(0).normal([0, -40, -50], 1, size=(6, 3)))
    found = race.decide(values, (4, 6), margin=0.1)
    assert (found.alive, found.over, len(found.stages)) == (("a0",), True, 1)


def test_it_ends_when_all_that_are_left_are_tied():
    values = frame(np.random.default_rng(0).normal([0, 0, -50], 0.01, size=(6, 3)))
    found = race.decide(values, (4, 6), margin=1.0)
    assert (set(found.alive), found.tied, len(found.stages)) == ({"a0", "a1"}, True, 1)


def test_lower_can_be_better():
    values = frame(np.random.default_rng(0).normal([0, 40, 50], 1, size=(6, 3)))
    assert race.decide(values, (4, 6), 0.1, direction=Direction.LOWER).alive == ("a0",)


def test_what_failed_or_mostly_diverged_is_lost():
    values = frame(np.random.default_rng(1).normal(0, 1, size=(6, 4)))
    values.loc[4:, "a1"] = None
    values.loc[:1, "a2"] = math.nan
    values.loc[:0, "a3"] = math.nan
    found = race.decide(values, (4, 6), margin=0.0, failed=["a1"])
    assert [stage.lost for stage in found.stages] == [("a2",), ("a1",)]
    assert set(found.alive) == {"a0", "a3"}
    every = race.decide(frame(np.full((6, 2), math.nan)), (4, 6), margin=0.0)
    assert (every.alive, every.over) == ((), True)


def test_the_last_look_is_not_misled_by_one_replicate_far_out():
    values = np.zeros((14, 2))
    values[:, 0] = np.linspace(1, 2, 14)
    values[13, 0] = 1e6
    found = race.decide(frame(values), (14,), margin=0.0)
    assert found.alive == ("a0",)
    assert found.stages[0].retired[0].p == 2 / 2**14


def test_the_last_look_retires_nobody_against_the_ranks():
    """One far better replicate makes the best mean, fourteen slightly worse ones the ranks."""
    values = np.zeros((15, 2))
    values[:, 0] = -np.linspace(1, 2, 15)
    values[14, 0] = 1000
    found = race.decide(frame(values), (15,), margin=0.0)
    assert set(found.alive) == {"a0", "a1"}
    pairs = verdicts.of_race(frame(values).astype(float), (15,), 0.0, Direction.HIGHER)
    assert pairs["p"].item() < SIGNIFICANCE
    assert pairs["verdict"].item() == verdicts.Verdict.OPEN


def test_what_is_practically_tied_is_not_retired():
    values = np.tile([0.0, -0.5, -50], (6, 1)) + 0.01 * np.random.default_rng(0).normal(size=(6, 3))
    found = race.decide(frame(values), (4, 6), margin=1.0)
    assert (set(found.alive), found.tied) == ({"a0", "a1"}, True)
    assert race.decide(frame(values), (4, 6), margin=0.1).alive == ("a0",)
    seen = frame(values[:4]).astype(float)
    statements = [one for stage in found.stages for one in stage.retired]
    pairs = verdicts.of_race(seen, (4, 6), 1.0, Direction.HIGHER, statements)
    factors = SIGNIFICANCE / pairs["level"]
    assert (factors > 1).all()
    corrected = (pairs["p_equal"] * factors).clip(upper=1)
    assert 0 < corrected.min() < SIGNIFICANCE < corrected.max()
    np.testing.assert_allclose(pairs["p_equal_adjusted"], corrected)
    assert pairs.set_index(["a", "b"])["verdict"].to_dict() == {
        ("a0", "a1"): verdicts.Verdict.TIED,
        ("a0", "a2"): verdicts.Verdict.BETTER,
        ("a1", "a2"): verdicts.Verdict.BETTER,
    }


def test_a_tie_is_corrected_for_the_activations_and_not_for_the_replicates():
    """Its p of 0.01 is under 0.05, of one pair, and over 0.05 / 15, as of six activations."""
    ahead = np.array([0.02, 0.2, 0.35, 0.65, 0.8, 0.98])
    values = np.stack([ahead, np.zeros(6)], axis=1)
    found = race.decide(frame(values), (6,), margin=1.0)
    assert (set(found.alive), found.tied) == ({"a0", "a1"}, True)
    assert race.decide(frame(values), (6,), margin=0.5).alive == ("a0",)


def test_a_diverged_model_leaves_the_last_look_its_test():
    values = np.zeros((14, 2))
    values[:, 0] = np.linspace(1, 2, 14)
    values[12, 0], values[3, 1] = 1e6, math.nan
    found = race.decide(frame(values), (14,), margin=0.0)
    assert found.stages[0].retired[0].p == 2 / 2**13
    seen = frame(values).astype(float)
    assert race.judge(seen, (9, 14), 0.0)["p"].item() == 2 / 2**13
    seen.iloc[9:] = math.nan  # not trained so far
    assert race.judge(seen, (9, 14), 0.0)["p"].item() != 2 / 2**8


def test_the_outcome_does_not_depend_on_models_that_it_does_not_need():
    rng = np.random.default_rng(3)
    values = frame(MEANS + rng.normal(scale=SPREAD, size=(14, 11)))
    full = race.decide(values, LOOKS, 0.9)
    for stage in full.stages:
        for one in stage.retired:
            values.loc[stage.replicates :, one.activation] = None
    assert race.decide(values, LOOKS, 0.9) == full


@pytest.mark.parametrize("kind", NOISES)
def test_equal_activations_are_rarely_called_different(kind):
    """The chance is at most 5 % a race, and so is that of dropping a best one."""
    rng, races = np.random.default_rng(1), 200
    wrong = sum(
        bool(retired(race.decide(frame(noise(kind, rng, (14, 11))), LOOKS, 0.0)))
        for _ in range(races)
    )
    # Over 1,000 races: 1.7, 1.4, 1.4, 0.4, 4.4 and 2.0 %.
    assert wrong <= stats.binom.ppf(0.999, races, SIGNIFICANCE)


@pytest.mark.parametrize("groups", [(2, 9), (3, 8), (2, 2, 2, 2, 3)])
@pytest.mark.parametrize("gap", [0.5, 3.0])
def test_groups_of_equal_activations_do_not_add_up(groups, gap):
    rng, races = np.random.default_rng(2), 100
    group = np.repeat(np.arange(len(groups)), groups)
    wrong = 0
    for _ in range(races):
        found = race.decide(frame(rng.normal(-gap * group, 1, (14, 11))), LOOKS, 0.0)
        statements = [one for stage in found.stages for one in stage.retired]
        wrong += any(
            group[int(one.activation[1:])] <= group[int(one.leader[1:])] for one in statements
        )
    assert wrong <= stats.binom.ppf(0.999, races, SIGNIFICANCE)


def test_the_power_and_the_savings_are_as_stated():
    """Of the published table: the best is left alone in most races, by half of the models."""
    rng, races = np.random.default_rng(4), 60
    models = best = 0
    for _ in range(races):
        found = race.decide(frame(MEANS + rng.normal(scale=SPREAD, size=(14, 11))), LOOKS, 0.9)
        models += found.models
        best += found.alive == ("a0",)
        assert "a0" in found.alive
    # Over 600 races: 40 % of the models, and 90 % of the races.
    assert models / races < 0.45 * 14 * 11
    assert best / races > 0.7


@pytest.mark.parametrize("kind", ["normal", "laplace"])
def test_intervals_hold_whenever_the_race_ended(kind):
    rng, races, missed = np.random.default_rng(5), 100, 0
    means = np.array([0, -0.5, -1, -2, -6.0])
    for _ in range(races):
        values = frame(means + noise(kind, rng, (14, 5)))
        found = race.decide(values, LOOKS, 0.0)
        seen = values.astype(float)
        for stage in found.stages:
            for one in stage.retired:
                seen.loc[stage.replicates :, one.activation] = np.nan
        statements = [one for stage in found.stages for one in stage.retired]
        pairs = verdicts.of_race(seen, LOOKS, 0.0, Direction.HIGHER, statements)
        numbers = dict(zip(values, means, strict=True))
        truth = pairs["a"].map(numbers) - pairs["b"].map(numbers)
        missed += not ((pairs["low"] <= truth) & (truth <= pairs["high"])).all()
    # All ten at once, in 95 % of races or more.
    assert missed <= stats.binom.ppf(0.999, races, 0.05)
