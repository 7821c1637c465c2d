"""Captions: computed by hand from small tables."""

import numpy as np
import pandas as pd
import pytest
import report_tables
from report_tables import BEST, TIED, WORST, model, summary

from vaelib.analysis.claims.conclusions import Claim, Conclusion
from vaelib.analysis.claims.effects import LOG_RATIO
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.claims.gradients import FlowState
from vaelib.analysis.claims.statements import RELU_TRAINS_FASTER
from vaelib.analysis.verdicts import Ranks, Verdict
from vaelib.reporting.sentences import captions
from vaelib.results.columns import BY_COLUMN
from vaelib.results.gallery import Gallery, Ranked

MINUS = "\N{MINUS SIGN}"


def test_verdicts_are_counted_by_metric():
    elbo = report_tables.verdicts(
        ("a", "b", Verdict.BETTER), ("a", "c", Verdict.TIED), ("b", "c", Verdict.WORSE)
    )
    mse = report_tables.verdicts(("a", "b", Verdict.OPEN), metric="mse")
    found = captions.verdict_matrices(pd.concat([elbo, mse]), [BY_COLUMN["elbo"], BY_COLUMN["mse"]])
    assert found == (
        "Verdicts on 3 pairs of activations: by test ELBO 2 are decided, 1 is practically tied "
        "and none is open; by MSE none is decided, none is practically tied and 1 is open."
    )


def test_curves_end_where_all_replicates_have_an_epoch():
    rows = [("elu", 0, 1, 9.0), ("elu", 0, 2, 7.0), ("elu", 1, 1, 8.0), ("relu", 0, 1, 9.5)]
    rows += [("relu", 1, 1, 9.5), ("relu", 0, 2, 9.0), ("relu", 1, 2, 8.8)]
    history = pd.DataFrame(rows, columns=["activation", "seed", "epoch", "val_loss"])
    assert captions.learning_curves(history, ["elu", "relu"]).endswith(
        "The lowest curve ends with elu (8.5 nats after 1 epoch), the highest with relu (8.9 nats "
        "after 2 epochs)."
    )
    alone = captions.learning_curves(history[history["activation"] == "elu"], ["elu"])
    assert alone.endswith("It ends with elu (8.5 nats after 1 epoch).")
    assert captions.learning_curves(history[:0], []).endswith("No model finished.")


def test_the_best_of_each_metric_is_named():
    table = summary(model("elu", -100.25, mse=0.02), model("tanh", -110.0, mse=0.01))
    found = captions.quality(table, [BY_COLUMN["elbo"], BY_COLUMN["mse"]])
    assert found.endswith(f"The best by test ELBO elu ({MINUS}100.2) and MSE tanh (0.0100).")


GRADIENTS = pd.DataFrame(
    [
        (name, 0, f"{name}0", epoch, depth, f"l{depth}", rms, dead, 0.5)
        for name, first in {"elu": 0.5, "tanh": 0.01}.items()
        for epoch in (0, 3)
        for depth, rms, dead in [(1, first * (1 + epoch), 0.1), (2, 1.0, np.nan)]
    ],
    columns=[
        "activation",
        "seed",
        "model",
        "epoch",
        "depth",
        "layer",
        "gradient_rms",
        "dead",
        "saturated",
    ],
)
RUNS = pd.DataFrame({"model": ["elu0", "tanh0"], "kept_epoch": 3})


def test_the_gradient_of_the_first_layer_is_compared_with_that_of_the_last():
    assert captions.gradients_by_depth(GRADIENTS, RUNS, ["elu", "tanh"]).endswith(
        "Before training, the first layer's is 0.01 (tanh) to 0.5 (elu) times that at the logits; "
        "after training, the first layer's is 0.04 (tanh) to 2 (elu) times that at the logits."
    )


def test_dead_units_are_listed_and_the_most_saturated_is_named():
    gradients = GRADIENTS.assign(
        dead=GRADIENTS["dead"].where(GRADIENTS["activation"] == "elu", GRADIENTS["dead"] * 0),
        saturated=np.where(GRADIENTS["activation"] == "elu", 0.2, 0.7),
    )
    assert captions.inactive_units(gradients, RUNS, ["elu", "tanh"], 0.01) == (
        "Dead units: elu 10 %. Elements with a slope below 0.01: most with tanh, 70 %."
    )
    none = captions.inactive_units(gradients.assign(dead=np.nan), RUNS, ["elu"], 0.01)
    assert none == "This network has no hidden layers."


def test_who_leads_at_which_budget_is_told_for_each_unit():
    led = pd.DataFrame({"budget": [1, 2, 3], "leader": ["linear", "linear", "selu"]})
    assert captions.rank_by_budget({"epochs": led, "seconds": led[:0]}) == (
        "How far each activation is behind the leader. In the lead: linear from 1 to 2 epochs, "
        "selu at 3 epochs; the lead changes hands once."
    )
    alone = captions.rank_by_budget({"epochs": led[:1]})
    assert alone.endswith("In the lead: linear at 1 epoch; the lead never changes hands.")


def test_a_race_is_told_from_its_stages():
    stages = [
        {"replicates": 4, "retired": [{"activation": "tanh"}, {"activation": "relu"}]},
        {"replicates": 6, "retired": []},
    ]
    race = {"stages": stages, "alive": ["elu", "selu"]}
    assert captions.race_stages(race) == (
        "Replicates of each activation in the race. In it to the end: elu and selu; tanh and relu "
        "retired after 4 replicates."
    )


