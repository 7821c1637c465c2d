"""Forest plots: an effect with its interval in many settings."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from vaelib.analysis.claims.evidence import Outcome
from vaelib.reporting.plots.style import style


def forest_plot(
    ax: Axes, rows: pd.DataFrame, names: Sequence[str], value: str, by: str, limit: float
) -> Axes:
    """Draw effects with their intervals, one line for each setting.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows : pandas.DataFrame
        With the columns `value`, ``low``, ``high``, ``outcome`` and `by`. Markers
        are hollow where the outcome is open.
    names : sequence of str
        The setting of each row. Rows of one setting share a line, offset by
        activation.
    value, by : str
        Columns of the effect, and of the activation that gives colour and marker.
    limit : float
        Position of the vertical reference line, such as no difference.

    Returns
    -------
    matplotlib.axes.Axes
    """
    lines = list(dict.fromkeys(names))
    activations = list(dict.fromkeys(rows[by]))
    for name, row in zip(names, rows.to_dict("records"), strict=True):
        look = style(row[by])
        offset = (activations.index(row[by]) + 0.5) / len(activations) - 0.5
        y = lines.index(name) + 0.7 * offset
        ax.plot([row["low"], row["high"]], [y, y], color=look["color"], linewidth=1.5)
        face = "white" if row["outcome"] == Outcome.OPEN else look["color"]
        marker = {"marker": look["marker"], "markersize": 5, "markerfacecolor": face}
        ax.plot(row[value], y, color=look["color"], linestyle="none", **marker)
    ax.axvline(limit, color="black", linewidth=1)
    ax.set_yticks(range(len(lines)), lines)
    ax.set_ylim(len(lines) - 0.5, -0.5)
    handles = [
        ax.plot([], [], color=look["color"], marker=look["marker"], linestyle="none", label=name)[0]
        for name, look in ((name, style(name)) for name in activations)
    ]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1))
    return ax
