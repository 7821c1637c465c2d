"""How well images were reconstructed, how the code is used, how gradients flow.

Pure functions; those of reconstructions return a value for each image, to be averaged
by the caller.
"""

import functools
import math
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy.special import entr
from scipy.stats import wasserstein_distance
from skimage.metrics import structural_similarity

_AT_ONCE = 2**23  # pixels that are scored at once
_TOLERANCE = 1e-6  # of grey values: rounding errors of float32
SSIM_WINDOW = 11  # pixels: a Gaussian of sigma 1.5 cut at 3.5 sigma


def _in_chunks(score: Callable) -> Callable:
    """Score many images in parts: all of them as float64 would need eight times the bytes."""

    @functools.wraps(score)
    def scored(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
        both = [_with_shape(images), _with_shape(reconstructions)]
        _require_equal_shapes(*both, "reconstructions")
        return np.concatenate([score(*parts) for parts in zip(*map(_parts, both), strict=True)])

    return scored


def _parts(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield images in order, so many that they can be scored at once; at least one part."""
    images = _with_shape(images)
    rows = max(1, _AT_ONCE // max(1, math.prod(images.shape[1:])))
    for start in range(0, max(1, len(images)), rows):
        yield images[start : start + rows]


def _with_shape(images) -> np.ndarray:
    """Return an array of a list, and anything that is like an array as it is."""
    return images if hasattr(images, "shape") else np.asarray(images)


@_in_chunks
def mse(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Mean squared error of each image.

    Parameters
    ----------
    images, reconstructions : array of float [n, height, width, channels]
        Grey values in [0, 1].

    Returns
    -------
    array of float64 [n]
        Mean over pixels and channels of the squared difference, in [0, 1].
    """
    images, reconstructions = _checked(images, reconstructions)
    return np.mean((images - reconstructions) ** 2, axis=(1, 2, 3))


def psnr(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio of each image.

    Parameters
    ----------
    images, reconstructions : array of float [n, height, width, channels]
        Grey values in [0, 1].

    Returns
    -------
    array of float64 [n]
        ``-10 log10(mse)`` in decibels, for a data range of 1. NaN for an image
        that was reconstructed exactly: its ratio is infinite and would make
        every mean infinite; `identical` counts such images.
    """
    error = mse(images, reconstructions)
    return -10 * np.log10(np.where(error > 0, error, np.nan))


def identical(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Find the images that were reconstructed without any error.

    Returns
    -------
    array of bool [n]
    """
    return mse(images, reconstructions) == 0


def ssim_window(height: int, width: int) -> tuple[int, bool]:
    """Return the window SSIM is computed with, and whether it is the standard.

    Returns
    -------
    window : int
        11 pixels, or the largest odd number that fits a smaller image.
    standard : bool
        False for images under 11 pixels: their values are not comparable with
        published ones.
    """
    side = min(height, width)
    if side >= SSIM_WINDOW:
        return SSIM_WINDOW, True
    return side - 1 + side % 2, False


@_in_chunks
def ssim(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Structural similarity of each image (Wang et al. 2004).

    Gaussian weights of standard deviation 1.5 pixels, population covariance,
    K1 = 0.01, K2 = 0.03, data range 1, mean over channels, as computed by
    `skimage.metrics.structural_similarity`. Under 11 pixels a uniform window
    of the largest odd size is used; see `ssim_window`.

    Parameters
    ----------
    images, reconstructions : array of float [n, height, width, channels]
        Grey values in [0, 1].

    Returns
    -------
    array of float64 [n]
        In [-1, 1]; 1 for identical images.

    Notes
    -----
    scikit-image averages the map over the pixels whose window lies wholly in
    the image. Stacked on top of each other, images therefore do not touch each
    other's interior, and one call serves them all.
    """
    images, reconstructions = _checked(images, reconstructions)
    n, height, width, channels = images.shape
    tall = (n * height, width, channels)
    window, _ = ssim_window(height, width)
    similarity = _similarity(images.reshape(tall), reconstructions.reshape(tall), height)
    margin = (window - 1) // 2
    inner = similarity.reshape(n, height, width, channels)[
        :, margin : height - margin, margin : width - margin
    ]
    return inner.mean(axis=(1, 2, 3))


def ssim_map(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Structural similarity around each pixel of each image.

    Parameters
    ----------
    images, reconstructions : array of float [n, height, width, channels]
        Grey values in [0, 1].

    Returns
    -------
    array of float64 [n, height, width]
        In [-1, 1], mean over channels. Its mean over the pixels whose window lies wholly
        in the image is `ssim`; beyond its border an image is mirrored.
    """
    images, reconstructions = _checked(images, reconstructions)
    height = images.shape[1]
    pairs = zip(images, reconstructions, strict=True)
    return np.stack([_similarity(*pair, height).mean(axis=-1) for pair in pairs])


def kl_per_unit(mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    """Divergence of the posterior from the prior, for every latent unit.

    Parameters
    ----------
    mean, log_variance : array of float [n, latent_dim]
        Parameters of the diagonal Gaussian posterior.

    Returns
    -------
    array of float64 [latent_dim]
        KL(q(z_j | x) || N(0, 1)) in nats, averaged over images (Kingma and
        Welling 2014, appendix B).
    """
    mean, log_variance = _codes(mean, "mean"), _codes(log_variance, "log_variance")
    _require_equal_shapes(mean, log_variance, "log_variance")
    return 0.5 * np.mean(mean**2 + np.exp(log_variance) - 1 - log_variance, axis=0)


def active_units(mean: np.ndarray, threshold: float = 0.01) -> np.ndarray:
    """Find the latent units that vary with the image (Burda et al. 2016).

    Parameters
    ----------
    mean : array of float [n, latent_dim]
        Posterior means.
    threshold : float
        A unit is active when the variance over images of its posterior mean
        is above this.

    Returns
    -------
    array of bool [latent_dim]
    """
    return np.var(_codes(mean, "mean"), axis=0) > threshold


def sliced_wasserstein(
    images: np.ndarray, others: np.ndarray, projections: int = 128, seed: int = 0
) -> float:
    """Distance between two sets of images as distributions (Bonneel et al. 2015).

    Parameters
    ----------
    images, others : array of float [n, height, width, channels], [m, ...]
        Not paired; n and m may differ.
    projections : int
        Random directions, uniform on the sphere.
    seed : int
        Of the directions.

    Returns
    -------
    float
        Mean over directions of the Wasserstein-1 distance of the projected images,
        by `scipy.stats.wasserstein_distance`: 0 for equal sets, in grey values.
    """
    first, second = _pixels(images[:1], "images"), _pixels(others[:1], "others")
    _require_equal_shapes(first, second, "others")
    directions = np.random.default_rng([seed]).standard_normal((first.size, projections))
    directions /= np.linalg.norm(directions, axis=0)
    pairs = zip(_projected(images, directions), _projected(others, directions), strict=True)
    return float(np.mean([wasserstein_distance(one, other) for one, other in pairs]))


def _projected(images: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return images [n, ...] along directions [pixels, k], [k, n]; in parts, as float64."""
    parts = (_pixels(part, "images") for part in _parts(images))
    return np.concatenate([part.reshape(len(part), -1) @ directions for part in parts]).T


def pixel_entropy(images: np.ndarray) -> float:
    """Cost of a perfect reconstruction under a Bernoulli likelihood.

    The cross-entropy of a grey value x with itself, ``-x log x - (1 - x) log(1 - x)``,
    is above 0 but for black and white pixels, so no reconstruction costs less.

    Parameters
    ----------
    images : array of float [n, height, width, channels]
        Grey values in [0, 1].

    Returns
    -------
    float
        In nats, summed over pixels, averaged over images.
    """
    parts = (_pixels(part, "images") for part in _parts(images))
    costs = [np.sum(entr(values) + entr(1 - values), axis=(1, 2, 3)) for values in parts]
    return float(np.mean(np.concatenate(costs)))


def gradient_flow(gradients: pd.DataFrame) -> pd.DataFrame:
    """Measure how much of the gradient reaches the first hidden layers.

    Parameters
    ----------
    gradients : pandas.DataFrame
        Rows of `training.probes.GradientProbe`, of one activation in one setting.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``seed`` (where there is one) and ``epoch``. ``encoder`` and
        ``decoder``: root mean square of the gradient at the pre-activations of the
        network's first hidden layer over that at its last; NaN without hidden
        layers or without any gradient. ``flow``, their product: below 1 the
        gradient shrinks in backpropagation, above 1 it grows. Encoder and decoder
        mirror each other, so the widths of the layers cancel in the product. The
        gradient between the two networks, which a collapsed posterior reduces, is
        not part of it.
    """
    index = [column for column in ("seed", "epoch") if column in gradients]
    hidden = gradients[gradients["role"] == "hidden"].sort_values("depth")
    table = pd.DataFrame(index=gradients.groupby(index).size().index)
    for network in ("encoder", "decoder"):
        layers = hidden[hidden["network"] == network]
        first, last = (
            layers.drop_duplicates(index, keep=keep).set_index(index)["gradient_rms"]
            for keep in ("first", "last")
        )
        table[network] = first / last
    table["flow"] = table["encoder"] * table["decoder"]
    return table


def _similarity(image: np.ndarray, reconstruction: np.ndarray, height: int) -> np.ndarray:
    """Return the map of `ssim` of images of a height, which may be stacked on each other."""
    window, standard = ssim_window(height, image.shape[1])
    form = {"gaussian_weights": True, "sigma": 1.5} if standard else {"win_size": window}
    _, similarity = structural_similarity(
        image,
        reconstruction,
        data_range=1.0,
        channel_axis=-1,
        use_sample_covariance=False,
        full=True,
        **form,
    )
    return similarity


def _checked(images: np.ndarray, reconstructions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both as float64; refuse what is not comparable, or not in [0, 1].

    Reconstructions of a linear output may lie outside, and those of a diverged
    model may be NaN.
    """
    images, reconstructions = _pixels(images, "images"), _pixels(reconstructions, "reconstructions")
    _require_equal_shapes(images, reconstructions, "reconstructions")
    low, high = images.min(), images.max()
    if not (low >= -_TOLERANCE and high <= 1 + _TOLERANCE):
        raise ValueError(f"images: values from {low:g} to {high:g}; allowed: [0, 1]")
    return images, reconstructions


def _pixels(array: np.ndarray, field: str) -> np.ndarray:
    array = np.asarray(array)
    if array.dtype.kind not in "fb":
        raise ValueError(
            f"{field}: {array.dtype}; allowed: real numbers in [0, 1], such as x / 255 of 8-bit "
            "grey levels"
        )
    if array.ndim != 4 or 0 in array.shape:
        raise ValueError(
            f"{field}: shape {array.shape}; allowed: [n, height, width, channels], with n of at "
            "least 1"
        )
    return array.astype("float64")


def _codes(array: np.ndarray, field: str) -> np.ndarray:
    array = np.asarray(array)
    if array.dtype.kind not in "fiu" or array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"{field}: {array.dtype} of shape {array.shape}; allowed: real numbers [n, latent_dim]"
        )
    return array.astype("float64")


def _require_equal_shapes(first: np.ndarray, second: np.ndarray, field: str) -> None:
    if first.shape != second.shape:
        raise ValueError(f"{field}: shape {second.shape}; allowed: {first.shape}, as the other's")
