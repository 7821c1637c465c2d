"""The report's table: means over seeds, intervals, ties."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from planted_scores import HISTORY, T_OF_TWO, study

from vaelib.analysis import comparisons, summary, verdicts
from vaelib.analysis.new_images import TestSet
from vaelib.analysis.rules import Rules
from vaelib.results import columns

JUDGED = [metric.column for metric in columns.JUDGED]
REDRAWN = TestSet(redrawn=True, images=10, others=90)


def summarize(tables: dict, target: float = 1.0) -> pd.DataFrame:
    pairs = comparisons.judge(tables, dict.fromkeys(JUDGED, 0.0), REDRAWN)
    return summary.summarize(tables, target, pairs)


def test_the_default_target_is_the_median_last_loss():
    runs = pd.DataFrame({"status": "finished", "val_elbo": [-6.0, -4.0, -8.0]})
    assert summary.default_target(runs) == 6
    runs.loc[:1, "status"] = "diverged"
    assert summary.default_target(runs) == 8  # of the one that finished


@pytest.mark.parametrize(
    ("target", "epochs"),
    [
        (7, [2, 1, np.nan]),
        (6.999997, [2, 1, np.nan]),  # 7 as a table in text rounds it
        (6.99, [2, 3, np.nan]),
        (8, [2, 1, 3]),
        (1, [np.nan] * 3),
    ],
)
def test_the_target_is_reached_at_the_first_epoch_at_or_below_it(target, epochs):
    found = summary.epochs_to_target(HISTORY, target)
    expected = pd.DataFrame({"activation": ["relu", "relu", "tanh"], "seed": [0, 1, 0]})
    expected = expected.assign(epochs_to_target=epochs)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_summary_means_and_order_by_hand():
    elbo = {"tanh": [-3.0, -5.0], "relu": [-1.0, -2.0], "selu": [-9.0, -9.0]}
    losses = {"tanh": [3.0, 1.0], "relu": [1.0, 1.0], "selu": [3.0, 2.0]}
    table = summarize(study(elbo, losses=losses))
    assert list(table["activation"]) == ["relu", "tanh", "selu"]
    np.testing.assert_array_equal(table["elbo"], [-1.5, -4, -9])
    reach = T_OF_TWO * np.array([1, 2, 0])
    np.testing.assert_allclose(table["elbo_low"], table["elbo"] - reach)
    np.testing.assert_allclose(table["elbo_high"], table["elbo"] + reach)
    np.testing.assert_array_equal(table["epochs_to_target"], [1, 2, np.nan])
    np.testing.assert_array_equal(table["reached"], [2, 2, 0])


@pytest.mark.parametrize(
    ("metric", "values", "low", "high"),
    [
        ("kl", [1.0, 2.0], 0, 1.5 + T_OF_TWO),
        ("psnr", [1.0, 2.0], 1.5 - T_OF_TWO, 1.5 + T_OF_TWO),
        ("ssim", [0.0, 1.0], -1, 1),
        ("active_units", [14.0, 15.0], 14.5 - T_OF_TWO, 16),
        ("epochs", [3.0, 4.0], 1, 9),
    ],
)
def test_no_interval_leaves_what_is_possible(metric, values, low, high):
    tables = study({"relu": [-1.0, -2.0]}, latent_dim=16, most_epochs=9)
    tables["runs"][metric] = values
    (row,) = summarize(tables).to_dict("records")
    bounds = row[f"{metric}_low"], row[f"{metric}_high"]
    assert bounds == pytest.approx((low, high))


def test_the_epochs_to_the_target_have_no_mean_if_one_run_missed_it():
    tables = study({"relu": [-1.0] * 3, "tanh": [-1.0] * 3})
    history = tables["history"]
    history.loc[(history["activation"] == "relu") & (history["seed"] == 2), "val_loss"] = 9
    table = summarize(tables).set_index("activation")
    assert table.loc["relu", "reached"] == 2
    assert math.isnan(table.loc["relu", "epochs_to_target"])
    assert not table.loc["relu", "epochs_to_target_tie"]
    assert table.loc["tanh", "epochs_to_target"] == 2
    assert table.loc["tanh", "epochs_to_target_tie"]


def test_ties_follow_from_verdicts_paired_by_seed():
    # Seeds differ by far more than activations: only pairing distinguishes activations.
    best = 100.0 * np.arange(12)
    swing = np.array([3, -3.5, 3, -3, 3, -3, 3, -3, -1, -3, 3, 1])
    elbo = {"best": best, "equal": best, "level": best + swing, "worse": best - 2 + swing / 10}
    table = summarize(study(elbo)).set_index("activation")
    assert list(table.index[table["elbo_tie"]]) == ["best", "equal", "level"]
    assert table.loc["worse", "elbo_high"] > table.loc["best", "elbo_low"]
    assert not table["kl_tie"].any(), "of KL, neither more nor less is better"
    assert not table["gap_tie"].any(), "no value of it is marked"


def test_activations_not_worse_by_the_given_verdicts_are_tied():
    tables = study({"relu": [-1.0, -1.1], "tanh": [-2.0, -2.1], "elu": [-3.0, -3.1]})
    rows = [("relu", "tanh", verdicts.Verdict.TIED), ("elu", "relu", verdicts.Verdict.WORSE)]
    pairs = pd.DataFrame(rows, columns=["a", "b", "verdict"])
    numbers = ("n", "needed", "difference", "low", "high", "new_low", "new_high")
    pairs = pairs.assign(metric="elbo", **dict.fromkeys(numbers, 1.0))
    table = summary.summarize(tables, 1.0, pairs).set_index("activation")
    assert table["elbo_tie"].to_dict() == {"relu": True, "tanh": True, "elu": False}
    pairs.loc[1, "verdict"] = verdicts.Verdict.OPEN
    table = summary.summarize(tables, 1.0, pairs).set_index("activation")
    assert table["elbo_tie"].all()
    # As in a race, where elu was retired by tanh and never met the best again.
    rows = [("relu", "elu", verdicts.Verdict.OPEN), ("tanh", "elu", verdicts.Verdict.BETTER)]
    pairs[["a", "b", "verdict"]] = rows
    table = summary.summarize(tables, 1.0, pairs).set_index("activation")
    assert table["elbo_tie"].to_dict() == {"relu": True, "tanh": True, "elu": False}


def test_a_metric_without_verdicts_marks_the_best_alone():
    elbo = {"quick": [-1.0] * 9, "slow": [-1.0] * 9}
    seconds = {"quick": [1.0] * 9, "slow": [1.001] * 9}
    table = summarize(study(elbo, seconds)).set_index("activation")
    assert table["seconds_per_epoch_tie"].to_dict() == {"quick": True, "slow": False}


def test_lower_is_better_for_errors():
    elbo = {"low": 1.0 + np.arange(9), "high": 5.0 + np.arange(9)}
    table = summarize(study(elbo)).set_index("activation")
    assert table["mse_tie"].to_dict() == {"low": True, "high": False}
    assert table["psnr_tie"].to_dict() == {"low": False, "high": True}


def test_diverged_runs_count_in_no_mean():
    elbo = {"relu": [-2.0, np.nan, -4.0], "tanh": [-5.0, -6.0, -7.0], "elu": [np.nan] * 3}
    table = summarize(study(elbo)).set_index("activation")
    assert list(table.index) == ["relu", "tanh", "elu"]
    assert list(table["runs"]) == [3, 3, 3]
    assert list(table["diverged"]) == [1, 0, 3]
    assert list(table["reached"]) == [2, 3, 0]
    assert table.loc["relu", "elbo"] == -3
    assert table.loc["elu", ["elbo", "elbo_low", "seconds_per_epoch"]].isna().all()
    assert not table.loc["elu", "elbo_tie"]


def test_diverged_runs_count_in_no_tie():
    # The diverged run was by far the quickest, and would make the slower one the best.
    elbo = {"quick": [-1.0] * 9, "slow": [*[-1.0] * 8, np.nan]}
    seconds = {"quick": [1.0] * 9, "slow": [*[1.1] * 8, 0.01]}
    table = summarize(study(elbo, seconds)).set_index("activation")
    assert table.loc["slow", "seconds_per_epoch"] == pytest.approx(1.1)
    assert table["seconds_per_epoch_tie"].to_dict() == {"quick": True, "slow": False}


RULES = Rules(
    activations=("relu", "tanh"),
    seeds=(0, 1),
    race=False,
    tuned=(),
    margin=0.01,
    margins={},
    target_loss=None,
)


def test_models_whose_gradient_has_not_vanished_are_counted():
    """From 0.05 on; no gradient at all has no flow, and diverged models do not count."""
    tables = study({"a": [1.0, 2.0, math.nan, 3.0], "b": [2.0, 3.0]})
    tables["runs"]["gradient_flow_learning"] = [0.05, 0.049, 1.0, math.nan, 1.0, 20.0]
    table = summarize(tables).set_index("activation")
    assert table["with_gradient"].to_dict() == {"a": 1, "b": 2}


def two_depths(elbo: dict[int, dict]) -> dict:
    """Return tables of a study of two depths, from ELBOs by depth and activation."""
    parts = [
        study(values, losses={name: [depth + 1.0, depth] for name in values}, depth=depth)
        for depth, values in elbo.items()
    ]
    return {name: pd.concat([part[name] for part in parts]) for name in parts[0]}


@pytest.mark.parametrize(("given", "targets"), [(None, [1, 3]), (3.5, [3.5, 3.5])])
def test_every_comparison_of_a_study_is_summarised(given, targets):
    tables = two_depths(
        {
            1: {"relu": [-1.0, -2.0], "tanh": [-3.0, -5.0]},
            3: {"relu": [-9.0, -9.0], "tanh": [-7.0, -8.0]},
        }
    )
    tables["runs"] = tables["runs"].assign(constant_elbo=-10.0)
    rules = dataclasses.replace(RULES, target_loss=given)
    table, pairs, facts = summary.of_study(tables, rules, {"digits": REDRAWN})
    assert [(fact["label"], fact["depth"]) for fact in facts] == [("depth 1", 1), ("depth 3", 3)]
    assert [fact["target_loss"] for fact in facts] == targets
    assert [fact["race"] for fact in facts] == [None, None]
    assert [fact["lead"] for fact in facts] == [[], []], "of a single comparison"
    assert [fact["margins"]["elbo"] for fact in facts] == pytest.approx([0.085, 0.025])
    assert facts[0]["pixel_entropy"] == 0.25
    assert list(table["comparison"]) == [0, 0, 1, 1]
    assert list(table["activation"]) == ["relu", "tanh", "tanh", "relu"]
    np.testing.assert_array_equal(table["elbo"], [-1.5, -4, -7.5, -9])
    np.testing.assert_array_equal(table["behind"], [np.nan, 2.5, np.nan, 1.5])
    for number, compared in enumerate(comparisons.of_study(tables["runs"])):
        chosen = comparisons.select(tables, compared)
        own = pairs[pairs["comparison"] == number].drop(columns="comparison")
        again = comparisons.judge(chosen, facts[number]["margins"], REDRAWN)
        pd.testing.assert_frame_equal(own, again)


def test_a_comparison_without_a_finished_model_has_no_target():
    tables = two_depths({1: {"relu": [-1.0], "tanh": [-2.0]}, 2: {"relu": [math.nan]}})
    *_, facts = summary.of_study(tables, RULES, {"digits": REDRAWN})
    assert [fact["target_loss"] for fact in facts] == [1, None]


def test_pca_is_scored_by_replicate_whatever_models_there_are():
    columns_of_pca = ["pca_mse", "pca_psnr", "pca_ssim", "pca_components", "pca_images"]
    rows = [("relu", 0, 0.5), ("tanh", 0, 0.5), ("relu", 1, 1.5), ("relu", 2, np.nan)]
    runs = pd.DataFrame(rows, columns=["activation", "seed", "pca_mse"])
    runs = runs.assign(pca_psnr=runs["pca_mse"], pca_ssim=0.25, pca_components=3, pca_images=90)
    found = summary.pca_scores(runs)
    assert (found["components"], found["images"]) == (3, 90)
    assert [found[name] for name in ("mse", "psnr", "ssim")] == [1, 1, 0.25]
    assert found["mse_low"] == 0, "no error is negative"
    assert found["psnr_low"] == pytest.approx(1 - T_OF_TWO)
    assert found["mse_high"] == pytest.approx(1 + T_OF_TWO)
    alone = summary.pca_scores(runs[:2])
    assert alone == {"components": 3, "images": 90, "mse": 0.5, "psnr": 0.5, "ssim": 0.25}
    assert summary.pca_scores(runs[3:]) is None, "not scored"
    assert summary.pca_scores(runs.drop(columns=columns_of_pca)) is None, "of earlier versions"


def test_a_race_gives_the_order_and_distances_are_paired():
    # c has the easy replicates only: by its mean it would be the best.
    easy = np.array([90.0, 90, 90, 90, 0, 0])
    noise = np.random.default_rng(0).normal(scale=0.1, size=(6, 3))
    values = {"a": easy + noise[:, 0], "b": easy - 0.1 + noise[:, 1], "c": 30 + noise[:4, 2]}
    tables = study(values, losses={name: [2.0, 1.0] for name in values})
    rules = dataclasses.replace(
        RULES, activations=("a", "b", "c"), seeds=tuple(range(6)), race=True, margins={"elbo": 0}
    )
    table, _, (facts,) = summary.of_study(tables, rules, {"digits": REDRAWN})
    assert list(table["activation"]) == ["a", "b", "c"]
    assert list(table["runs"]) == [6, 6, 4]
    expected = np.mean(values["a"][:4] - values["c"])
    assert table["behind"][2] == pytest.approx(expected)
    assert list(table["elbo_tie"]) == [True, True, False]
    assert facts["race"]["alive"] == ("a", "b")
    leaders = [(one["budget"], one["leader"], one["decided"]) for one in facts["lead"]]
    assert leaders == [(1, "a", True), (2, "a", True)]
    (gone,) = facts["race"]["stages"][0]["retired"]
    assert (gone["activation"], gone["difference"]) == ("c", pytest.approx(expected))