def test_the_errors_of_reconstructions_are_averaged_over_those_shown():
    original = np.zeros((3, 2, 2, 1))
    decoded = {"elu": original + 0.25, "tanh": original + 0.5, "relu": original + 1}
    decoded["elu"][2] = 9  # not shown
    pictures = Gallery(np.array([7, 5, 2]), original, decoded, pca=original)
    assert captions.reconstructions(pictures, ["elu", "tanh"], slice(0, 2)) == (
        "Test images no. 7 and 5, as decoded by the models of 2 activations and PCA, and the "
        "absolute differences, which average 0.25 (elu) to 0.50 (tanh) of the pixels' range."
    )
    assert "no pictures" in captions.reconstructions(pictures, [], slice(0))


def test_ssim_of_the_ranked_images_is_listed():
    ranked = {"elu": Ranked(np.arange(3), np.array([-0.125, 0.5, 1]), None, None)}
    assert captions.worst_median_best(ranked, ["tanh", "elu"]).endswith(
        f"Their SSIM: elu {MINUS}0.12 / 0.50 / 1.00."
    )


def test_samples_are_counted():
    found = captions.prior_samples({"elu": np.zeros((8, 1)), "relu": None}, ["elu"])
    assert found == "8 draws of the prior (columns), each decoded by the models of elu (rows)."


def test_chosen_candidates_are_compared():
    table = pd.DataFrame(
        {
            "activation": ["elu", "elu", "tanh"],
            "mean": [-9.0, -5.0, -7.0],
            "chosen": [False, True, True],
        }
    )
    assert captions.candidates(table, ["learning_rate", "initializer"]) == (
        "Mean validation ELBO of each learning rate and initializer. Of the chosen ones, elu has "
        f"the best ({MINUS}5.000 nats) and tanh the worst ({MINUS}7.000)."
    )


def test_the_first_of_each_comparison_are_counted():
    summaries = [summary(BEST, WORST), summary(BEST, TIED), summary(TIED), summary(BEST)[:0]]
    assert captions.elbo_of_comparisons(summaries) == (
        "Test ELBO of each activation in 4 comparisons. First by the mean: elu in 2 and selu in 1."
    )


def test_the_smallest_gradient_flow_of_a_dimension_is_named():
    summaries = [
        summary(model("elu", -1.0, gradient_flow=0.5)),
        summary(model("tanh", -1.0, gradient_flow=0.02)),
    ]
    assert captions.over_dimension(summaries, "depth").endswith(
        "over the depth. The smallest gradient flow of all settings is 0.02 (tanh)."
    )


def test_the_best_and_the_worst_pair_of_halves_are_named():
    summaries = [summary(model("elu", -1.0), model("tanh", -4.0)), summary(model("elu", -2.0))]
    assert captions.encoder_by_decoder(summaries, ["same", "relu"]).endswith(
        f"The best is elu with same ({MINUS}1.000 nats), the worst tanh with same "
        f"({MINUS}4.000 nats)."
    )


def test_ranks_are_averaged():
    average = pd.Series({"elu": 4 / 3, "tanh": 5 / 3})
    ranks = Ranks(average, np.nan, pd.DataFrame())
    found = captions.average_ranks({"depth 1": ranks, "depth 2": ranks})
    assert found == (
        "Ranks by test ELBO, averaged over data sets: depth 1: elu 1.3; tanh 1.7. depth 2: elu "
        "1.3; tanh 1.7."
    )
    assert captions.average_ranks({"": ranks}).endswith("over data sets: elu 1.3; tanh 1.7.")


def test_estimates_are_counted_by_outcome():
    outcomes = [Outcome.OPEN, Outcome.HOLDS, Outcome.OPEN, Outcome.OPEN]
    given = {"difference": [1.0, 2.0, 3.0, np.nan], "measure": "MSE"}
    rows = pd.DataFrame({"outcome": outcomes, **given})
    claim = Claim(RELU_TRAINS_FASTER, "steps", "support", Conclusion.SUPPORTED, (), rows)
    assert captions.evidence(claim, "ReLU minus the other") == (
        "Claim 2, steps: ReLU minus the other; in each setting, with 95 % intervals. Of 3 "
        "estimates 1 supports it and 2 are open. 1 other comparison cannot be made."
    )
    claim = Claim(RELU_TRAINS_FASTER, "", "support", Conclusion.UNDECIDED, (), rows[3:])
    assert "Of 0 estimates none decides. " in captions.evidence(claim, "a difference")
    ratios = rows.assign(difference=[np.log(0.979), 0, np.log(1.5), np.nan], measure=LOG_RATIO)
    claim = Claim(RELU_TRAINS_FASTER, "", "support", Conclusion.SUPPORTED, (), ratios)
    assert f" are open. They are {MINUS}2.1 % to +50 %. 1 other " in captions.evidence(claim, "")
    claim = Claim(RELU_TRAINS_FASTER, "", "support", Conclusion.SUPPORTED, (), ratios[:1])
    assert captions.evidence(claim, "").endswith(f"1 is open. It is {MINUS}2.1 %.")
    flows = pd.DataFrame({"outcome": [Outcome.CONTRADICTED], "flow": [0.1]})
    claim = Claim(RELU_TRAINS_FASTER, "", "support", Conclusion.REFUTED, (), flows)
    assert captions.evidence(claim, "flow").endswith("Of 1 estimate 1 contradicts it.")


@pytest.mark.parametrize("names", [["tanh", "relu"], []])
def test_vanished_settings_are_counted(names):
    state = [FlowState.VANISHED, FlowState.KEPT, FlowState.KEPT]
    flows = pd.DataFrame({"activation": ["tanh", "tanh", "relu"], "state": state})
    found = captions.flow_over_depth(flows, names, 0.1)
    expected = "tanh 1 of 2 and relu 0 of 1" if names else "none"
    assert found.endswith(f"settings and moments in which it has: {expected}.")
