"""Comparisons of activations: intervals, bars, verdicts, ranks."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from vaelib.analysis import verdicts
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import true_minus
from vaelib.reporting.plots.style import style

# A symbol and a colour for each verdict; the colours differ in luminance, for greyscale prints.
_GRID = "#999999"
_VERDICTS = {
    Verdict.BETTER: ("+", "#1f4e8c"),
    Verdict.WORSE: ("\N{MINUS SIGN}", "#e8a33d"),
    Verdict.TIED: ("=", "#d9d9d9"),
    Verdict.OPEN: ("?", "#ffffff"),
}


def intervals(ax: Axes, table: pd.DataFrame, column: str, label: str) -> Axes:
    """Draw a mean and its interval for each activation, one line each.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        With ``activation``, `column`, and `column` with ``_low`` and ``_high``;
        the first row on top.
    column, label : str
        The metric's column and its name with the unit.

    Returns
    -------
    matplotlib.axes.Axes
    """
    for y, row in enumerate(table.to_dict("records")):
        look = style(row["activation"])
        ax.plot(
            [row[f"{column}_low"], row[f"{column}_high"]], [y, y], color=look["color"], linewidth=2
        )
        ax.plot(row[column], y, look["marker"], color=look["color"], markersize=5)
    ax.set_yticks(range(len(table)), table["activation"])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.xaxis.set_major_locator(MaxNLocator(3))  # long numbers must not meet
    ax.set_xlabel(label)
    return ax


def bars(ax: Axes, values: pd.Series, label: str) -> Axes:
    """Draw a horizontal bar for each activation.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    values : pandas.Series
        By activation; the first on top.
    label : str
        With the unit.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax.barh(values.index, values, color=[style(name)["color"] for name in values.index])
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.set_xlim(0, max(1, values.max() * 1.05))
    ax.set_xlabel(label)
    return ax


def histogram(ax: Axes, values: pd.Series, label: str, **look) -> Axes:
    """Draw the distribution of a score over test images, with its median.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    values : pandas.Series
        One value for each image.
    label : str
        With the unit.
    **look
        See `seaborn.histplot`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    sns.histplot(values, ax=ax, bins=40, **look)
    median = true_minus(f"{values.median():.3g}")
    ax.axvline(values.median(), color="black", linewidth=1, label=f"median {median}")
    ax.set_xlabel(label)
    ax.set_ylabel("test images")
    ax.legend()
    return ax


def verdict_matrix(ax: Axes, matrix: pd.DataFrame) -> Axes:
    """Draw the verdict on each row against each column; see `verdict_legend`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    matrix : pandas.DataFrame
        Square, of verdicts; see `verdicts.matrix`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    codes = matrix.replace({verdict: i for i, verdict in enumerate(_VERDICTS)})
    codes = codes.apply(pd.to_numeric, errors="coerce")  # no verdict, no number
    symbols = matrix.replace({verdict: symbol for verdict, (symbol, _) in _VERDICTS.items()})
    colours = [colour for _, colour in _VERDICTS.values()]
    options = {"cmap": colours, "vmin": 0, "vmax": len(colours) - 1, "cbar": False}
    look = {"linewidths": 0.5, "linecolor": _GRID, "annot_kws": {"size": 11}}
    sns.heatmap(codes, annot=symbols, fmt="", square=True, ax=ax, **options, **look)
    ax.grid(visible=False)
    ax.set_xlabel("against")
    plt.setp(ax.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")
    plt.setp(ax.get_yticklabels(), rotation=0)
    return ax


def verdict_legend(ax: Axes) -> Axes:
    """Draw the symbols and colours of `verdict_matrix` on axes of their own."""
    ax.axis("off")
    ax.legend(
        [Patch(facecolor=colour, edgecolor=_GRID) for _, colour in _VERDICTS.values()],
        [f"{symbol}  {verdict}" for verdict, (symbol, _) in _VERDICTS.items()],
        loc="center",
    )
    return ax


def critical_difference(ax: Axes, ranks: verdicts.Ranks) -> Axes:
    """Draw average ranks; a bar joins activations not distinguishable at 5 %.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    ranks : verdicts.Ranks
        Over several data sets.

    Returns
    -------
    matplotlib.axes.Axes
        With the critical difference diagram of Demsar (2006).
    """
    import scikit_posthocs  # see `verdicts.ranks`

    drawn = scikit_posthocs.critical_difference_diagram(
        ranks.average,
        ranks.pairwise,
        ax=ax,
        color_palette={name: style(name)["color"] for name in ranks.average.index},
        label_fmt_left="{label} ({rank:.3g}) ",
        label_fmt_right=" ({rank:.3g}) {label}",
    )
    for label in drawn["labels"]:
        label.set_color("black")
    ax.grid(visible=False)
    ax.spines["top"].set_visible(True)
    ax.set_xlabel("average rank over data sets (1: best)")
    ax.xaxis.set_label_position("top")
    return ax
