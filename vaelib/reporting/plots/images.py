"""Pictures beside each other."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes


def picture(ax: Axes, image: np.ndarray, title: str = "", signed: bool = False) -> Axes:
    """Show an image [height, width, channels] in [0, 1], without ticks.

    With `signed`, an absolute error: dark where it is nought.
    """
    grey = image.shape[-1] == 1
    shown = image[..., 0] if grey else np.clip(image, 0, 1)
    ax.imshow(shown, cmap="magma" if signed else "gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_title(title, fontsize=8)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    return ax


def gallery(
    axes: np.ndarray, rows: Sequence[np.ndarray], names: Sequence[str], titles: Sequence[str]
) -> np.ndarray:
    """Show rows of images, one name beside each row and a title over each column.

    Parameters
    ----------
    axes : array of matplotlib.axes.Axes [rows, columns]
    rows : sequence of array [columns, height, width, channels]
        A row whose name holds "error" is shown as absolute errors.
    names, titles : sequence of str

    Returns
    -------
    array of matplotlib.axes.Axes
    """
    for line, images, name in zip(axes, rows, names, strict=True):
        for ax, image in zip(line, images, strict=True):
            picture(ax, image, signed="error" in name)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=8)
    return axes
