"""Images to show: spread over labels and over the reference's errors."""

import numpy as np
import pytest

from vaelib import ImageSet
from vaelib.training import examples


@pytest.mark.parametrize("count", range(1, 9))
def test_without_labels_the_ranks_of_the_errors_are_spread_by_hand(count):
    errors = np.array([0.8, 0.1, 0.9, 0.3, 0.2, 0.5, 0.4, 0.7, 0.6])  # ranks 0, 1/8, ... 1
    by_rank = np.argsort(errors)
    expected = by_rank[[0, 8, 4, 2, 6, 1, 5, 3]][:count]
    np.testing.assert_array_equal(examples.choose(errors, None, count), expected)


def test_labels_are_taken_in_turn_and_the_nearest_rank_of_one_is_taken():
    errors = np.arange(6) / 10
    labels = np.array([7, 7, 7, 7, 3, 3])
    # Target 0 takes the best; target 1 the worst, which has the other label; target 1/2
    # may take any, and 0.4 and 0.6 are as near: the first. Then only 3 has been taken once.
    assert list(examples.choose(errors, labels, 6)) == [0, 5, 2, 4, 3, 1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("classes", "count"), [(10, 8), (10, 10), (10, 64), (3, 8), (100, 16)])
def test_however_many_are_shown_they_cover_labels_and_errors(seed, classes, count):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(2000) % classes)
    errors = rng.lognormal(size=2000)
    chosen = examples.choose(errors, labels, count)
    assert len(set(chosen)) == count
    counts = np.bincount(labels[chosen], minlength=classes)
    assert counts.max() - counts.min() <= 1
    ranks = np.sort(np.argsort(np.argsort(errors))[chosen] / 1999)
    assert ranks[0] == 0
    assert ranks[-1] > 0.98  # the worst image may have the label of the first
    # Evenly spaced, they would be 1 / count apart.
    assert np.diff(ranks).max() < 3 / count
    np.testing.assert_array_equal(chosen[: count // 2], examples.choose(errors, labels, count // 2))


@pytest.mark.parametrize(
    "labels",
    [None, np.array([4, 4, 4]), np.array([2, 0, 1]), np.array(["b", "a", "b"])],
    ids=["none", "one", "all different", "text"],
)
def test_of_few_images_all_are_chosen_once(labels):
    assert sorted(examples.choose(np.array([0.5, 0.5, 0.5]), labels, 64)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("ssim", "expected"),
    [
        ([0.5, 0.1, 0.9, 0.3, 0.7], [1, 0, 2]),
        ([0.5, 0.1, 0.9, 0.3], [1, 0, 2]),
        ([0.2, 0.2], [0, 1, 1]),
        ([0.4], [0, 0, 0]),
    ],
)
def test_worst_median_and_best_by_hand(ssim, expected):
    np.testing.assert_array_equal(examples.worst_median_best(np.array(ssim)), expected)


def test_validation_images_to_watch_are_spread_over_labels(images):
    labels = np.arange(40) % 4
    split = ImageSet("noise", images[40:50], images[:40], images[50:], validation_labels=labels)
    chosen = examples.of_validation(split)
    places = [next(i for i in range(40) if np.array_equal(images[i], one)) for one in chosen]
    assert len(set(places)) == 10
    assert sorted(np.bincount(labels[places])) == [2, 2, 3, 3]
    distance = np.square(images[:40] - images[:40].mean(axis=0)).mean(axis=(1, 2, 3))
    assert places[0] == np.argmin(distance)
