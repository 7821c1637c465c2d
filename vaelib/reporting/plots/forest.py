"""Figures for the audit of the claims: draw on the axes given and compute nothing."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from vaelib.analysis.claims.evidence import Outcome
from vaelib.reporting.plots.style import style


def forest(
    ax: Axes, rows: pd.DataFrame, names: Sequence[str], value: str, by: str, limit: float
) -> Axes:
    """Draw intervals, a line of the axes for each name and one beside another within it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows : pandas.DataFrame
        With `value`, ``low``, ``high``, ``outcome`` and `by`. Hollow marks are
        those whose outcome is open.
    names : sequence of str
        Of the setting of each row.
    value, by : str
        Columns: what to draw, and the activation that gives colour and mark.
    limit : float
        Where to draw a line: what is to its left speaks for one side.

    Returns
    -------
    matplotlib.axes.Axes
    """
    lines = list(dict.fromkeys(names))
    activations = list(dict.fromkeys(rows[by]))
    for name, row in zip(names, rows.to_dict("records"), strict=True):
        look = style(row[by])
        place = (activations.index(row[by]) + 0.5) / len(activations) - 0.5
        y = lines.index(name) + 0.7 * place
        ax.plot([row["low"], row["high"]], [y, y], color=look["color"], linewidth=1.5)
        inside = "white" if row["outcome"] == Outcome.OPEN else look["color"]
        mark = {"marker": look["marker"], "markersize": 5, "markerfacecolor": inside}
        ax.plot(row[value], y, color=look["color"], linestyle="none", **mark)
    ax.axvline(limit, color="black", linewidth=1)
    ax.set_yticks(range(len(lines)), lines)
    ax.set_ylim(len(lines) - 0.5, -0.5)
    handles = [
        ax.plot([], [], color=look["color"], marker=look["marker"], linestyle="none", label=name)[0]
        for name, look in ((name, style(name)) for name in activations)
    ]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1))
    return ax
