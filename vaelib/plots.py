"""Figures: every function draws on the axes it is given and computes nothing."""

import hashlib
import itertools
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib_inline.backend_inline import set_matplotlib_formats

from vaelib import verdicts

# Paul Tol's "muted" scheme, told apart by colour-blind readers, with black and grey.
_COLOURS = {
    "sigmoid": "#CC6677",
    "tanh": "#332288",
    "relu": "#117733",
    "linear": "#000000",
    "leaky_relu": "#999933",
    "elu": "#88CCEE",
    "selu": "#AA4499",
    "gelu": "#44AA99",
    "silu": "#DDAA33",
    "mish": "#882255",
    "softplus": "#777777",
}
# Lines also differ in dashes and marks, so that a grey print can be read.
_LINES = ("-", "--", "-.", ":")
_MARKS = "osD^vP*Xd<>"
# Of names outside the registry, which no registered one has.
_OTHER_DASHES = ((5, 1, 1, 1, 1, 1), (8, 2), (3, 3, 1, 3))
_STYLES = {
    name: {"color": colour, "linestyle": line, "marker": mark}
    for (name, colour), line, mark in zip(
        _COLOURS.items(), itertools.cycle(_LINES), itertools.cycle(_MARKS), strict=False
    )
}
# A sign and a colour for each verdict, in four shades for a grey print.
_VERDICTS = {
    verdicts.BETTER: ("+", "#1f4e8c"),
    verdicts.WORSE: ("\N{MINUS SIGN}", "#e8a33d"),
    verdicts.TIED: ("=", "#d9d9d9"),
    verdicts.OPEN: ("?", "#ffffff"),
}


