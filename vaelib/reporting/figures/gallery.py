"""Pictures of one comparison: what the models make of test images, and samples.

Every picture is enlarged by a whole number, without smoothing, to at least `SIDE` pixels
of the screen. `order` lists the activations, best test ELBO first; those without
pictures are left out.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from vaelib import metrics
from vaelib.formatting import fixed
from vaelib.reporting.figures.layout import Box, boxes, message
from vaelib.reporting.plots import images as plots
from vaelib.results.gallery import Gallery, Ranked

SIDE = 96  # pixels of the screen, at least
PCA = "PCA"
_AT_ONCE = 4  # images in a figure
_IN_STRIP = 8  # images of the page of all studies
_TITLES, _BETWEEN = 28, 16  # pixels of the screen
_VALUES = 44  # pixels of the screen, for an SSIM
_NAMES = 9  # points: the font of names beside a mosaic
_NOTHING = "No model of the first replicate finished: there are no pictures."
_LIMIT = 99.5  # percentile of the errors at which the colour scale ends


def reconstructions(pictures: Gallery, order: Sequence[str]) -> list[tuple[slice, Figure]]:
    """Show test images, their reconstructions by each activation and by PCA, and the errors.

    Parameters
    ----------
    pictures : Gallery
    order : sequence of str

    Returns
    -------
    list of (slice, matplotlib.figure.Figure)
        The images that a figure shows, at most four, and the figure: a column for each, a
        row for the originals, each activation and PCA; at the right, the absolute
        differences from the original, mean over channels, on one colour scale for all.
    """
    decoded = {name: pictures.reconstructions[name] for name in _shown(pictures, order)}
    if pictures.pca is not None:
        decoded[PCA] = pictures.pca
    if not decoded:
        return [(slice(0), message(_NOTHING))]
    errors = np.stack(
        [np.abs(array - pictures.original).mean(axis=-1) for array in decoded.values()]
    )
    limit = float(np.percentile(errors, _LIMIT)) or 1.0
    rows = np.stack([pictures.original, *decoded.values()])
    figures = []
    for start in range(0, len(pictures.index), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        titles = [f"no. {image}" for image in pictures.index[part]]
        names = ["original", *decoded]
        drawn = _beside_errors(rows[:, part], errors[:, part], limit, names, titles)
        figures.append((part, drawn))
    return figures


def side_by_side(pictures: Gallery, order: Sequence[str], images: int = _AT_ONCE) -> Figure:
    """Show test images (rows) and what each activation, and PCA, make of them (columns).

    Parameters
    ----------
    pictures : Gallery
    order : sequence of str
    images : int
        How many: spread evenly from what PCA reconstructs best to what it reconstructs worst.

    Returns
    -------
    matplotlib.figure.Figure
        The originals are the first column.
    """
    columns = {"original": pictures.original}
    columns |= {name: pictures.reconstructions[name] for name in _shown(pictures, order)}
    if pictures.pca is not None:
        columns[PCA] = pictures.pca
    last = len(pictures.index) - 1
    places = np.unique(np.linspace(0, last, min(images, last + 1)).round().astype(int))
    if not places.size:
        return message(_NOTHING)
    rows = plots.as_colours(np.stack([array[places] for array in columns.values()], axis=1))
    width, height = _size(rows)
    figure, (ax,) = boxes((width, _TITLES + height), [Box(0, _TITLES, width, height)])
    plots.mosaic(ax, rows, titles=list(columns))
    return figure


def strip(pictures: Gallery, activation: str) -> Figure:
    """Show test images, and below them their reconstructions by one activation.

    Parameters
    ----------
    pictures : Gallery
    activation : str
    """
    rows = np.stack([pictures.original, pictures.reconstructions[activation]])
    shown = plots.as_colours(rows[:, :_IN_STRIP])
    width, height = _size(shown)
    figure, (ax,) = boxes((width, height), [Box(0, 0, width, height)])
    plots.mosaic(ax, shown, [])
    return figure


def worst_median_best(pictures: Gallery, order: Sequence[str]) -> Figure:
    """Show the worst, the median and the best test image of each activation by SSIM.

    Parameters
    ----------
    pictures : Gallery
    order : sequence of str

    Returns
    -------
    matplotlib.figure.Figure
        A row for each activation; for each of its three images the SSIM, the original,
        the reconstruction and the map of SSIM.
    """
    ranked = {name: pictures.ranked[name] for name in order if name in pictures.ranked}
    triples = np.stack([_with_map(one) for one in ranked.values()], axis=1)
    width, height = _size(triples[0])
    top, left = 2 * _TITLES, _beside(ranked) + _VALUES
    lefts = [left + place * (width + _VALUES) for place in range(3)]
    scale = Box(lefts[1], top + height + 6, width, 10)
    figure, (*axes, bar) = boxes(
        (lefts[2] + width, scale.top + 62), [*(Box(x, top, width, height) for x in lefts), scale]
    )
    blocks = zip(axes, ("worst", "median", "best"), triples, strict=True)
    for place, (ax, title, rows) in enumerate(blocks):
        values = [fixed(one.ssim[place], 2) for one in ranked.values()]
        plots.mosaic(ax, rows, values, ["original", "reconstruction", "SSIM map"])
        ax.tick_params("y", labelsize=8, pad=2)
        ax.set_title(title, fontsize=10, fontweight="bold")
    _names_beside(axes[0], list(ranked), _VALUES + 5)
    plots.colour_scale(bar, plots.SIMILARITY, 1, "SSIM around each pixel", "min")
    return figure


def prior_samples(samples: Mapping[str, np.ndarray], order: Sequence[str]) -> Figure:
    """Show samples of the prior, a row for each activation, a column for each code.

    Parameters
    ----------
    samples : mapping of str to array of float [n, height, width, channels]
        In [0, 1], of the same codes.
    order : sequence of str
    """
    shown = [name for name in order if name in samples]
    rows = plots.as_colours(np.stack([samples[name] for name in shown]))
    width, height = _size(rows)
    left = _beside(shown)
    figure, (ax,) = boxes((left + width, height), [Box(left, 0, width, height)])
    plots.mosaic(ax, rows, shown)
    return figure


def _shown(pictures: Gallery, order: Sequence[str]) -> list[str]:
    return [name for name in order if name in pictures.reconstructions]


def _beside_errors(
    rows: np.ndarray,
    errors: np.ndarray,
    limit: float,
    names: Sequence[str],
    titles: Sequence[str],
) -> Figure:
    """Draw originals and reconstructions, and beside these the errors below their scale."""
    shown = plots.as_colours(rows)
    coloured = plots.in_colormap(errors, plots.ERROR, limit)
    width, height = _size(shown)
    _, height_of_errors = _size(coloured)
    at = _beside(names)
    right = at + width + _BETWEEN
    placed = [
        Box(at, _TITLES, width, height),
        Box(right, _TITLES + height - height_of_errors, width, height_of_errors),
        Box(right + 0.1 * width, _TITLES + 0.35 * (height - height_of_errors), 0.8 * width, 10),
    ]
    figure, (left, errors_at, bar) = boxes((right + width, _TITLES + height), placed)
    plots.mosaic(left, shown, names, titles)
    plots.mosaic(errors_at, coloured)
    plots.colour_scale(bar, plots.ERROR, limit, "|difference| from the original", "max")
    return figure


def _with_map(ranked: Ranked) -> np.ndarray:
    """Return original, reconstruction and SSIM map, array [3 images, 3, height, width, 3]."""
    maps = metrics.ssim_map(ranked.original, ranked.reconstruction)
    columns = [
        plots.as_colours(ranked.original),
        plots.as_colours(ranked.reconstruction),
        plots.in_colormap(maps, plots.SIMILARITY),
    ]
    return np.stack(columns, axis=1)


def _size(rows: np.ndarray) -> tuple[int, int]:
    """Return width and height of a mosaic, in pixels of the screen."""
    count, columns, height, width = rows.shape[:4]
    zoom = math.ceil(SIDE / max(height, width))
    return tuple(
        zoom * (many * (side + plots.BORDER) + plots.BORDER)
        for many, side in ((columns, width), (count, height))
    )


def _beside(names: Iterable[str]) -> float:
    """Return the width of names beside a mosaic, in pixels of the screen."""
    renderer, font = RendererAgg(1, 1, mpl.rcParams["figure.dpi"]), FontProperties(size=_NAMES)
    return 10 + max(renderer.get_text_width_height_descent(name, font, False)[0] for name in names)


def _names_beside(ax: Axes, names: Sequence[str], distance: float) -> None:
    """Write the names of rows at a distance, in pixels, from the axes."""
    for name, place in zip(names, ax.get_yticks(), strict=True):
        ax.annotate(
            name,
            (0, place),
            xycoords=("axes fraction", "data"),
            xytext=(-distance * 72 / ax.figure.dpi, 0),
            textcoords="offset points",
            ha="right",
            va="center_baseline",
            fontsize=_NAMES,
        )
