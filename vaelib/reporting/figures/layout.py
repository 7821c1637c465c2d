"""Panels, legends and placeholders that the figures share.

Figures are made without pyplot, which would show them a second time in a notebook
and keep them open.
"""

import dataclasses
import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 11  # inches, of a figure as wide as the page
_NAMES_IN_A_ROW = 5  # of a legend, which are about half as wide as the figure


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


def legend_above(fig: Figure) -> None:
    """Draw one legend of what has a label above all axes, at the left.

    A phone shows the left of a wide figure first, which then has the names, too.
    """
    named: dict[str, Artist] = {}
    for ax in fig.axes:
        handles, labels = ax.get_legend_handles_labels()
        named = dict(zip(labels, handles, strict=True)) | named
    if named:
        fig.legend(named.values(), named, loc="outside upper left", ncols=_NAMES_IN_A_ROW)


def message(text: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    fig, ax = subplots(figsize=(WIDTH, 0.6))
    ax.axis("off")
    ax.text(0, 0.5, text, va="center", transform=ax.transAxes)
    return fig
