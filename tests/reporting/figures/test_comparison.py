"""Figures of one comparison: the axes hold the numbers of the tables."""

import itertools

import numpy as np
import pandas as pd
import pytest
import report_tables
from drawing import drawn

from vaelib.analysis import budget
from vaelib.analysis.verdicts import Verdict
from vaelib.reporting.figures import comparison

EPOCHS = 4
LAYERS = ["encoder_1", "encoder_2", "mean", "log_variance", "decoder_1", "decoder_2", "logits"]


def history(*activations: str) -> pd.DataFrame:
    """Return two seeds; the n-th activation loses 100 n - epoch nats, 2 n s an epoch."""
    return pd.DataFrame(
        [
            {
                "activation": name,
                "seed": seed,
                "epoch": epoch,
                "val_loss": 100 * n - epoch + seed,
                "seconds": 50.0 if epoch == 1 else 2.0 * n,  # compilation
            }
            for n, name in enumerate(activations, 1)
            for seed, epoch in itertools.product((0, 2), range(1, EPOCHS + 1))
        ]
    )


def gradients(*activations: str, hidden: bool = True) -> pd.DataFrame:
    """Return two seeds; RMS is depth times the activation's number, doubled by training."""
    rows = []
    for n, name in enumerate(activations, 1):
        for seed, epoch in itertools.product((0, 1), (0, EPOCHS)):
            for depth, layer in enumerate(LAYERS, 1):
                inner = layer[-1].isdigit()
                if inner and not hidden:
                    continue
                rows.append(
                    {
                        "activation": name,
                        "seed": seed,
                        "model": f"{name}{seed}",
                        "epoch": epoch,
                        "depth": depth,
                        "network": "encoder" if depth < 5 else "decoder",
                        "layer": layer,
                        "role": "hidden" if inner else "output",
                        "gradient_rms": depth * n * (1 + (epoch > 0)),
                        "dead": 0.1 * n * (epoch > 0) if inner else np.nan,
                        "saturated": 0.2 * n * (epoch > 0) if inner else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def runs(*activations: str) -> pd.DataFrame:
    models = [f"{name}{seed}" for name in activations for seed in (0, 1)]
    return pd.DataFrame({"model": models, "kept_epoch": EPOCHS})


def lines(ax) -> dict[str, list]:
    """Return the y values of every labelled line."""
    labelled = [line for line in ax.lines if not line.get_label().startswith("_")]
    return {line.get_label(): list(line.get_ydata()) for line in labelled}


RUNS = runs("relu", "tanh")


def test_there_is_a_matrix_of_verdicts_for_each_metric_with_a_best_value():
    pairs = pd.concat(
        [
            report_tables.verdicts(("relu", "tanh", Verdict.BETTER), metric="elbo"),
            report_tables.verdicts(("relu", "tanh", Verdict.TIED), metric="mse"),
        ]
    )
    fig = drawn(comparison.verdict_matrices(pairs, ["relu", "tanh"]))
    *matrices, legend, _ = fig.axes
    assert [ax.get_title() for ax in matrices] == ["test ELBO (nats)", "MSE", "PSNR (dB)", "SSIM"]
    symbols = [[text.get_text() for text in ax.texts] for ax in matrices]
    assert symbols == [["+", "\N{MINUS SIGN}"], ["=", "="], [], []]
    assert len(legend.get_legend().get_texts()) == len(Verdict)


def test_the_zoom_shows_what_the_best_gained_at_last_and_where_curves_are_in_it():
    """Of eight epochs from 100 to 20, the best falls by 3 in the last quarter."""
    falls = {"relu": [100, 90, 80, 60, 40, 23, 21, 20], "tanh": [100, 99, 98, 97, 96, 95, 22, 21]}
    rows = [
        {"activation": name, "seed": seed, "epoch": epoch, "val_loss": loss}
        for name, losses in falls.items()
        for epoch, loss in enumerate(losses, start=1)
        for seed in (0, 1)
    ]
    zoomed = drawn(comparison.learning_curves(pd.DataFrame(rows), list(falls))).axes[1]
    assert zoomed.get_ylim() == pytest.approx((20 - 0.15, 23))
    assert zoomed.get_xlim() == pytest.approx((5, 8 + 0.09))


def test_one_activation_has_empty_matrices_of_verdicts():
    fig = drawn(comparison.verdict_matrices(report_tables.verdicts(), ["relu"]))
    assert [ax.texts[:] for ax in fig.axes] == [[]] * 6


def test_learning_curves_are_means_over_seeds_and_zoom_in_on_the_best():
    fig = drawn(comparison.learning_curves(history("relu", "tanh", "elu"), ["tanh", "relu", "elu"]))
    whole, zoomed = fig.axes
    expected = [100 - epoch + 1 for epoch in range(1, EPOCHS + 1)]
    assert lines(whole)["relu"] == lines(zoomed)["relu"] == expected
    assert list(lines(whole)) == ["tanh", "relu", "elu"], "in the order given"
    assert all(float(tick).is_integer() for tick in whole.get_xticks()), "no half epochs"
    # From 97 to 300 in the whole: a third of it.
    assert zoomed.get_ylim() == pytest.approx((97 - 203 / 60, 97 + 203 / 3))
    assert zoomed.get_xlim() == pytest.approx((0, 1.03 * EPOCHS)), "where a curve is in this range"
    assert (len(whole.collections), len(zoomed.collections)) == (3, 0), "bands in one alone"
    (legend,) = fig.legends
    assert [text.get_text() for text in legend.get_texts()] == ["tanh", "relu", "elu"], "each once"


@pytest.mark.parametrize("names", [["relu"], []])
def test_learning_curves_of_one_or_no_activation_can_be_drawn(names):
    fig = drawn(comparison.learning_curves(history("relu"), names))
    assert list(lines(fig.axes[0])) == names


def test_quality_shows_the_means_of_metrics_with_a_best_value():
    table = report_tables.summary(
        {"activation": "relu", "elbo": -3.0, "mse": 0.5}, {"activation": "tanh", "elbo": np.nan}
    )
    fig = drawn(comparison.quality(table))
    assert [ax.get_xlabel() for ax in fig.axes] == ["test ELBO (nats)", "MSE", "PSNR (dB)", "SSIM"]
    means = [[line.get_xdata()[0] for line in ax.lines[1::2]] for ax in fig.axes]
    np.testing.assert_array_equal(means[:2], [[-3, np.nan], [0.5, 1]])


def test_gradients_are_drawn_by_depth_before_and_after_training():
    fig = drawn(comparison.gradients_by_depth(gradients("relu", "tanh"), RUNS, ["tanh", "relu"]))
    before, after = fig.axes
    assert [ax.get_title() for ax in fig.axes] == ["before training", "after training"]
    assert lines(before) == {"tanh": [2, 4, 6, 8, 10, 12, 14], "relu": [1, 2, 3, 4, 5, 6, 7]}
    assert lines(after)["relu"] == [2, 4, 6, 8, 10, 12, 14]
    assert [tick.get_text() for tick in after.get_xticklabels()] == LAYERS


def test_gradients_can_be_drawn_without_hidden_layers_or_finished_models():
    outputs = gradients("relu", hidden=False)
    fig = drawn(comparison.gradients_by_depth(outputs, RUNS, ["relu"]))
    assert lines(fig.axes[0]) == {"relu": [3, 4, 7]}
    empty = drawn(comparison.gradients_by_depth(outputs.iloc[:0], RUNS, []))
    assert lines(empty.axes[0]) == {}


def test_inactive_units_are_shares_with_the_kept_weights():
    fig = drawn(comparison.inactive_units(gradients("relu", "tanh"), RUNS, ["tanh", "relu"], 0.01))
    widths = [[bar.get_width() for bar in ax.patches] for ax in fig.axes]
    np.testing.assert_allclose(widths, [[20, 10], [40, 20]])
    assert [ax.get_xlabel() for ax in fig.axes] == ["dead units (%)", "slope < 0.01 (%)"]


@pytest.mark.parametrize("rows", [gradients("relu", hidden=False), gradients("relu").iloc[:0]])
def test_without_hidden_layers_the_figure_says_so(rows):
    fig = drawn(comparison.inactive_units(rows, RUNS, ["relu"], 0.01))
    assert [text.get_text() for text in fig.axes[0].texts] == ["This network has no hidden layers."]


def test_the_leader_is_on_top_at_every_budget():
    budgets = {
        unit: budget.quality(history("relu", "tanh"), True, unit == "seconds")
        for unit in ("epochs", "seconds")
    }
    fig = drawn(comparison.rank_by_budget(budgets, ["tanh", "relu"]))
    epochs, seconds = fig.axes
    assert [ax.get_xlabel() for ax in fig.axes] == ["epochs", "seconds"]
    assert lines(epochs) == {"tanh": [100] * 4, "relu": [0] * 4}
    assert list(epochs.lines[0].get_xdata()) == [1, 2, 3, 4]
    assert lines(seconds)["relu"] == [0] * 4
    top, bottom = epochs.get_ylim()
    assert top > bottom, "behind is below"


def test_a_race_is_drawn_lane_by_lane():
    race = {
        "looks": [4, 6],
        "stages": [
            {
                "replicates": 4,
                "started": ["relu", "tanh", "elu", "selu"],
                "retired": [
                    {"activation": "tanh", "leader": "relu", "difference": 9.46}
                    | {"low": 8, "high": 11}
                ],
                "lost": ["elu"],
            },
            {"replicates": 6, "started": ["relu", "selu"], "retired": [], "lost": []},
        ],
        "alive": ["selu", "relu"],
    }  # fmt: skip
    (ax,) = drawn(comparison.race_stages(race)).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["selu", "relu", "elu", "tanh"]
    assert [bar.get_width() for bar in ax.patches] == [6, 6, 4, 4]
    assert [text.get_text() for text in ax.texts] == [
        "left",
        "left",
        "failed or diverged",
        "retired: 9.5 nats (8.0 to 11.0) behind relu",
    ]
