"""Intervals for new images of the same kind, beside those over replicates.

An interval over replicates says how far a mean over ever more replicates could be, on
splits of these images. Replicates that redraw the test set from the same images
overlap, so their spread understates what other images would change; replicates with the
same test images say nothing of that at all.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

from vaelib.analysis.intervals import LEVEL, student_quantile

RESAMPLES = 2000


@dataclasses.dataclass(frozen=True)
class TestSet:
    """How the test images of a data set come about.

    Attributes
    ----------
    redrawn : bool
        Whether each replicate draws its own, or all have those of the source.
    images, others : int
        In the test set, and in the rest of what is split, before a study takes fewer
        training images.
    """

    __test__ = False  # no test of pytest's

    redrawn: bool
    images: int
    others: int


def test_sets(images: Mapping[str, Mapping]) -> dict[str, TestSet]:
    """Return those of a study's data sets, as ``study.json`` describes them."""
    return {
        name: TestSet(one["redrawn"], one["test"], one["train"] + one["validation"])
        for name, one in images.items()
    }


def corrected_interval(
    differences: np.ndarray, ratio: float, level: float = LEVEL
) -> tuple[float, float]:
    """Return the corrected resampled t interval (Nadeau & Bengio 2003, section 3).

    Parameters
    ----------
    differences : array of float [n]
        Means over the test images of each replicate, which redraws all sets.
    ratio : float
        Test images over all others that are split with them: two test sets have a share
        of ``ratio / (1 + ratio)`` in common, however many of the others are trained on.
    level : float
        Of confidence.

    Returns
    -------
    low, high : float
        Mean plus and minus ``t s sqrt(1 / n + ratio)``: the variance of the mean of
        replicates whose results correlate by ``ratio / (1 + ratio)``, the share of test
        images. NaN for fewer than two replicates.
    """
    n = len(differences)
    if n < 2:
        return np.nan, np.nan
    error = np.std(differences, ddof=1) * np.sqrt(1 / n + ratio)
    reach = student_quantile(n, level) * error
    return float(np.mean(differences) - reach), float(np.mean(differences) + reach)


def crossed_interval(
    differences: np.ndarray, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float]:
    """Return the interval of a bootstrap over replicates and images (Owen 2007).

    Parameters
    ----------
    differences : array of float [replicates, images]
        Of each test image, the same images in all replicates.
    level : float
        Of confidence.
    resamples : int
    seed : int
        Of the resamples.

    Returns
    -------
    low, high : float
        The mean plus and minus Student's quantile, of one less than the number of
        replicates, times the standard deviation over resamples of both replicates and
        images, each drawn with replacement; a replicate's share of that variance is
        raised by ``n / (n - 1)``, which is much for few. NaN for fewer than two
        replicates.
    """
    n, images = differences.shape
    if n < 2:
        return np.nan, np.nan
    rng = np.random.default_rng([seed, n, images])
    of_replicates = rng.multinomial(n, np.full(n, 1 / n), size=resamples) / n
    of_images = rng.multinomial(images, np.full(images, 1 / images), size=resamples) / images
    means = np.einsum("bi,bi->b", of_replicates @ differences, of_images)
    over_replicates = differences.mean(axis=1).var(ddof=1) / n
    variance = means.var(ddof=1) + over_replicates / n
    reach = student_quantile(n, level) * np.sqrt(variance)
    mean = differences.mean()
    return float(mean - reach), float(mean + reach)
