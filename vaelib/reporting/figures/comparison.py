"""Figures of one comparison: activations in one setting, at one choice of learning rate.

Tables hold the finished models of that comparison; `order` lists its activations,
best test ELBO first.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vaelib.analysis import verdicts
from vaelib.analysis.summary import over_seeds
from vaelib.reporting import plots
from vaelib.reporting.figures.layout import WIDTH, legend_beside, message, panels, subplots
from vaelib.results.columns import JUDGED
from vaelib.results.gallery import Gallery

LOSS = "validation loss (nats per image)"


def verdict_matrices(pairs: pd.DataFrame, order: Sequence[str]) -> Figure:
    """Draw the verdict on every pair of activations, a panel for each judged metric.

    Parameters
    ----------
    pairs : pandas.DataFrame
        See `comparisons.judge`.
    order : sequence of str
    """
    fig, axes = panels(len(JUDGED) + 1, columns=3, height=3.5)
    for ax, metric in zip(axes, JUDGED, strict=False):
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
    for ax in axes:
        for name in order:
            plots.curves.band(ax, curves[curves["activation"] == name], name)
        ax.set_xlabel("epoch")
        ax.set_ylabel(LOSS)
    if order:
        axes[1].set_ylim(_zoomed_range(curves))
    axes[1].set_title("closer to the best")
    legend_beside(axes[1])
    return fig


def quality(summary: pd.DataFrame) -> Figure:
    """Draw the means and intervals of the metrics that have a best value and verdicts.

    Parameters
    ----------
    summary : pandas.DataFrame
        See `analysis.summary.summarize`.
    """
    metrics = [metric for metric in JUDGED if metric.marks_best]
    size = (WIDTH, 0.6 + 0.28 * len(summary))
    fig, axes = subplots(1, len(metrics), figsize=size, sharey=True)
    for ax, metric in zip(axes, metrics, strict=True):
        plots.comparison.intervals(ax, summary, metric.column, metric.title)
    return fig


def gallery(pictures: Gallery, order: Sequence[str]) -> Figure:
    """Show test images, a row each, beside their reconstructions by each activation.

    Parameters
    ----------
    pictures : Gallery
    order : sequence of str
        Activations without images are left out.
    """
    columns = {"original": pictures.original}
    columns |= {
        name: pictures.reconstructions[name] for name in order if name in pictures.reconstructions
    }
    rows = np.stack(list(columns.values()), axis=1)
    size = (0.92 * len(columns), 0.85 * len(rows))
    fig, axes = subplots(len(rows), len(columns), figsize=size, squeeze=False)
    plots.images.gallery(axes, rows, [str(i) for i in pictures.index], list(columns))
    return fig


def gradients_by_depth(gradients: pd.DataFrame, order: Sequence[str], epochs: int) -> Figure:
    """Draw the gradient at each layer's pre-activations, before and after training.

    Parameters
    ----------
    gradients : pandas.DataFrame
        See `training.probes.GradientProbe`.
    order : sequence of str
    epochs : int
        The last epoch.
    """
    fig, axes = subplots(1, 2, figsize=(WIDTH, 4), sharey=True)
    moments = {"before training": 0, f"after epoch {epochs}": epochs}
    for ax, (title, epoch) in zip(axes, moments.items(), strict=True):
        rows = gradients[gradients["epoch"] == epoch]
        by_layer = over_seeds(rows, "gradient_rms", ["depth", "layer"])
        for name in order:
            layers = by_layer[by_layer["activation"] == name]
            plots.curves.by_depth(ax, layers, "mean", name, **plots.style.style(name))
        ax.set_title(title)
    axes[0].set_ylabel("gradient RMS at the pre-activation (nats)")
    legend_beside(axes[1])
    return fig


def inactive_units(
    gradients: pd.DataFrame, order: Sequence[str], epochs: int, saturation: float
) -> Figure:
    """Draw the shares of dead units and of saturated elements after training.

    Parameters
    ----------
    gradients : pandas.DataFrame
        See `training.probes.GradientProbe`.
    order : sequence of str
    epochs : int
        The last epoch.
    saturation : float
        Slope below which an element counts as saturated.
    """
    hidden = gradients[gradients["epoch"] == epochs].dropna(subset=["dead"])
    if hidden.empty:
        return message("This network has no hidden layers.")
    shares = hidden.groupby("activation")[["dead", "saturated"]].mean().reindex(order).mul(100)
    size = (WIDTH, 0.6 + 0.24 * len(shares))
    fig, axes = subplots(1, 2, figsize=size, sharey=True)
    plots.comparison.bars(axes[0], shares["dead"], "dead units (%)")
    plots.comparison.bars(axes[1], shares["saturated"], f"slope < {saturation:g} (%)")
    return fig


def quality_against_time(history: pd.DataFrame, order: Sequence[str]) -> Figure:
    """Draw the validation loss against the seconds spent training, medians over seeds.

    Parameters
    ----------
    history : pandas.DataFrame
        ``activation``, ``seed``, ``epoch``, ``seconds``, ``val_loss``.
    order : sequence of str
    """
    timed = _median_over_time(history)
    fig, ax = subplots(figsize=(8, 3.8))
    for name in order:
        rows = timed[timed["activation"] == name]
        look = plots.style.style(name)
        ax.plot(rows["elapsed"], rows["val_loss"], label=name, markersize=4, markevery=3, **look)
    ax.set_xlabel("seconds of training (median over seeds)")
    ax.set_ylabel(LOSS)
    legend_beside(ax)
    return fig


def _zoomed_range(curves: pd.DataFrame) -> tuple[float, float]:
    """Return limits that show the final losses from the best to beyond the median."""
    last = curves.groupby("activation")["mean"].last()
    best, spread = last.min(), last.median() - last.min()
    return best - 0.1 * spread - 0.5, best + 3 * spread + 1


def _median_over_time(history: pd.DataFrame) -> pd.DataFrame:
    """Return ``elapsed`` and ``val_loss`` of each activation and epoch, medians over seeds."""
    # The median epoch times the number of epochs leaves out the time of compilation.
    pace = history.groupby(["activation", "seed"])["seconds"].transform("median")
    elapsed = history.assign(elapsed=pace * history["epoch"])
    by_epoch = elapsed.groupby(["activation", "epoch"], as_index=False)
    return by_epoch[["elapsed", "val_loss"]].median()
