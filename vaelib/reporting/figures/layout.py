"""Panels, legends and placeholders that the figures share.

Figures are made without pyplot, which would show them a second time in a notebook
and keep them open.
"""

import dataclasses
import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 11  # inches, of a figure as wide as the page


def subplots(
    rows: int = 1, columns: int = 1, *, figsize: tuple[float, float], **options
) -> tuple[Figure, Axes | np.ndarray]:
    """Return a figure and its axes, as `matplotlib.pyplot.subplots` does."""
    fig = Figure(figsize=figsize)
    return fig, fig.subplots(rows, columns, **options)


def panels(count: int, columns: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of at least one panel, filled row by row.

    Parameters
    ----------
    count : int
        Panels to draw on.
    columns : int
        Panels in a row; unused panels of the last row stay empty.
    height : float
        Of a row, in inches.
    """
    rows = max(1, math.ceil(count / columns))
    fig, axes = subplots(rows, columns, figsize=(WIDTH, height * rows), squeeze=False)
    for ax in axes.flat[count:]:
        ax.axis("off")
    return fig, list(axes.flat[:count])


@dataclasses.dataclass(frozen=True)
class Box:
    """A rectangle of a figure, in pixels of the screen from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


def boxes(size: tuple[float, float], placed: Sequence[Box]) -> tuple[Figure, list[Axes]]:
    """Return a figure with axes at exact places, so that pictures keep their pixels.

    Parameters
    ----------
    size : (float, float)
        Width and height of the figure, in pixels of the screen.
    placed : sequence of Box
    """
    width, height = size
    dpi = mpl.rcParams["figure.dpi"]
    fig = Figure(figsize=(width / dpi, height / dpi), layout="none")
    axes = []
    for box in placed:
        bottom = height - box.top - box.height
        axes.append(
            fig.add_axes(
                (box.left / width, bottom / height, box.width / width, box.height / height)
            )
        )
    return fig, axes


def legend_beside(ax: Axes) -> None:
    """Draw the legend to the right of the axes; an empty one if nothing has a label."""
    ax.legend(*ax.get_legend_handles_labels(), loc="center left", bbox_to_anchor=(1, 0.5))


def message(text: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    fig, ax = subplots(figsize=(WIDTH, 0.6))
    ax.axis("off")
    ax.text(0, 0.5, text, va="center", transform=ax.transAxes)
    return fig
