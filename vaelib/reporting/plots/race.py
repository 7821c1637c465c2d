"""The stages of a race, and who leads at each budget."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from vaelib.reporting.plots.style import log_scale, style


def lanes(
    ax: Axes, replicates: Mapping[str, int], notes: Mapping[str, str], looks: Sequence[int]
) -> Axes:
    """Draw a bar of replicates for each activation, and what became of it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    replicates : mapping of str to int
        By activation, the first on top.
    notes : mapping of str to str
        Shown at the end of the bar.
    looks : sequence of int
        Numbers of replicates, drawn as vertical lines.

    Returns
    -------
    matplotlib.axes.Axes
    """
    for y, (name, many) in enumerate(replicates.items()):
        ax.barh(y, many, height=0.6, color=style(name)["color"])
        ax.text(many + 0.15, y, notes[name], va="center", fontsize=8)
    for look in looks:
        ax.axvline(look, color="black", linestyle=":", linewidth=0.8)
    ax.set_yticks(range(len(replicates)), replicates)
    ax.set_ylim(len(replicates) - 0.5, -0.5)
    ax.set_xlim(0, 1.5 * looks[-1])
    ax.set_xticks([0, *looks])
    ax.grid(visible=False)
    ax.set_xlabel("replicates (dotted: looks)")
    return ax


def behind_leader(ax: Axes, table: pd.DataFrame, order: Sequence[str], unit: str) -> Axes:
    """Draw how far each activation is behind the leader, over the budget.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        Index: budgets; columns: activations; nats behind, 0 for the leader.
    order : sequence of str
        Activations, in the order of the legend.
    unit : str
        Of the budget.

    Returns
    -------
    matplotlib.axes.Axes
        The leader on top; what is far behind lies outside.
    """
    for name in order:
        ax.plot(table.index, table[name], label=name, markersize=4, **style(name))
    log_scale(ax, "x")
    ends = table.iloc[-1].sort_values()
    far = ends.iloc[min(len(ends) - 1, 2 * len(ends) // 3)] if len(ends) else 1
    ax.set_ylim(1.3 * max(far, 1), -0.05 * max(far, 1))
    ax.set_xlabel(unit)
    ax.set_ylabel("validation ELBO behind the leader (nats)")
    return ax
