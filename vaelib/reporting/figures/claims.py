"""Figures of the claims: the evidence of each as forest plots, and gradients over depth."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from vaelib.analysis.claims import measurements
from vaelib.analysis.claims.effects import LOG_RATIO
from vaelib.formatting import change
from vaelib.reporting import plots
from vaelib.reporting.figures.layout import message, subplots

_WIDTH = 9  # inches
_NAME = 40  # characters of a line of a setting's name
_FLOW = "flow"  # column of `gradients.flow_by_setting`
_FLOW_LABEL = "gradient flow"


def forests(rows: pd.DataFrame, by: str, label: str, usual: Mapping) -> Figure:
    """Draw the differences that a claim rests on, a panel for each measure.

    Parameters
    ----------
    rows : pandas.DataFrame
        The evidence of a claim; see `evidence`. Those without an estimate are not drawn.
    by : str
        Column of the activation that gives colour and marker.
    label : str
        Of the difference, such as ``ReLU - other``.
    usual : mapping
        The setting that lines are named by what differs from; see `Measurements.usual`.
    """
    estimates = rows[rows["difference"].notna()]
    if estimates.empty:
        return message("No comparison can be made.")
    parts = _with_names(estimates, usual).groupby("measure", sort=False)
    titled = [(f"{measure}: {label}", part) for measure, part in parts]
    fig = _stacked(titled, "difference", by, limit=0)
    for ax, (measure, _) in zip(fig.axes, titled, strict=True):
        if LOG_RATIO in measure:
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: change(value)))
            ax.set_xlabel(measure.replace(LOG_RATIO, "change"))
    return fig


def remedies(rows: pd.DataFrame, limit: float, usual: Mapping) -> Figure:
    """Draw gradient flow with each remedy, a panel for each remedy and moment.

    Parameters
    ----------
    rows : pandas.DataFrame
        The evidence of `gradients.remedies`.
    limit : float
        Flow below which a gradient has vanished.
    usual : mapping
        See `forests`.
    """
    parts = _with_names(rows, usual).groupby(["remedy", "moment"], sort=False)
    titled = [(f"{_FLOW_LABEL} {moment}: {remedy}", part) for (remedy, moment), part in parts]
    fig = _stacked(titled, _FLOW, "activation", limit)
    for ax, (_, part) in zip(fig.axes, titled, strict=True):
        plots.style.log_scale(ax, "x", [*part[_FLOW], limit])
    return fig


def flow_over_depth(
    flows: pd.DataFrame, activations: Sequence[str], limit: float, usual: Mapping
) -> Figure:
    """Draw gradient flow over depth, a panel for each moment and setting with several depths.

    Parameters
    ----------
    flows : pandas.DataFrame
        See `gradients.flow_by_setting`.
    activations : sequence of str
        To draw.
    limit : float
        Flow below which a gradient has vanished, a dotted line.
    usual : mapping
        See `forests`.
    """
    rows = flows[flows["activation"].isin(activations)].rename(columns={_FLOW: "mean"})
    panels = list(_several_depths(rows, usual))
    if not panels:
        return message("No study has several depths.")
    lines = -(-len(panels) // 2)
    size = (_WIDTH, 3 * lines)
    fig, axes = subplots(lines, 2, figsize=size, sharex=True, sharey=True, squeeze=False)
    for ax, (title, part) in zip(axes.flat, panels, strict=False):
        for activation, own in part.sort_values("depth").groupby("activation", sort=False):
            plots.curves.band(ax, own, activation, x="depth")
        ax.axhline(limit, color="black", linestyle=":")
        plots.style.log_scale(ax, "y", [*rows["mean"], limit])
        ax.set(xlabel="depth", ylabel=_FLOW_LABEL, title=title)
        ax.set_xticks(sorted(part["depth"].unique()))
    for ax in axes.flat[len(panels) :]:
        ax.set_axis_off()
    axes[0, -1].legend(*axes[0, 0].get_legend_handles_labels())
    return fig


def _with_names(rows: pd.DataFrame, usual: Mapping) -> pd.DataFrame:
    names = measurements.labels(rows, usual)
    return rows.assign(name=[textwrap.fill(name, _NAME) for name in names])


def _several_depths(rows: pd.DataFrame, usual: Mapping) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name and the rows of each moment and setting with several depths."""
    keys = [key for key in measurements.SETTING if key != "depth"]
    for moment, part in rows.groupby("moment", sort=False):
        depths = part.groupby(keys)["depth"]
        several = part[depths.transform("max") > depths.transform("min")]
        named = _with_names(several.drop(columns="depth"), usual).assign(depth=several["depth"])
        for name, panel in named.groupby("name", sort=False):
            yield moment if len(panel) == len(named) else f"{moment}, {name}", panel


def _stacked(
    parts: Iterable[tuple[str, pd.DataFrame]], value: str, by: str, limit: float
) -> Figure:
    """Draw a forest plot for each part, one below another, with its label below the axis."""
    parts = list(parts)
    lines = [sum(name.count("\n") + 1 for name in set(rows["name"])) for _, rows in parts]
    heights = [
        1 + 0.07 * len(rows) + 0.17 * many for many, (_, rows) in zip(lines, parts, strict=True)
    ]
    fig, axes = subplots(
        len(parts),
        1,
        figsize=(_WIDTH, sum(heights)),
        height_ratios=heights,
        squeeze=False,
    )
    for ax, (label, rows) in zip(axes.flat, parts, strict=True):
        plots.forest.forest_plot(ax, rows, rows["name"], value, by, limit)
        ax.set_xlabel(label)
    return fig
