"""Figures of a finished study, as its report shows them, for a notebook of one's own.

Each takes what `vaelib.load_results` returns, and returns a matplotlib figure. Those of
training, quality and verdicts show one comparison, the first or that of `StudyResults.at`.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from vaelib.analysis import budget
from vaelib.reporting.figures import comparison, sweep
from vaelib.reporting.figures import gallery as pictures
from vaelib.reporting.plots import style

if TYPE_CHECKING:  # figures import plots
    from vaelib.reporting.study_results import StudyResults


def _in_style(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Draw in the style of the report, and leave the user's own as it is."""

    @functools.wraps(draw)
    def drawn(*arguments, **options) -> Figure:
        with plt.rc_context(style.STYLE):
            return draw(*arguments, **options)

    return drawn


@_in_style
def learning_curves(results: "StudyResults") -> Figure:
    """Draw the validation loss over epochs, in full and zoomed in on the best activations.

    Parameters
    ----------
    results : StudyResults

    Returns
    -------
    matplotlib.figure.Figure
        Negative ELBO in nats per image; bands are 95 % intervals over replicates.

    Examples
    --------
    >>> from vaelib import load_results, plots
    >>> results = load_results("reports/published/default")
    >>> figure = plots.learning_curves(results)
    >>> len(figure.axes)
    2
    """
    return comparison.learning_curves(results.history, results.order)


@_in_style
def quality(results: "StudyResults") -> Figure:
    """Draw test ELBO, MSE, PSNR and SSIM: means and 95 % intervals over replicates."""
    return comparison.quality(results.summary)


@_in_style
def verdict_matrices(results: "StudyResults") -> Figure:
    """Draw the verdict on every pair of activations, a panel for each metric."""
    return comparison.verdict_matrices(results.pairs, results.order)


@_in_style
def gradients_by_depth(results: "StudyResults") -> Figure:
    """Draw the gradient at each layer's pre-activations in nats, before and after training."""
    return comparison.gradients_by_depth(results.gradients, results.runs, results.order)


@_in_style
def inactive_units(results: "StudyResults") -> Figure:
    """Draw the shares of dead units and of saturated elements after training, in percent."""
    saturation = results.facts["study"]["saturation"]
    return comparison.inactive_units(results.gradients, results.runs, results.order, saturation)


@_in_style
def rank_by_budget(results: "StudyResults", unit: str = "epochs") -> Figure:
    """Draw how far each activation is behind the leader, at every length of training.

    Parameters
    ----------
    results : StudyResults
    unit : {"epochs", "seconds"}
        Seconds were measured while other models trained on the same machine.
    """
    early = results.facts["study"]["patience"] is not None
    values = budget.quality(results.history, early, unit == "seconds")
    return comparison.rank_by_budget({unit: values}, results.order)


@_in_style
def race_stages(results: "StudyResults") -> Figure:
    """Draw who ran how far in a race, and who was retired by how much.

    Raises
    ------
    ValueError
        When the study is no race.
    """
    race = results.facts["comparisons"][results.number]["race"]
    if race is None:
        raise ValueError("design: the study is no race; allowed: a study with `design: race`")
    return comparison.race_stages(race)


@_in_style
def elbo_by_setting(results: "StudyResults") -> Figure:
    """Draw the test ELBO of every activation in nats, a panel for each comparison."""
    return sweep.elbo_of_comparisons(results.summaries, results.compared)


@_in_style
def over_dimension(results: "StudyResults", dimension: str) -> Figure:
    """Draw ELBO, generalisation gap and gradient flow over a dimension of the grid.

    Parameters
    ----------
    results : StudyResults
    dimension : str
        A numeric field of the study with several values, such as ``depth``.
    """
    varying = results.compared[0].varying
    if dimension not in varying:
        allowed = ", ".join(varying) or "none, as the study has a single setting"
        raise ValueError(f"dimension: {dimension!r} does not vary; allowed: {allowed}")
    return sweep.over_dimension(results.summaries, results.compared, dimension)


@_in_style
def reconstructions(results: "StudyResults", images: int = 4) -> Figure:
    """Show test images (rows) and what each activation makes of them (columns).

    Parameters
    ----------
    results : StudyResults
    images : int
        How many; see `figures.gallery.side_by_side`.
    """
    return pictures.side_by_side(results.pictures, results.order, images)


@_in_style
def worst_median_best(results: "StudyResults") -> Figure:
    """Show the worst, the median and the best test image of each activation by SSIM."""
    return pictures.worst_median_best(results.pictures, results.order)


@_in_style
def prior_samples(results: "StudyResults") -> Figure:
    """Show decoded draws from the prior, a row for each activation."""
    return pictures.prior_samples(results.pictures.samples, results.order)
