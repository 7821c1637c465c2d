"""Lines over epochs, seconds or layers."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import FuncFormatter, MaxNLocator

from vaelib.reporting.plots.style import log_scale, power, style


def seed_curves(ax: Axes, table: pd.DataFrame, y: str, label: str, **line) -> Axes:
    """Draw a thin line for each seed and, while all have one, their mean as a thick one.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        With the columns ``seed``, ``epoch`` and `y`.
    y : str
        Column to draw.
    label : str
        Of the mean, in the legend.
    **line
        Colour and dashes; see `matplotlib.axes.Axes.plot`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    wide = table.pivot_table(index="epoch", columns="seed", values=y)
    ax.plot(wide.index, wide, alpha=0.25, linewidth=0.7, **line)
    common = wide.dropna()
    ax.plot(common.index, common.mean(axis=1), linewidth=2, label=label, **line)
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def band(
    ax: Axes, table: pd.DataFrame, activation: str, x: str = "epoch", filled: bool = True
) -> Axes:
    """Draw a mean with its interval as a shaded band.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        With the columns `x`, ``mean``, ``low`` and ``high``, sorted by `x`.
    activation : str
        Gives colour, dashes, marker and the label in the legend.
    x : str
        Column of the horizontal axis.
    filled : bool
        Whether to draw the interval.

    Returns
    -------
    matplotlib.axes.Axes
    """
    look = style(activation)
    every = max(1, len(table) // 6)
    ax.plot(table[x], table["mean"], label=activation, markersize=4, markevery=every, **look)
    if filled:
        low, high = table["low"], table["high"]
        ax.fill_between(table[x], low, high, color=look["color"], alpha=0.15, lw=0)
    return ax


def layer_heatmap(ax: Axes, table: pd.DataFrame, value: str, label: str) -> Axes:
    """Draw a value as a heat map of layers by epochs, on a log scale.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        With the columns ``epoch``, ``depth``, ``layer`` and `value`.
    value, label : str
        Column to draw, and the label of the colour bar.

    Returns
    -------
    matplotlib.axes.Axes
    """
    wide = table.pivot_table(index="depth", columns="epoch", values=value)
    names = table.drop_duplicates("depth").set_index("depth")["layer"][wide.index]
    sns.heatmap(
        wide.set_axis(names, axis="index"),
        ax=ax,
        norm=LogNorm() if (wide.to_numpy() > 0).any() else None,
        cmap="cividis",
        cbar_kws={"label": label, "format": FuncFormatter(power)},
    )
    ax.set_xlabel("epoch (0: before training)")
    ax.set_ylabel("")
    return ax


def by_depth(ax: Axes, table: pd.DataFrame, value: str, label: str, **line) -> Axes:
    """Draw a value by layer, from the images to the logits, on a log scale.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        One row for each layer: ``depth``, ``layer``, `value`, and optionally
        ``low`` and ``high``, a shaded interval.
    value, label : str
        Column to draw, and its name in the legend.
    **line
        Colour, dashes, marker; see `matplotlib.axes.Axes.plot`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax.plot(table["depth"], table[value], label=label, markersize=4, **line)
    if "low" in table:
        ax.fill_between(
            table["depth"], table["low"], table["high"], color=line.get("color"), alpha=0.15, lw=0
        )
    ax.set_xticks(table["depth"], table["layer"], rotation=45, ha="right")
    log_scale(ax, "y")
    return ax
