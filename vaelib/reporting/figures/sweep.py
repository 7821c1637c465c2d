"""Figures of a study with several comparisons: what changes with the setting."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from vaelib.analysis import comparisons, verdicts
from vaelib.analysis.comparisons import Comparison
from vaelib.reporting import plots
from vaelib.reporting.figures.layout import WIDTH, legend_above, message, panels, subplots
from vaelib.results.columns import BY_COLUMN

ELBO = BY_COLUMN["elbo"]
# The metrics drawn over a dimension, and whether on a log scale.
_OVER = {ELBO: False, BY_COLUMN["gap"]: False, BY_COLUMN["gradient_flow"]: True}


def candidates(
    table: pd.DataFrame, tuned: Sequence[str], order: Sequence[str], floor: float
) -> Figure:
    """Draw the validation ELBO of what each activation could be given.

    Parameters
    ----------
    table : pandas.DataFrame
        See `analysis.tuning.candidates`.
    tuned : sequence of str
        The columns that tell candidates apart. A numeric one is the horizontal axis;
        there is a panel for each combination of the others.
    order : sequence of str
        Activations, in the order of the legend.
    floor : float
        ELBO of a constant image.
    """
    finished = table[table["finished"] > 0]
    numeric = [name for name in tuned if pd.api.types.is_float_dtype(table[name])]
    if not numeric:
        return message("What was tuned has no scale to draw it on; see the list below.")
    x = numeric[-1]
    groups = comparisons.labelled_groups(finished, [name for name in tuned if name != x])
    fig, axes = panels(len(groups), columns=2, height=3.6)
    for ax, (label, rows) in zip(axes, groups, strict=True):
        plots.sweep.candidate_curves(ax, rows.sort_values(x), x, order, floor, label)
    legend_above(fig)
    return fig


def elbo_of_comparisons(
    summaries: Sequence[pd.DataFrame], compared: Sequence[Comparison]
) -> Figure:
    """Draw the test ELBO of every activation, a panel for each comparison.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `analysis.summary.summarize`.
    compared : sequence of Comparison
    """
    height = 0.8 + 0.24 * max(map(len, summaries))
    fig, axes = panels(len(compared), columns=4, height=height)
    for ax, summary, one in zip(axes, summaries, compared, strict=True):
        plots.comparison.intervals(ax, summary, ELBO.column, ELBO.title)
        ax.set_title(one.label, fontsize=8, wrap=True)
    return fig


def over_dimension(
    summaries: Sequence[pd.DataFrame], compared: Sequence[Comparison], dimension: str
) -> Figure:
    """Draw ELBO, generalisation gap and gradient flow over a dimension of the grid.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `analysis.summary.summarize`.
    compared : sequence of Comparison
    dimension : str
        A numeric column of `comparisons.COLUMNS` that varies. There is a row of
        panels for each combination of the others.
    """
    groups = comparisons.groups_over(summaries, compared, dimension)
    size = (WIDTH, 3.2 * len(groups))
    fig, axes = subplots(len(groups), len(_OVER), figsize=size, squeeze=False)
    for line, (label, rows) in zip(axes, groups, strict=True):
        for ax, (metric, logarithmic) in zip(line, _OVER.items(), strict=True):
            plots.sweep.over_dimension(
                ax, rows, dimension, metric.column, metric.title, logarithmic
            )
        line[0].set_title(label)
    legend_above(fig)
    return fig


def encoder_by_decoder(
    summaries: Sequence[pd.DataFrame],
    compared: Sequence[Comparison],
    activations: Sequence[str],
) -> Figure:
    """Draw the mean test ELBO by encoder and decoder activation.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `analysis.summary.summarize`.
    compared : sequence of Comparison
        There is a panel for each combination of the other settings.
    activations : sequence of str
        Of the encoder, in order; the decoder's are in the order of `compared`.
    """
    name = "decoder_activation"
    groups = comparisons.groups_over(summaries, compared, name)
    decoders = list(dict.fromkeys(one.fields[name] for one in compared))
    size = (1.6 + 0.8 * len(decoders), len(groups) * (1.2 + 0.4 * len(activations)))
    fig, axes = subplots(len(groups), 1, figsize=size, squeeze=False)
    for ax, (label, rows) in zip(axes.flat, groups, strict=True):
        square = rows.pivot_table(index="activation", columns=name, values=ELBO.column)
        square = square.reindex(index=activations, columns=decoders)
        plots.sweep.encoder_by_decoder(ax, square, ELBO.title)
        ax.set_title(label)
    return fig


def average_ranks(ranked: Mapping[str, verdicts.Ranks]) -> Figure:
    """Draw the ranks of activations by test ELBO, averaged over data sets.

    Parameters
    ----------
    ranked : mapping of str to verdicts.Ranks
        See `comparisons.average_ranks`; there is a panel for each.
    """
    height = 1 + 0.25 * max(len(ranks.average) for ranks in ranked.values())
    fig = Figure(figsize=(9, height * len(ranked)))
    parts = fig.subfigures(len(ranked), 1, squeeze=False)
    for part, (label, ranks) in zip(parts.flat, ranked.items(), strict=True):
        plots.comparison.critical_difference(part.subplots(), ranks)
        part.suptitle(label)
    return fig
