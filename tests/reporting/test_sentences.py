"""The report's sentences, from hand-made tables."""

import re

import numpy as np
import pandas as pd
import pytest
import report_tables
from report_tables import BEST, TIED, WORST, facts, model, summary

from vaelib.analysis import comparisons
from vaelib.analysis.verdicts import Verdict
from vaelib.reporting import sentences
from vaelib.results.columns import MARGINS

NO_PAIRS = report_tables.verdicts()
WON = report_tables.verdicts(("tanh", "elu", Verdict.WORSE))


def test_the_answer_names_the_best_the_tied_the_undecided_and_the_worst():
    pairs = report_tables.verdicts(
        ("elu", "selu", Verdict.TIED),
        ("silu", "elu", Verdict.OPEN, 14),
        ("elu", "mish", Verdict.OPEN, 31),
        ("elu", "tanh", Verdict.BETTER),
        ("sigmoid", "elu", Verdict.WORSE),
        ("tanh", "silu", Verdict.BETTER),
    )
    # The verdicts on other metrics must not be used.
    other_metric = report_tables.verdicts(("elu", "tanh", Verdict.WORSE), metric="mse")
    pairs = pd.concat([other_metric, pairs])
    found = sentences.answer(summary(BEST, TIED, model("silu", -101.0), WORST), pairs, facts())
    assert found.name == "elu"
    assert str(found) == (
        "On mnist5k (4,000 training images, 20 epochs, 4 seeds each), elu reaches the best "
        "test ELBO: \N{MINUS SIGN}100.2 nats (95 % interval \N{MINUS SIGN}100.8 to "
        "\N{MINUS SIGN}99.75). It is significantly better than tanh and sigmoid; practically tied "
        "with selu (within 1 nat); not distinguishable from mish and silu on this evidence (about "
        "31 seeds would be needed). The worst, tanh, is 9.75 nats behind."
    )


@pytest.mark.parametrize(
    ("rows", "pairs", "seeds", "ending"),
    [
        ([BEST], NO_PAIRS, 4, r"No other activation was compared\."),
        (
            [BEST, WORST],
            WON,
            4,
            r"99\.75\)\. It is significantly better than the other\. The worst, tanh, is 9\.75 "
            r"nats behind\.",
        ),
        (
            [BEST, TIED, WORST],
            report_tables.verdicts(
                ("elu", "selu", Verdict.BETTER), ("elu", "tanh", Verdict.BETTER)
            ),
            4,
            r"better than both others\. The worst, tanh, is 9\.75 nats behind\.",
        ),
        (
            [BEST, TIED],
            report_tables.verdicts(("selu", "elu", Verdict.TIED)),
            4,
            r"is not significantly better than any other activation; practically tied with selu "
            r"\(within 1 nat\)\. The worst, selu, is 0\.250 nats behind\.",
        ),
        (
            [BEST, WORST],
            report_tables.verdicts(("elu", "tanh", Verdict.OPEN)),
            4,
            r"any other activation; not distinguishable from tanh on this evidence\. The worst, "
            r".* behind\.",
        ),
        (
            [BEST, WORST, model("mish", -111.0)],
            report_tables.verdicts(
                ("elu", "tanh", Verdict.OPEN, np.inf), ("elu", "mish", Verdict.OPEN, 31)
            ),
            4,
            r"from tanh and mish on this evidence \(a million seeds would not be enough\)\. "
            r"The worst, .* behind\.",
        ),
        (
            [model("elu", -1.0, True, np.nan), model("tanh", -2.0, False, np.nan)],
            report_tables.verdicts(("elu", "tanh", Verdict.OPEN, 6)),
            1,
            r"1 seed each\).* nats\. With a single seed, the difference cannot be distinguished "
            r"from chance\.",
        ),
        (
            [model("elu", np.nan), model("tanh", np.nan)],
            NO_PAIRS,
            4,
            "no model finished: there is nothing to compare.",
        ),
    ],
    ids=[
        "one activation",
        "better than one",
        "better than two",
        "tied",
        "undecided",
        "undecidable",
        "one seed",
        "none finished",
    ],
)
def test_the_answer_says_what_can_be_said(rows, pairs, seeds, ending):
    found = sentences.answer(summary(*rows), pairs, facts(seeds=seeds))
    assert re.search(f"{ending}$", str(found))


def test_the_answer_states_which_comparison_it_is_about():
    rows, given = summary(BEST, WORST), facts(label="depth 1")
    assert "4 seeds each, depth 1), elu" in str(sentences.answer(rows, WON, given))
    assert "With depth 2, elu reaches" in str(sentences.answer(rows, WON, given, 1))


