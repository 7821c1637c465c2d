"""Figures of the claims: the evidence of each as forest plots, and gradients over depth."""

from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.figure import Figure

from vaelib.analysis.claims import evidence
from vaelib.reporting import plots
from vaelib.reporting.figures.layout import message, subplots

_WIDTH = 9  # inches: names of settings are long
_FLOW = "flow"  # column of `gradients.flow_by_setting`
_FLOW_LABEL = "gradient flow"


def forests(rows: pd.DataFrame, by: str, label: str) -> Figure:
    """Draw the differences that a claim rests on, a panel for each measure.

    Parameters
    ----------
    rows : pandas.DataFrame
        The evidence of a claim; see `evidence.judge_pairs`.
    by : str
        Column of the activation that gives colour and marker.
    label : str
        Of the difference, such as ``ReLU - other``.
    """
    parts = _with_names(rows).groupby("measure", sort=False)
    titled = [(f"{measure}: {label}", part) for measure, part in parts]
    return _stacked(titled, "difference", by, limit=0)


def remedies(rows: pd.DataFrame, limit: float) -> Figure:
    """Draw gradient flow with each remedy, a panel for each remedy and moment.

    Parameters
    ----------
    rows : pandas.DataFrame
        The evidence of `gradients.remedies`.
    limit : float
        Flow below which a gradient has vanished.
    """
    parts = _with_names(rows).groupby(["remedy", "moment"], sort=False)
    titled = [(f"{_FLOW_LABEL} {moment}: {remedy}", part) for (remedy, moment), part in parts]
    fig = _stacked(titled, _FLOW, "activation", limit)
    for ax in fig.axes:
        ax.set_xscale("log")
    return fig


def flow_over_depth(flows: pd.DataFrame, activations: Sequence[str], limit: float) -> Figure:
    """Draw gradient flow over depth, a row of panels for each setting with several depths.

    Parameters
    ----------
    flows : pandas.DataFrame
        See `gradients.flow_by_setting`.
    activations : sequence of str
        To draw.
    limit : float
        Flow below which a gradient has vanished, a dotted line.
    """
    groups = list(_several_depths(flows, activations).groupby("name", sort=False))
    if not groups:
        return message("No study has several depths.")
    moments = flows["moment"].unique()
    size = (_WIDTH, 3 * len(groups))
    fig, axes = subplots(len(groups), len(moments), figsize=size, sharey="row", squeeze=False)
    for line, (name, rows) in zip(axes, groups, strict=True):
        for ax, moment in zip(line, moments, strict=True):
            part = rows[rows["moment"] == moment].sort_values("depth")
            for activation, own in part.groupby("activation", sort=False):
                plots.curves.band(ax, own, activation, x="depth")
            ax.axhline(limit, color="black", linestyle=":")
            ax.set(yscale="log", xlabel="depth", title=f"{name}, {moment}")
            ax.set_xticks(sorted(part["depth"].unique()))
        line[0].set_ylabel(_FLOW_LABEL)
        line[-1].legend()
    return fig


def _with_names(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(name=evidence.setting_labels(rows))


def _several_depths(flows: pd.DataFrame, activations: Sequence[str]) -> pd.DataFrame:
    """Return the rows of settings with several depths, with the setting's ``name``."""
    rows = flows[flows["activation"].isin(activations)].rename(columns={_FLOW: "mean"})
    keys = [key for key in evidence.SETTING if key != "depth"]
    depths = rows.groupby(keys, dropna=False)["depth"]
    rows = rows[depths.transform("max") > depths.transform("min")]
    return rows.assign(name=evidence.setting_labels(rows.drop(columns="depth")))


def _stacked(
    parts: Iterable[tuple[str, pd.DataFrame]], value: str, by: str, limit: float
) -> Figure:
    """Draw a forest plot for each part, one below another, with its label below the axis."""
    parts = list(parts)
    heights = [1 + 0.07 * len(rows) + 0.2 * rows["name"].nunique() for _, rows in parts]
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
