"""Images side by side."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from skimage.color import rgba2rgb
from skimage.util import montage

GREY = "gray"
ERROR = "magma"  # the colour map of absolute errors: black where there is none
SIMILARITY = "magma_r"  # of SSIM: black where nothing is lost, bright where much is
_STEPS = 32  # colours of a map: more could not be told apart, and take more bytes
BORDER = 1  # pixels of the images between two of a mosaic, and around it


def picture(ax: Axes, image: np.ndarray, title: str = "", colormap: str = GREY) -> Axes:
    """Show an image without ticks.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    image : array [height, width, channels]
        Values in [0, 1]; values outside are clipped.
    title : str
    colormap : str
        For images of one channel: `GREY`, or `ERROR` for absolute errors.

    Returns
    -------
    matplotlib.axes.Axes
    """
    shown = image[..., 0] if image.shape[-1] == 1 else np.clip(image, 0, 1)
    ax.imshow(shown, cmap=colormap, vmin=0, vmax=1, interpolation="nearest")
    ax.set_title(title, fontsize=8)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    return ax


def gallery(
    axes: np.ndarray,
    rows: Sequence[np.ndarray],
    names: Sequence[str],
    titles: Sequence[str],
    colormaps: Sequence[str] | None = None,
) -> np.ndarray:
    """Show rows of images, a name beside each row and a title above each column.

    Parameters
    ----------
    axes : array of matplotlib.axes.Axes [rows, columns]
    rows : sequence of array [columns, height, width, channels]
    names, titles : sequence of str
    colormaps : sequence of str, optional
        Of each row; by default `GREY` for all. See `picture`.

    Returns
    -------
    array of matplotlib.axes.Axes
    """
    colormaps = colormaps or [GREY] * len(names)
    for line, images, name, colormap in zip(axes, rows, names, colormaps, strict=True):
        for ax, image in zip(line, images, strict=True):
            picture(ax, image, colormap=colormap)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=8)
    return axes


def as_colours(images: np.ndarray) -> np.ndarray:
    """Return images as red, green and blue, what is transparent over white.

    Parameters
    ----------
    images : array of float [..., height, width, 1, 3 or 4]
        Values outside [0, 1] are clipped.

    Returns
    -------
    array of float [..., height, width, 3]
    """
    images = np.clip(images, 0, 1)
    if images.shape[-1] == 4:
        return rgba2rgb(images)
    return np.broadcast_to(images, (*images.shape[:-1], 3))


def in_colormap(values: np.ndarray, colormap: str, limit: float = 1.0) -> np.ndarray:
    """Return values from 0 to a limit in the colours of a map.

    Parameters
    ----------
    values : array of float [..., height, width]
    colormap : str
        `ERROR` or `SIMILARITY`.
    limit : float

    Returns
    -------
    array of float [..., height, width, 3]
    """
    return _steps(colormap)(values / limit)[..., :3]


def mosaic(
    ax: Axes, rows: np.ndarray, names: Sequence[str] = (), titles: Sequence[str] = ()
) -> Axes:
    """Show rows of images as one, a name beside each row and a title above each column.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows : array of float [rows, columns, height, width, 3]
        In [0, 1]; see `as_colours` and `in_colormap`.
    names, titles : sequence of str
        Of all rows and columns, or of none.

    Returns
    -------
    matplotlib.axes.Axes
    """
    shape = rows.shape[:2]
    height, width = (side + BORDER for side in rows.shape[2:4])
    one = montage(
        rows.reshape(-1, *rows.shape[2:]),
        fill=(1, 1, 1),
        padding_width=BORDER,
        grid_shape=shape,
        channel_axis=-1,
    )
    # Antialiasing would blur an image whose zoom is no whole number.
    ax.imshow(one, interpolation="nearest", aspect="auto")
    ax.set_yticks((np.arange(len(names)) + 0.5) * height, names)
    ax.set_xticks((np.arange(len(titles)) + 0.5) * width, titles)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, labelsize=9, pad=3)
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)
    return ax


def colour_scale(ax: Axes, colormap: str, limit: float, label: str, extend: str) -> Axes:
    """Draw a colour map from 0 to a limit as a horizontal bar.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Filled by the bar.
    colormap : str
        `ERROR` or `SIMILARITY`.
    limit : float
    label : str
    extend : {"neither", "min", "max"}
        Where values beyond have the last colour.

    Returns
    -------
    matplotlib.axes.Axes
    """
    norm = matplotlib.colors.Normalize(0, limit)
    scale = matplotlib.cm.ScalarMappable(norm, _steps(colormap))
    ax.figure.colorbar(scale, cax=ax, orientation="horizontal", label=label, extend=extend)
    ax.tick_params(labelsize=8)
    return ax


def _steps(colormap: str) -> matplotlib.colors.Colormap:
    return matplotlib.colormaps[colormap].resampled(_STEPS)
