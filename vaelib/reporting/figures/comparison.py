"""Figures of one comparison: activations in one setting, at one choice of learning rate.

Tables hold the finished models of that comparison; `order` lists its activations,
best test ELBO first.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vaelib.analysis import budget, verdicts
from vaelib.analysis.curves import at_moments, inactive_shares, over_seeds
from vaelib.formatting import nats
from vaelib.reporting import plots
from vaelib.reporting.figures.layout import WIDTH, legend_above, message, panels, subplots
from vaelib.results.columns import JUDGED

# The metrics that have a best value and verdicts.
QUALITY = tuple(metric for metric in JUDGED if metric.marks_best)
LOSS = "validation loss (nats per image)"


def verdict_matrices(pairs: pd.DataFrame, order: Sequence[str]) -> Figure:
    """Draw the verdict on every pair of activations, a panel for each metric of `QUALITY`.

    Parameters
    ----------
    pairs : pandas.DataFrame
        See `comparisons.judge`.
    order : sequence of str
    """
    fig, axes = panels(len(QUALITY) + 1, columns=3, height=3.5)
    for ax, metric in zip(axes, QUALITY, strict=False):
        own = pairs[pairs["metric"] == metric.column]
        plots.comparison.verdict_matrix(ax, verdicts.matrix(own, order))
        ax.set_title(metric.title)
    plots.comparison.verdict_legend(axes[-1])
    return fig


def learning_curves(history: pd.DataFrame, order: Sequence[str]) -> Figure:
    """Draw the validation loss over epochs, in full and zoomed in on the best activations.

    Parameters
    ----------
    history : pandas.DataFrame
        ``activation``, ``seed``, ``epoch``, ``val_loss``.
    order : sequence of str
    """
    curves = over_seeds(history, "val_loss", ["epoch"])
    fig, axes = subplots(1, 2, figsize=(WIDTH, 3.8))
    for ax, filled in zip(axes, (True, False), strict=True):  # bands would cover what is close
        for name in order:
            plots.curves.band(ax, curves[curves["activation"] == name], name, filled=filled)
        ax.set_xlabel("epoch")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_ylabel(LOSS)
    if order:
        low, high = _zoomed_range(curves)
        inside = curves.loc[curves["mean"] <= high, "epoch"]
        first, last = inside.min() - 1, inside.max()
        axes[1].set(xlim=(first, last + 0.03 * (last - first)), ylim=(low, high))
    axes[1].set_title("closer to the best")
    legend_above(fig)
    return fig


def quality(summary: pd.DataFrame) -> Figure:
    """Draw the means and intervals of the metrics of `QUALITY`.

    Parameters
    ----------
    summary : pandas.DataFrame
        See `analysis.summary.summarize`.
    """
    size = (WIDTH, 0.6 + 0.28 * len(summary))
    fig, axes = subplots(1, len(QUALITY), figsize=size, sharey=True)
    for ax, metric in zip(axes, QUALITY, strict=True):
        plots.comparison.intervals(ax, summary, metric.column, metric.title)
    return fig


def gradients_by_depth(gradients: pd.DataFrame, runs: pd.DataFrame, order: Sequence[str]) -> Figure:
    """Draw the gradient at each layer's pre-activations, before and after training.

    Parameters
    ----------
    gradients : pandas.DataFrame
        See `training.probes.GradientProbe`.
    runs : pandas.DataFrame
        Of the same models.
    order : sequence of str
    """
    fig, axes = subplots(1, 2, figsize=(WIDTH, 4), sharey=True)
    for ax, (title, rows) in zip(axes, at_moments(gradients, runs).items(), strict=True):
        by_layer = over_seeds(rows, "gradient_rms", ["depth", "layer"])
        for name in order:
            layers = by_layer[by_layer["activation"] == name]
            plots.curves.by_depth(ax, layers, "mean", name, **plots.style.style(name))
        ax.set_title(title)
    axes[0].set_ylabel("gradient RMS at the pre-activation (nats)")
    legend_above(fig)
    return fig


def inactive_units(
    gradients: pd.DataFrame, runs: pd.DataFrame, order: Sequence[str], saturation: float
) -> Figure:
    """Draw the shares of dead units and of saturated elements after training.

    Parameters
    ----------
    gradients, runs, order
        As in `gradients_by_depth`.
    saturation : float
        Slope below which an element counts as saturated.
    """
    shares = inactive_shares(gradients, runs, order).mul(100)
    if shares.empty:
        return message("This network has no hidden layers.")
    size = (WIDTH, 0.6 + 0.24 * len(shares))
    fig, axes = subplots(1, 2, figsize=size, sharey=True)
    plots.comparison.bars(axes[0], shares["dead"], "dead units (%)")
    plots.comparison.bars(axes[1], shares["saturated"], f"slope < {saturation:g} (%)")
    return fig


def rank_by_budget(values: Mapping[str, pd.DataFrame], order: Sequence[str]) -> Figure:
    """Draw how far activations are behind the leader, a panel for each kind of budget.

    Parameters
    ----------
    values : mapping of str to pandas.DataFrame
        By the unit of the budget; see `analysis.budget.quality`.
    order : sequence of str
    """
    fig, axes = subplots(1, len(values), figsize=(WIDTH, 3.8), sharey=True, squeeze=False)
    for ax, (unit, table) in zip(axes.flat, values.items(), strict=True):
        plots.race.behind_leader(ax, budget.behind(table), order, unit)
    legend_above(fig)
    return fig


def race_stages(race: Mapping) -> Figure:
    """Draw who ran how far in a race, and who was retired by how much.

    Parameters
    ----------
    race : mapping
        Of a comparison in ``study.json``; see `analysis.race.Race`.
    """
    replicates, notes = {}, {}
    for stage in race["stages"]:
        replicates |= dict.fromkeys(stage["started"], stage["replicates"])
        for one in stage["retired"]:
            low, high = nats(one["low"]), nats(one["high"])
            behind = f"{nats(one['difference'])} nats ({low} to {high})"
            notes[one["activation"]] = f"retired: {behind} behind {one['leader']}"
        notes |= dict.fromkeys(stage["lost"], "failed or diverged")
    notes |= dict.fromkeys(race["alive"], "left")
    ranked = [*race["alive"], *(name for name in reversed(notes) if name not in race["alive"])]
    fig, ax = subplots(figsize=(WIDTH, 0.8 + 0.28 * len(ranked)))
    plots.race.lanes(ax, {name: replicates[name] for name in ranked}, notes, race["looks"])
    return fig


def _zoomed_range(curves: pd.DataFrame) -> tuple[float, float]:
    """Return limits that show the lowest losses from the best to beyond the median.

    At least what the best gained in the last quarter of its epochs, at most a third of the
    range of all losses, so that it is closer than the whole.
    """
    lowest = curves.groupby("activation")["mean"].min()
    best, spread = lowest.min(), lowest.median() - lowest.min()
    leading = curves.loc[curves["activation"] == lowest.idxmin(), "mean"]
    fall = leading.iloc[-1 - len(leading) // 4] - best
    height = min(max(3 * spread + 1, fall), (curves["mean"].max() - best) / 3) or 1
    return best - 0.05 * height, best + height
