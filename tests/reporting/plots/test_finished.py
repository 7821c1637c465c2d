"""Figures of a finished study: those of the report, in its style."""

import matplotlib as mpl
import numpy as np
import pytest
from drawing import drawn

from vaelib import load_results, plots
from vaelib.reporting.plots import finished
from vaelib.results import provenance

PUBLISHED = provenance.NOTEBOOKS.parent / "reports" / "published"
OF_ONE_COMPARISON = [
    "elbo_by_setting",
    "gradients_by_depth",
    "inactive_units",
    "learning_curves",
    "prior_samples",
    "quality",
    "race_stages",
    "rank_by_budget",
    "reconstructions",
    "verdict_matrices",
    "worst_median_best",
]


@pytest.fixture(scope="module")
def results():
    return load_results(PUBLISHED / "default")


@pytest.mark.parametrize("name", OF_ONE_COMPARISON)
def test_a_finished_study_is_all_that_a_figure_needs(results, name):
    before = mpl.rcParams.copy()
    figure = drawn(getattr(plots, name)(results))
    assert figure.axes
    assert figure.dpi == 110, "the report's style"
    assert mpl.rcParams == before, "the user's style is as it was"


def test_every_figure_is_offered():
    functions = {
        name
        for name, one in vars(finished).items()
        if getattr(one, "__module__", "") == finished.__name__ and not name.startswith("_")
    }
    assert functions == {*OF_ONE_COMPARISON, "over_dimension"}
    assert functions <= set(dir(plots))


def test_curves_are_the_means_of_the_tables(results):
    panel, _ = plots.learning_curves(results).axes
    lines = {line.get_label(): line for line in panel.lines}
    assert list(lines) == results.order
    wide = results.history.pivot_table(
        index="epoch", columns=["activation", "seed"], values="val_loss"
    )
    means = wide["selu"].dropna().mean(axis=1)
    np.testing.assert_allclose(lines["selu"].get_ydata(), means)


def test_another_comparison_can_be_drawn():
    results = load_results(PUBLISHED / "depth").at(7)
    (panel, _) = plots.gradients_by_depth(results).axes
    assert len(panel.get_xticks()) == results.gradients["layer"].nunique()


def test_a_dimension_that_varies_can_be_drawn():
    results = load_results(PUBLISHED / "depth")
    assert len(drawn(plots.over_dimension(results, "depth")).axes) >= 3
    with pytest.raises(ValueError, match="'beta' does not vary; allowed: depth, initializer$"):
        plots.over_dimension(results, "beta")


def test_only_a_race_has_stages():
    with pytest.raises(ValueError, match="the study is no race"):
        plots.race_stages(load_results(PUBLISHED / "full"))
