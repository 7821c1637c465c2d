"""Results of a grid of settings, over whatever a study varies."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from vaelib.formatting import true_minus
from vaelib.reporting.plots.curves import band
from vaelib.reporting.plots.style import log_scale
from vaelib.results import columns


def candidate_curves(
    ax: Axes, table: pd.DataFrame, x: str, order: Sequence[str], floor: float, title: str = ""
) -> Axes:
    """Draw the validation ELBO of every activation over what it could be given.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        See `tuning.candidates`; what was chosen has a black ring.
    x : str
        The numeric column that was tuned, on a log scale.
    order : sequence of str
        Activations, in the order of the legend.
    floor : float
        ELBO of a constant image, drawn as a dotted line, unless all values are far above
        it. What is far below it is outside the axes.
    title : str

    Returns
    -------
    matplotlib.axes.Axes
    """
    for name in order:
        band(ax, table[(table["activation"] == name) & table["mean"].notna()], name, x=x)
    chosen = table[table["chosen"]]
    ax.plot(chosen[x], chosen["mean"], "o", markersize=9, color="black", fillstyle="none")
    ax.axhline(floor, color="black", linestyle=":", linewidth=1)
    best, worst = table["mean"].max(), table["mean"].min()
    lowest = max(floor - 0.2 * (best - floor), worst - 0.2 * (best - worst))
    ax.set_ylim(lowest, best + 0.05 * (best - lowest))
    log_scale(ax, "x")
    _tick_at(ax, table[x].unique())
    ax.set_xlabel(columns.label(x))
    ax.set_ylabel("validation ELBO (nats)")
    ax.set_title(title)
    return ax


def over_dimension(
    ax: Axes, table: pd.DataFrame, x: str, column: str, label: str, logarithmic: bool = False
) -> Axes:
    """Draw a metric of every activation over a dimension of the grid.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        Rows of `analysis.summary.summarize` with the column `x`.
    x, column, label : str
        The dimension, the metric's column and its name with the unit.
    logarithmic : bool
        Whether the metric is shown on a log scale.

    Returns
    -------
    matplotlib.axes.Axes
    """
    names = {column: "mean", f"{column}_low": "low", f"{column}_high": "high"}
    for name in table["activation"].drop_duplicates():
        rows = table[table["activation"] == name].rename(columns=names).sort_values(x)
        if logarithmic:  # an interval that reaches below 0 would fill the axes
            rows["low"] = rows["low"].where(rows["low"] > 0)
        band(ax, rows.dropna(subset=["mean"]), name, x=x)
    values = sorted(table[x].unique())
    if values[0] > 0 and values[-1] > 4 * values[0]:
        log_scale(ax, "x")
    _tick_at(ax, values)
    if logarithmic:
        log_scale(ax, "y", table[column])
    ax.set_xlabel(columns.label(x))
    ax.set_ylabel(label)
    return ax


def _tick_at(ax: Axes, values: Sequence[float]) -> None:
    """Name the values that were tried, and no others, on the horizontal axis."""
    ax.set_xticks(values, [f"{value:g}" for value in values])
    ax.minorticks_off()


def encoder_by_decoder(ax: Axes, table: pd.DataFrame, label: str) -> Axes:
    """Draw a value as a heat map, encoder activations by decoder activations.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        Index: the encoder's activation; columns: the decoder's. NaN is left white.
    label : str
        Of the colour scale.

    Returns
    -------
    matplotlib.axes.Axes
    """
    span = np.nanmax(table.to_numpy()) - np.nanmin(table.to_numpy())
    digits = ".1f" if span > 1 else ".3g"
    shown = table.map(lambda value: true_minus(f"{value:{digits}}"))
    sns.heatmap(table, annot=shown, fmt="", cmap="cividis", ax=ax, cbar_kws={"label": label})
    ax.tick_params(axis="y", rotation=0)
    ax.set_xlabel("decoder")
    ax.set_ylabel("encoder")
    return ax
