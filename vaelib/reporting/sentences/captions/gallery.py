"""Captions of the figures of pictures."""

from collections.abc import Mapping, Sequence

import numpy as np

from vaelib.formatting import count, fixed, listed, number
from vaelib.results.gallery import Gallery, Ranked


def reconstructions(pictures: Gallery, order: Sequence[str], part: slice) -> str:
    """Describe test images beside what each activation makes of them.

    Parameters
    ----------
    pictures : Gallery
    order : sequence of str
    part : slice
        Of the images: those drawn.
    """
    shown = [name for name in order if name in pictures.reconstructions]
    if not shown:
        return "No model of the first replicate finished: there are no pictures."
    errors = {
        name: np.abs(pictures.reconstructions[name][part] - pictures.original[part]).mean()
        for name in shown
    }
    low, high = min(errors, key=errors.get), max(errors, key=errors.get)
    numbers = listed([str(image) for image in pictures.index[part]])
    least, most = number(errors[low], 2), number(errors[high], 2)
    spread = least if least == most else f"{least} ({low}) to {most} ({high})"
    pca = " and PCA" if pictures.pca is not None else ""
    return (
        f"Test images no. {numbers}, as decoded by the models of {count(len(shown), 'activation')}"
        f"{pca}, and the absolute differences, which average {spread} of the pixels' range."
    )


def worst_median_best(ranked: Mapping[str, Ranked], order: Sequence[str]) -> str:
    """Describe the worst, the median and the best test image of each activation.

    Parameters
    ----------
    ranked : mapping of str to Ranked
        By activation.
    order : sequence of str
    """
    parts = [
        f"{name} {' / '.join(fixed(value, 2) for value in ranked[name].ssim)}"
        for name in order
        if name in ranked
    ]
    return f"Worst, median and best test image of each activation. Their SSIM: {'; '.join(parts)}."


def prior_samples(samples: Mapping[str, np.ndarray], order: Sequence[str]) -> str:
    """Describe samples of the prior.

    Parameters
    ----------
    samples : mapping of str to array of float [n, height, width, channels]
    order : sequence of str
    """
    shown = [name for name in order if name in samples]
    draws = len(samples[shown[0]]) if shown else 0
    return (
        f"{count(draws, 'draw')} of the prior (columns), each decoded by the models of "
        f"{listed(shown) if shown else 'none'} (rows)."
    )
