"""Intervals for new images: by hand, and how often they cover what new images give."""

import numpy as np
import pytest
from scipy import stats

from vaelib.analysis import new_images


def test_the_corrected_interval_by_hand():
    # Mean 2, s 1, t(0.975, 2) = 4.302653; sqrt(1 / 3 + 0.25) = 0.763763.
    found = new_images.corrected_interval(np.array([1.0, 2.0, 3.0]), 0.25)
    assert found == pytest.approx((2 - 3.286206, 2 + 3.286206), rel=1e-6)


@pytest.mark.parametrize("differences", [np.ones(1), np.ones(0)])
def test_one_replicate_gives_no_interval(differences):
    assert np.isnan(new_images.corrected_interval(differences, 0.1)).all()
    assert np.isnan(new_images.crossed_interval(differences[:, None])).all()


def test_resampled_splits_are_covered_where_students_interval_fails():
    """A pool of images is split again and again; the truth is that of all such images."""
    rng, covered, naive = np.random.default_rng(0), 0, 0
    trials, replicates, size, held_out = 300, 10, 120, 20
    for _ in range(trials):
        pool = rng.normal(size=size)  # of each image, what two models differ by
        means = np.array(
            [rng.choice(pool, held_out, replace=False).mean() for _ in range(replicates)]
        )
        low, high = new_images.corrected_interval(means, held_out / (size - held_out))
        covered += low <= 0 <= high
        reach = stats.t.ppf(0.975, replicates - 1) * stats.sem(means)
        naive += abs(means.mean()) <= reach
    assert naive / trials < 0.88
    assert 0.92 <= covered / trials <= 0.99


@pytest.mark.parametrize("of_images", [0.2, 1.0, 4.0])
def test_a_fixed_test_set_is_covered_over_replicates_and_images(of_images):
    rng, covered, naive = np.random.default_rng(1), 0, 0
    trials, replicates, images = 200, 10, 60
    for _ in range(trials):
        differences = (
            rng.normal(size=(replicates, 1)) * 0.3
            + rng.normal(size=images) * of_images
            + rng.normal(size=(replicates, images))
        )
        low, high = new_images.crossed_interval(differences, resamples=400)
        covered += low <= 0 <= high
        means = differences.mean(axis=1)
        naive += abs(means.mean()) <= stats.t.ppf(0.975, replicates - 1) * stats.sem(means)
    assert covered / trials >= 0.93
    if of_images == 4.0:
        assert naive / trials < 0.8, "replicates alone say nothing of other images"


def test_the_crossed_interval_is_reproducible():
    differences = np.random.default_rng(2).normal(size=(5, 30))
    assert new_images.crossed_interval(differences) == new_images.crossed_interval(differences)


def test_test_sets_are_as_the_study_describes_them():
    images = {"digits": {"redrawn": True, "test": 180, "train": 1438, "validation": 179}}
    assert new_images.test_sets(images) == {"digits": new_images.TestSet(True, 180, 1617)}
