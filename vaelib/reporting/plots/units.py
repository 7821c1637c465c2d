"""Shares of units over epochs, and latent units by rank."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator


def layer_lines(ax: Axes, table: pd.DataFrame, value: str, label: str) -> Axes:
    """Draw a share as one line per layer over epochs, in percent.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        With the columns ``epoch``, ``layer`` and `value`, layers in order of depth.
    value, label : str
        Column, in [0, 1], and name of the vertical axis.

    Returns
    -------
    matplotlib.axes.Axes
    """
    layers = table.groupby("layer", sort=False)
    colours = mpl.colormaps["cividis"](np.linspace(0, 0.9, layers.ngroups))
    for colour, (layer, rows) in zip(colours, layers, strict=True):
        ax.plot(rows["epoch"], 100 * rows[value], label=layer, color=colour)
    ax.set_ylim(0, max(1, 105 * table[value].max()))
    ax.set_xlabel("epoch (0: before training)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel(label)
    return ax


def rank_bars(ax: Axes, values: Sequence[float], colour: str) -> Axes:
    """Draw the KL divergence of latent units as bars, by rank from 1."""
    ax.bar(np.arange(1, len(values) + 1), values, color=colour)
    ax.set_xlabel("latent unit, by rank")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel("KL (nats)")
    return ax
