"""Figures of the training notebook: one activation, one setting, all seeds.

Every function takes result tables (see `results.files`) with the rows of one
activation and one setting.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vaelib.analysis.curves import AFTER, at_moments
from vaelib.reporting import plots
from vaelib.reporting.figures.layout import WIDTH, subplots

_TERMS = {"loss": "negative ELBO", "reconstruction": "reconstruction", "kl": "KL divergence"}
_SCORES = {"mse": "MSE", "psnr": "PSNR (dB)", "ssim": "SSIM"}
_EACH = 3  # images shown of the best, of the median and of the worst


def learning_curves(history: pd.DataFrame, activation: str) -> Figure:
    """Draw the negative ELBO and its two terms over epochs.

    Parameters
    ----------
    history : pandas.DataFrame
    activation : str
        Gives the colour.

    Returns
    -------
    matplotlib.figure.Figure
        An axes for each of loss, reconstruction and KL: every seed faint, the
        mean bold; training dashed, validation solid.
    """
    figure, axes = subplots(1, 3, figsize=(WIDTH, 3))
    for ax, (term, title) in zip(axes, _TERMS.items(), strict=True):
        for column, label, line in ((term, "training", "--"), (f"val_{term}", "validation", "-")):
            plots.curves.seed_curves(
                ax, history, column, label, color=_colour(activation), linestyle=line
            )
        ax.set_title(title)
        ax.set_ylabel("nats per image")
    axes[0].legend()
    return figure


def reconstructions(
    images: np.ndarray, reconstructions: np.ndarray, scores: pd.DataFrame
) -> Figure:
    """Show the best, the median and the worst reconstructions by SSIM.

    Parameters
    ----------
    images, reconstructions : array [n, height, width, channels]
    scores : pandas.DataFrame
        With ``image``, the index in the arrays, and ``ssim``, of one model.

    Returns
    -------
    matplotlib.figure.Figure
        Rows of originals, reconstructions and absolute errors; a column for
        each image, titled with its index and SSIM.
    """
    chosen = best_median_worst(scores)
    shown = chosen["image"].to_numpy()
    originals, decoded = images[shown], reconstructions[shown]
    rows = [originals, decoded, np.abs(originals - decoded)]
    titles = [f"{row.image}\nSSIM {row.ssim:.2f}" for row in chosen.itertuples()]
    figure, axes = subplots(3, len(shown), figsize=(WIDTH, 4), squeeze=False)
    names = ["original", "reconstruction", "absolute error"]
    colormaps = [plots.images.GREY, plots.images.GREY, plots.images.ERROR]
    plots.images.gallery(axes, rows, names, titles, colormaps)
    figure.suptitle("best, median and worst by SSIM")
    return figure


def best_median_worst(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the three rows of highest, of median and of lowest SSIM, in this order."""
    ordered = scores.sort_values("ssim", ascending=False)
    middle = len(ordered) // 2 - _EACH // 2
    positions = [
        *range(_EACH),
        *range(middle, middle + _EACH),
        *range(len(ordered) - _EACH, len(ordered)),
    ]
    # Of fewer than nine images none is shown twice.
    return ordered.iloc[sorted({n for n in positions if 0 <= n < len(ordered)})]


def gradients(gradients: pd.DataFrame, runs: pd.DataFrame, activation: str) -> Figure:
    """Draw gradients by layer and epoch, and by depth before and after training.

    Parameters
    ----------
    gradients, runs : pandas.DataFrame
    activation : str
        Gives the colour.

    Returns
    -------
    matplotlib.figure.Figure
        Left, the norm of the kernel's gradient; right, the root mean square at
        the pre-activations. Means over seeds.
    """
    table = _over_seeds(gradients)
    figure, (heatmap, depths) = subplots(1, 2, figsize=(WIDTH, 3.6))
    plots.curves.layer_heatmap(
        heatmap, table, "gradient_norm", "gradient norm of the kernel (nats)"
    )
    by_layer = ["depth", "layer"]
    for label, rows in at_moments(gradients, runs).items():
        line = "-" if label == AFTER else ":"
        plots.curves.by_depth(
            depths,
            rows.groupby(by_layer, as_index=False)["gradient_rms"].mean(),
            "gradient_rms",
            label,
            color=_colour(activation),
            linestyle=line,
            marker="o",
        )
    depths.set_ylabel("gradient RMS at the pre-activation (nats)")
    depths.legend()
    return figure


def dead_and_saturated_units(gradients: pd.DataFrame, saturation: float) -> Figure:
    """Draw the shares of dead units and saturated elements of every hidden layer.

    Parameters
    ----------
    gradients : pandas.DataFrame
    saturation : float
        Slope below which an element counts as saturated.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each hidden layer over epochs, mean over seeds, in percent.
    """
    table = _over_seeds(gradients[gradients["role"] == "hidden"])
    figure, (dead, saturated) = subplots(1, 2, sharex=True, figsize=(WIDTH, 2.8))
    plots.units.layer_lines(dead, table, "dead", "dead units (%)")
    plots.units.layer_lines(
        saturated, table, "saturated", f"elements with slope < {saturation:g} (%)"
    )
    if not table.empty:
        saturated.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def prior_samples(samples: np.ndarray, columns: int = 8) -> Figure:
    """Show decoded draws from the prior, array [n, height, width, channels]."""
    rows = -(-len(samples) // columns)
    figure, axes = subplots(rows, columns, squeeze=False, figsize=(columns, 1.05 * rows))
    for ax, sample in zip(axes.flat, samples, strict=False):
        plots.images.picture(ax, sample)
    for ax in axes.flat[len(samples) :]:
        ax.set_axis_off()
    return figure


def latent_units(latents: pd.DataFrame, activation: str) -> Figure:
    """Draw the KL divergence of latent units, sorted in each seed, mean over seeds.

    Parameters
    ----------
    latents : pandas.DataFrame
    activation : str
        Gives the colour.

    Returns
    -------
    matplotlib.figure.Figure
        Titled with the mean number of active units.
    """
    ordered = latents.sort_values(["seed", "kl"], ascending=[True, False])
    ranks = ordered.groupby("seed").cumcount()
    active = latents.groupby("seed")["active"].sum().mean()
    figure, ax = subplots(figsize=(6, 2.6))
    plots.units.rank_bars(ax, ordered.groupby(ranks)["kl"].mean(), _colour(activation))
    ax.set_title(
        f"{active:.1f} of {latents['unit'].nunique()} latent units active (mean over seeds)"
    )
    return figure


def score_distributions(scores: pd.DataFrame, activation: str) -> Figure:
    """Draw the distributions of MSE, PSNR and SSIM over test images of all seeds.

    Parameters
    ----------
    scores : pandas.DataFrame
    activation : str
        Gives the colour.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = subplots(1, 3, figsize=(WIDTH, 2.6))
    for ax, (column, label) in zip(axes, _SCORES.items(), strict=True):
        values = scores[column].dropna()
        plots.comparison.histogram(ax, values, label, color=_colour(activation))
    return figure


def _colour(activation: str) -> str:
    return plots.style.style(activation)["color"]


def _over_seeds(gradients: pd.DataFrame) -> pd.DataFrame:
    """Return means over seeds, a row for each layer and epoch that all seeds have."""
    keys = ["epoch", "depth", "network", "layer", "role"]
    seeds = gradients.groupby("epoch")["seed"].transform("nunique")
    return (
        gradients[seeds == gradients["seed"].nunique()]
        .groupby(keys, as_index=False)
        .mean(numeric_only=True)
    )
