"""Images side by side."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

GREY = "gray"
ERROR = "magma"  # the colour map of absolute errors: black where there is none


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
