"""Which test images are shown, by one rule for all models of a replicate."""

import numpy as np

from vaelib.data.images import ImageSet
from vaelib.models.vae import VAE
from vaelib.results.pictures import Pictures
from vaelib.training.pca import PrincipalComponents
from vaelib.training.snapshots import Snapshots

MOST_IMAGES = 64  # that a run keeps; a report shows the first of them
SAMPLES = 8  # of the prior
_IN_TRAINING = 10  # validation images whose reconstruction is kept of several epochs
_CANDIDATES = 1000  # among which these are chosen
_NOISE_SEED = 0  # of the samples, for all models


def choose(errors: np.ndarray, labels: np.ndarray | None, count: int) -> np.ndarray:
    """Choose test images over labels, and from well to badly reconstructed ones.

    The rule looks at no model, so that it favours none: images are ranked by the error
    of a common reference, and targets are set on the ranks at 0, 1, 1/2, 1/4, 3/4, 1/8
    and so on. Each target takes, among the images whose label was taken least often so
    far, the one that is nearest to it. However many are shown of those chosen, they are
    spread over labels and errors.

    Parameters
    ----------
    errors : array of float [n]
        Of each test image, such as the squared error of its reconstruction by PCA.
    labels : array of int [n] or None
    count : int

    Returns
    -------
    array of int
        Different indices, at most `count`, in the order of choice.
    """
    n = len(errors)
    ranks = np.empty(n)
    ranks[np.argsort(errors, kind="stable")] = np.linspace(0, 1, n)
    classes = np.zeros(n, int) if labels is None else np.unique(labels, return_inverse=True)[1]
    taken = np.zeros(classes.max() + 1, int)
    left = np.ones(n, bool)
    chosen = []
    for target in _targets(min(count, n)):
        candidates = np.flatnonzero(left)
        fewest = taken[classes[candidates]]
        candidates = candidates[fewest == fewest.min()]
        nearest = candidates[np.argmin(np.abs(ranks[candidates] - target))]
        left[nearest] = False
        taken[classes[nearest]] += 1
        chosen.append(nearest)
    return np.array(chosen, int)


def worst_median_best(ssim: np.ndarray) -> np.ndarray:
    """Return the indices of the lowest, the median and the highest SSIM.

    Of an even number of images, the median is the better of the middle two.
    """
    order = np.argsort(ssim, kind="stable")
    return order[[0, len(order) // 2, -1]]


def pictures(
    model: VAE,
    test: np.ndarray,
    labels: np.ndarray | None,
    reconstructions: np.ndarray,
    ssim: np.ndarray,
    components: PrincipalComponents,
    errors: np.ndarray,
    snapshots: Snapshots,
) -> Pictures:
    """Return what a run keeps of a model to look at.

    Parameters
    ----------
    model : VAE
    test : array of float32 [n, height, width, channels]
    labels : array of int [n] or None
        Of the test images.
    reconstructions : array of float32 like `test`
    ssim : array of float [n]
        Of the reconstructions.
    components : PrincipalComponents
    errors : array of float [n]
        Squared error of each test image's reconstruction by `components`.
    snapshots : Snapshots
        Taken in training.
    """
    index, ranked = choose(errors, labels, MOST_IMAGES), worst_median_best(ssim)
    return Pictures(
        index=index,
        reconstruction=reconstructions[index],
        pca=components.reconstruct(test[index]),
        ranked_index=ranked,
        ranked_ssim=ssim[ranked],
        ranked_reconstruction=reconstructions[ranked],
        samples=model.sample(SAMPLES, seed=_NOISE_SEED),
        snapshot_epochs=snapshots.epochs,
        snapshot_original=snapshots.images,
        snapshots=snapshots.reconstructions,
    )


def of_validation(images: ImageSet) -> np.ndarray:
    """Choose validation images to watch in training, by the rule of `choose`.

    The reference is their mean image.

    Returns
    -------
    array of float32 [n, height, width, channels]
        In [0, 1]; ten, where there are as many.
    """
    some, labels = images.validation[:_CANDIDATES], images.validation_labels
    errors = np.square(some - some.mean(axis=0)).mean(axis=(1, 2, 3))
    return some[choose(errors, None if labels is None else labels[:_CANDIDATES], _IN_TRAINING)]


def _targets(count: int) -> np.ndarray:
    """Return 0, 1, and Halton's sequence in base 2: evenly spread, however many."""
    from scipy.stats import qmc

    between = qmc.Halton(1, scramble=False).random(count)[1:, 0]  # the first is 0
    return np.array([0.0, 1.0, *between])[:count]