def style(activation: str) -> dict[str, str]:
    """Return the colour, dashes and mark that an activation has everywhere."""
    if activation in _STYLES:
        return _STYLES[activation]
    number = int(hashlib.sha256(activation.encode()).hexdigest(), 16)
    colours = list(_COLOURS.values())
    return {
        "color": colours[number % len(colours)],
        "linestyle": (0, _OTHER_DASHES[number // 44 % len(_OTHER_DASHES)]),
        "marker": "hH8p"[number // 11 % 4],
    }


def set_style() -> None:
    """Set matplotlib for notebooks and reports."""
    if get_ipython() is not None:
        # Constrained layout keeps all inside the figure: a tight box would draw it twice.
        set_matplotlib_formats("png", bbox_inches=None)
    plt.rcParams.update(
        {
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": "#e5e5e5",
            "axes.axisbelow": True,
            "font.size": 9,
            "axes.titlesize": 10,
            "legend.frameon": False,
            "image.cmap": "gray",
        }
    )


def seed_curves(ax: Axes, table: pd.DataFrame, y: str, label: str, **line) -> Axes:
    """Draw one faint line a seed and their mean in bold, over epochs.

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
        Colour, dashes.

    Returns
    -------
    matplotlib.axes.Axes
    """
    wide = table.pivot_table(index="epoch", columns="seed", values=y)
    ax.plot(wide.index, wide, alpha=0.25, linewidth=0.7, **line)
    ax.plot(wide.index, wide.mean(axis=1), linewidth=2, label=label, **line)
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def band(ax: Axes, table: pd.DataFrame, activation: str, x: str = "epoch") -> Axes:
    """Draw a mean with its interval: columns `x`, ``mean``, ``low``, ``high``."""
    look = style(activation)
    every = max(1, len(table) // 6)
    ax.plot(table[x], table["mean"], label=activation, markersize=4, markevery=every, **look)
    ax.fill_between(table[x], table["low"], table["high"], color=look["color"], alpha=0.15, lw=0)
    return ax


def layer_heatmap(ax: Axes, table: pd.DataFrame, value: str, label: str) -> Axes:
    """Draw a value by layer and epoch, in colour on a log scale.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    table : pandas.DataFrame
        With the columns ``epoch``, ``depth``, ``layer`` and `value`.
    value, label : str
        Column and name of the colour scale.

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
        cbar_kws={"label": label},
    )
    ax.set_xlabel("epoch (0: before training)")
    ax.set_ylabel("")
    return ax


def by_depth(ax: Axes, table: pd.DataFrame, value: str, label: str, **line) -> Axes:
    """Draw a value by layer, from the images to the logits, on a log scale.

    `table` has one row a layer: ``depth``, ``layer``, `value`, and where known
    ``low`` and ``high``.
    """
    ax.plot(table["depth"], table[value], label=label, markersize=4, **line)
    if "low" in table:
        ax.fill_between(
            table["depth"], table["low"], table["high"], color=line.get("color"), alpha=0.15, lw=0
        )
    ax.set_xticks(table["depth"], table["layer"], rotation=45, ha="right")
    ax.set_yscale("log")
    return ax


def picture(ax: Axes, image: np.ndarray, title: str = "", signed: bool = False) -> Axes:
    """Show an image [height, width, channels] in [0, 1], without ticks.

    With `signed`, an absolute error: dark where it is nought.
    """
    grey = image.shape[-1] == 1
    shown = image[..., 0] if grey else np.clip(image, 0, 1)
    ax.imshow(shown, cmap="magma" if signed else "gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_title(title, fontsize=8)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    return ax


def gallery(
    axes: np.ndarray, rows: Sequence[np.ndarray], names: Sequence[str], titles: Sequence[str]
) -> np.ndarray:
    """Show rows of images, one name beside each row and a title over each column.

    Parameters
    ----------
    axes : array of matplotlib.axes.Axes [rows, columns]
    rows : sequence of array [columns, height, width, channels]
        A row whose name holds "error" is shown as absolute errors.
    names, titles : sequence of str

    Returns
    -------
    array of matplotlib.axes.Axes
    """
    for line, images, name in zip(axes, rows, names, strict=True):
        for ax, image in zip(line, images, strict=True):
            picture(ax, image, signed="error" in name)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=8)
    return axes


def intervals(ax: Axes, table: pd.DataFrame, column: str, label: str) -> Axes:
    """Draw a mean and its interval for each activation, one above another.

    `table` has ``activation``, `column`, and `column` with ``_low``, ``_high``.
    """
    for y, row in enumerate(table.to_dict("records")):
        look = style(row["activation"])
        ax.plot(
            [row[f"{column}_low"], row[f"{column}_high"]], [y, y], color=look["color"], linewidth=2
        )
        ax.plot(row[column], y, look["marker"], color=look["color"], markersize=5)
    ax.set_yticks(range(len(table)), table["activation"])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlabel(label)
    return ax


def bars(ax: Axes, values: pd.Series, label: str) -> Axes:
    """Draw a bar for each activation (the index), one above another."""
    ax.barh(values.index, values, color=[style(name)["color"] for name in values.index])
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.set_xlim(0, max(1, values.max() * 1.05))
    ax.set_xlabel(label)
    return ax


def histogram(ax: Axes, values: pd.Series, label: str, **look) -> Axes:
    """Draw the distribution over test images, with its median."""
    sns.histplot(values, ax=ax, bins=40, **look)
    ax.axvline(values.median(), color="black", linewidth=1, label=f"median {values.median():.3g}")
    ax.set_xlabel(label)
    ax.set_ylabel("test images")
    ax.legend()
    return ax


def verdict_matrix(ax: Axes, matrix: pd.DataFrame) -> Axes:
    """Draw the verdict of each row against each column, with a legend.

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
    signs = matrix.replace({verdict: sign for verdict, (sign, _) in _VERDICTS.items()})
    colours = [colour for _, colour in _VERDICTS.values()]
    options = {"cmap": colours, "vmin": 0, "vmax": len(colours) - 1, "cbar": False}
    look = {"linewidths": 0.5, "linecolor": "#999999", "annot_kws": {"size": 11}}
    sns.heatmap(codes, annot=signs, fmt="", square=True, ax=ax, **options, **look)
    ax.grid(visible=False)
    ax.set(xlabel="against", anchor="W")  # room for the legend
    plt.setp(ax.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")
    plt.setp(ax.get_yticklabels(), rotation=0)
    ax.legend(
        [Patch(facecolor=colour, edgecolor=look["linecolor"]) for colour in colours],
        [f"{sign}  {verdict}" for verdict, (sign, _) in _VERDICTS.items()],
        loc="upper left",
        bbox_to_anchor=(1, 1),
    )
    return ax


def critical_difference(ax: Axes, ranks: verdicts.Ranks) -> Axes:
    """Draw average ranks; a bar joins activations that are not told apart at 5 %.

    Demsar's (2006) diagram, for several data sets; see `verdicts.ranks`.
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