def test_the_answer_states_the_number_of_training_images_once():
    rows, given = summary(BEST, WORST), facts(label="300 training images")
    given["comparisons"][1]["train_size"] = 300
    text = str(sentences.answer(rows, WON, given))
    assert text.startswith("On mnist5k (20 epochs, 4 seeds each, 300 training images), elu")


def test_the_answer_states_the_margin_of_the_study():
    pairs = report_tables.verdicts(("selu", "elu", Verdict.TIED))
    assert "(within 0.5 nats)" in str(
        sentences.answer(summary(BEST, TIED), pairs, facts(margin=0.5))
    )


def test_an_activation_that_never_finished_is_not_the_worst():
    found = sentences.answer(summary(BEST, WORST, model("relu", np.nan)), WON, facts())
    assert "The worst, tanh," in str(found)
    assert "relu" not in str(found)


def report_facts(target=130.0, own=None, shape=(28, 28, 1)) -> dict:
    small = {"dataset": "small", "target_loss": 7.0}
    return {
        "study": {"target_loss": own, "margins": {"elbo": 1.0, "mse": 0.0005}},
        "images": {"large": {"shape": shape}, "small": {"shape": (8, 8, 1)}},
        "comparisons": [{"dataset": "large", "target_loss": target}, small],
    }


@pytest.mark.parametrize(
    ("given", "identical", "number", "expected", "unexpected"),
    [
        (report_facts(), 0, 0, ["130.00 nats (the median"], ["no error at all", "not comparable"]),
        (report_facts(own=130.0), 0, 0, ["130.00 nats (set by the study)"], ["median"]),
        (report_facts(target=None), 0, 0, ["not significantly worse"], ["target"]),
        (report_facts(shape=(8, 8, 1)), 0, 0, ["SSIM", "not comparable with published"], []),
        (report_facts(), 1, 0, ["1 reconstruction had no error at all"], []),
        (report_facts(), 0, 1, ["7.00 nats", "not comparable with published"], ["130.00"]),
    ],
)
def test_the_note_says_what_holds_for_the_comparison(
    given, identical, number, expected, unexpected
):
    text = " ".join(sentences.note(given, identical, number))
    assert [part for part in expected if part not in text] == []
    assert [part for part in unexpected if part in text] == []


@pytest.mark.parametrize(("names", "family"), [("ab", "1 pair "), ("abcd", "6 pairs ")])
def test_the_note_on_verdicts_counts_the_family_and_states_the_margins(names, family):
    runs = [
        {"activation": name, "seed": seed, "status": "finished"} | dict.fromkeys(MARGINS, 1.0)
        for name in names
        for seed in (0, 1)
    ]
    pairs = comparisons.judge(pd.DataFrame(runs), dict.fromkeys(MARGINS, 0.0))
    text = " ".join(sentences.verdict_note(report_facts(), pairs))
    assert f"correction for the {family}of a metric" in text
    assert "(test ELBO 1 nat, MSE 0.0005)" in text


def test_failures_are_named_with_their_cause():
    failed = pd.DataFrame({"dataset": ["digits"], "activation": ["relu"], "reason": ["no memory"]})
    runs = report_tables.diverging(tanh=[0.1], gelu=[], selu=[0.1, 0.001])
    failed_run, *diverged = sentences.failures(failed, runs)
    assert str(failed_run) == "relu failed on digits and is missing here: no memory"
    assert {one.name: one.after for one in diverged} == {
        name: f": {share} diverged (the loss became NaN or infinite), at learning rate {rates}; "
        "diverged models are excluded from every mean"
        for name, share, rates in (
            ("selu", "2 of 4 models", "0.001 and 0.1"),
            ("tanh", "1 of 4 models", "0.1"),
        )
    }


@pytest.mark.parametrize("runs", [report_tables.diverging(tanh=[]), pd.DataFrame()])
def test_without_failures_there_is_no_statement(runs):
    failed = pd.DataFrame({"dataset": [], "activation": [], "reason": []})
    assert sentences.failures(failed, runs) == []


def test_bad_results_are_described_and_sound_ones_are_listed():
    faults = pd.DataFrame(
        {
            "activation": ["relu", "tanh", "elu"],
            "bad": [False, True, False],
            "sentence": ["relu: fine", "tanh: saturation", "elu: fine"],
        }
    )
    assert sentences.diagnoses(faults) == ["tanh: saturation", "no problem found: relu and elu"]
    assert sentences.diagnoses(faults[faults["bad"]]) == ["tanh: saturation"]
