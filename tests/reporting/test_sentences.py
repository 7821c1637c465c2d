"""The report's sentences, from hand-made tables."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
import report_tables
from report_tables import BEST, PCA, TIED, WORST, facts, model, summary

from vaelib.analysis import comparisons
from vaelib.analysis.verdicts import Verdict
from vaelib.reporting import sentences
from vaelib.reporting.sentences.settings import gradient_with_depth, ranking, what_matters

MINUS = "\N{MINUS SIGN}"
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
    rows = [BEST, TIED, model("silu", -101.0), model("mish", -101.5), WORST]
    rows.append(model("sigmoid", -120.5))
    found = sentences.answer(summary(*rows), pairs, facts())
    assert found.name == "elu"
    assert str(found) == (
        "On mnist5k (4,000 training images, a Bernoulli likelihood, after 20 epochs, when no "
        "validation loss was still falling, learning rate 0.001, initializer keras, 4 replicates "
        "each), elu reaches the best test ELBO: \N{MINUS SIGN}100.2 nats (95 % interval "
        "\N{MINUS SIGN}100.8 to "
        "\N{MINUS SIGN}99.75). It is significantly better than tanh and sigmoid; practically tied "
        "with selu (within 1.0 nats); not distinguishable from silu and mish on this evidence "
        "(about 31 replicates would be needed). It is 0.25 nats ahead of selu. The last, sigmoid, "
        "is 20.2 nats behind."
    )


@pytest.mark.parametrize(
    ("rows", "pairs", "seeds", "ending"),
    [
        ([BEST], NO_PAIRS, 4, r"No other activation was compared\."),
        (
            [BEST, WORST],
            WON,
            4,
            r"99\.75\)\. It is significantly better than the other\. It is 9\.8 nats ahead of "
            r"tanh\.",
        ),
        (
            [BEST, TIED, WORST],
            report_tables.verdicts(
                ("elu", "selu", Verdict.BETTER), ("elu", "tanh", Verdict.BETTER)
            ),
            4,
            r"better than both others\. It is 0\.25 nats ahead of selu\. The last, tanh, is 9\.75 "
            r"nats behind\.",
        ),
        (
            [BEST, TIED],
            report_tables.verdicts(("selu", "elu", Verdict.TIED)),
            4,
            r"is not significantly better than any other activation; practically tied with selu "
            r"\(within 1\.0 nats\)\. It is 0\.25 nats ahead of selu\.",
        ),
        (
            [BEST, WORST],
            report_tables.verdicts(("elu", "tanh", Verdict.OPEN)),
            4,
            r"any other activation; not distinguishable from tanh on this evidence\. It is "
            r".* ahead of tanh\.",
        ),
        (
            [BEST, WORST, model("mish", -111.0)],
            report_tables.verdicts(
                ("elu", "tanh", Verdict.OPEN, np.inf), ("elu", "mish", Verdict.OPEN, 31)
            ),
            4,
            r"from tanh and mish on this evidence \(a million replicates would not be "
            r"enough\)\. It is .* behind\.",
        ),
        (
            [model("elu", -1.0, True, np.nan), model("tanh", -2.0, False, np.nan)],
            report_tables.verdicts(("elu", "tanh", Verdict.OPEN, 6)),
            1,
            r"1 replicate each\).* nats\. With a single replicate, the difference cannot be "
            r"distinguished from chance\.",
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


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ((5.0, 5.0), "than both others. "),
        ((0.5, 5.0), "than both others, than selu by less than the margin of 1.0 nats. "),
        ((0.5, 0.5), "than both others, though by less than the margin of 1.0 nats. "),
    ],
)
def test_a_lead_within_the_margin_is_named(differences, said):
    pairs = report_tables.verdicts(
        ("elu", "selu", Verdict.BETTER), ("elu", "tanh", Verdict.BETTER)
    ).assign(difference=differences)
    found = str(sentences.answer(summary(BEST, TIED, WORST), pairs, facts()))
    assert f"It is significantly better {said}" in found


@pytest.mark.parametrize(("mse", "better"), [(0.5, True), (1.0, False), (1.5, False)])
def test_pca_is_named_where_it_has_the_lowest_error(mse, better):
    given = facts()
    given["comparisons"][0]["pca"] = {**PCA, "mse": mse}
    found = str(sentences.answer(summary(BEST, WORST), WON, given))
    assert (
        found.endswith("has a lower MSE than all of them: 0.500, against 1.00 at best.") == better
    )


def test_the_answer_states_which_comparison_it_is_about():
    rows, given = summary(BEST, WORST), facts(label="depth 1")
    assert "4 replicates each, depth 1), elu" in str(sentences.answer(rows, WON, given))
    assert "With depth 2, elu reaches" in str(sentences.answer(rows, WON, given, 1))


def test_the_answer_states_the_number_of_training_images_once():
    rows, given = summary(BEST, WORST), facts(label="300 training images")
    given["comparisons"][1]["train_size"] = 300
    text = str(sentences.answer(rows, WON, given))
    assert text.startswith("On mnist5k (a Bernoulli likelihood, after 20 epochs")
    assert "4 replicates each, 300 training images), elu" in text
    assert text.count("training images") == 1


def test_the_answer_states_the_margin_of_the_study():
    pairs = report_tables.verdicts(("selu", "elu", Verdict.TIED))
    assert "(within 0.50 nats)" in str(
        sentences.answer(summary(BEST, TIED), pairs, facts(margin=0.5))
    )


def test_an_activation_that_never_finished_is_not_named():
    found = sentences.answer(summary(BEST, WORST, model("relu", np.nan)), WON, facts())
    assert "ahead of tanh" in str(found)
    assert "relu" not in str(found)


def with_distances(row: dict) -> dict:
    own = zip(report_tables.DISTANCES, (0.1, 0.4, -0.6, 1.1), strict=True)
    return {**row, "behind": 0.25, **dict(own)}


def test_the_lead_has_an_interval_over_replicates_and_one_for_new_images():
    rows = [{**BEST, "behind": np.nan}, with_distances(TIED)]
    text = str(sentences.answer(summary(*rows), WON, facts()))
    assert text.endswith(
        "0.25 nats ahead of selu (0.10 to 0.40 over replicates; \N{MINUS SIGN}0.60 to 1.1 for new "
        "images of the same kind, for which it is open; 95 % for this pair alone)."
    )
    raced = str(sentences.answer(summary(*rows), WON, facts(design="race")))
    assert raced.endswith("for which it is open; with 95 % for all pairs at once).")
    rows[1]["behind_new_low"] = 0.05
    assert "which it is open" not in str(sentences.answer(summary(*rows), WON, facts()))


@pytest.mark.parametrize(
    ("speeds", "study", "expected"),
    [
        ([0.0, 0.04], {}, "after 20 epochs, when no validation loss was still falling,"),
        (
            [0.0, 0.3],
            {},
            "after 20 epochs, when one validation loss was still falling, by 0.3 nats an epoch "
            "(tanh),",
        ),
        (
            [1.2, 0.3],
            {"epochs": 1},
            "after 1 epoch, when 2 of 2 validation losses were still falling, by 0.3 nats an epoch "
            "(tanh) to 1.2 nats an epoch (elu),",
        ),
        ([0.32, 0.3], {}, "2 of 2 validation losses were still falling, by 0.3 nats an epoch, l"),
        (
            [0.0, 0.3],
            {"patience": 5},
            "likelihood, trained until validation stops improving, l",
        ),
    ],
)
def test_the_first_sentence_says_how_long_and_what_was_still_falling(speeds, study, expected):
    rows = [{**row, "falling": speed} for row, speed in zip((BEST, WORST), speeds, strict=True)]
    assert expected in str(sentences.answer(summary(*rows), WON, facts(**study)))


def test_the_first_sentence_says_where_training_had_not_ended():
    rows = summary(BEST, {**WORST, "ended": 3})
    text = str(sentences.answer(rows, WON, facts(patience=5)))
    assert "trained until validation stops improving, at most 20 epochs," in text
    assert sentences.training_ends([rows], facts(patience=5)["study"]) == (
        "Training ends with 5 epochs that improve nothing. Epochs trained, on average: elu 1; tanh "
        "1. At 20 it had not ended for 1 of tanh."
    )
    ended = sentences.training_ends([summary(BEST, WORST)], facts(patience=5)["study"])
    assert ended.endswith("It had ended for every model.")
    assert "were trained for 20 epochs" in sentences.training_ends([rows], facts()["study"])


def test_models_that_had_not_ended_are_named_in_every_setting():
    ended, late = summary(BEST, WORST), summary(BEST, {**WORST, "ended": 3})
    study, labels = facts(patience=5)["study"], ["conv", "dense"]
    assert sentences.training_ends([ended, late], study, labels).endswith(
        "elu 1; tanh 1. At 20 it had not ended for 1 of tanh (dense)."
    )
    found = sentences.training_ends([ended, ended], study, labels)
    assert found.endswith("It had ended for every model in all settings.")
    given = settings(label=labels) | {"study": study}
    for rows, most in ([ended, late], " (at most 20 epochs)"), ([ended, ended], ""):
        text = str(sentences.across(rows, [WON, WON], given))
        where = "On mnist5k (a Bernoulli likelihood), in 2 settings"
        assert text.startswith(f"{where}, trained until validation stops improving{most}, w")


RACE = {
    "looks": (4, 6),
    "stages": [
        {
            "replicates": 4,
            "started": ["elu", "selu", "tanh"],
            "retired": [
                {"activation": "tanh", "leader": "selu", "difference": 9.5, "low": 8, "high": 11}
            ],
            "lost": [],
        },
        {"replicates": 6, "started": ["elu", "selu"], "retired": [], "lost": []},
    ],
    "alive": ["elu", "selu"],
    "tied": False,
}


@pytest.mark.parametrize(
    ("change", "end"),
    [
        ({}, "the last replicate was reached: elu and selu. It took 16 of 18 models, 89 %."),
        ({"tied": True}, "all that were left are practically tied: elu and selu."),
        ({"alive": ["elu"]}, "one was left: elu."),
    ],
)
def test_the_stages_of_a_race_are_told(change, end):
    given = facts(design="race", seeds=6)
    given["comparisons"][0]["race"] = {**RACE, **change}
    first, second, last = sentences.race_stages(given)
    assert first == (
        "After 4 replicates of 3 activations, shown to be worse than selu: "
        "tanh by 9.50 nats (8.00 to 11.00)."
    )
    assert second == "After 6 replicates of 2 activations, nobody was shown to be worse."
    assert end in last


def test_what_was_retired_by_an_earlier_leader_is_said_so():
    given = facts(design="race", seeds=6)
    given["comparisons"][0]["race"] = RACE
    pairs = report_tables.verdicts(("elu", "tanh", Verdict.OPEN), ("elu", "selu", Verdict.OPEN, 9))
    text = str(sentences.answer(summary(BEST, TIED, WORST), pairs, given))
    assert "up to 6 replicates" in text
    assert "not distinguishable from selu on this evidence (about 9 replicates" in text
    assert "ahead of tanh, retired as worse than selu." in text


def test_what_was_tuned_is_said_in_the_first_sentence():
    given = facts()
    given["comparisons"][0] |= {"learning_rate": comparisons.OWN}
    text = str(sentences.answer(summary(BEST, WORST), WON, given))
    assert "each with its own learning rate, chosen on validation, initializer keras," in text


def test_the_lead_is_told_with_its_changes():
    spells = [("linear", 1, 5), ("selu", 7, 7), ("elu", 10, 200)]
    assert sentences.lead(spells, "epochs") == (
        "In the lead: linear from 1 to 5 epochs, selu at 7 epochs, elu from 10 to 200 epochs; the "
        "lead changes hands 2 times."
    )


FEWER = {**PCA, "images": 1000}


def report_facts(
    target=130.0, own=None, shape=(28, 28, 1), likelihood="bernoulli", **study
) -> dict:
    given = facts("large", target_loss=own, **study)
    given["images"] = {
        "large": {"shape": shape, "redrawn": True, "likelihood": likelihood},
        "small": {"shape": (8, 8, 1), "redrawn": False},
    }
    given["comparisons"][0] |= {"target_loss": target}
    given["comparisons"][1] |= {"dataset": "small", "target_loss": 7.0}
    return given


@pytest.mark.parametrize(
    ("given", "identical", "number", "expected", "unexpected"),
    [
        (report_facts(), 0, 0, ["130.00 nats (the median"], ["no error at all", "not comparable"]),
        (report_facts(own=130.0), 0, 0, ["130.00 nats (set by the study)"], ["median"]),
        (report_facts(target=None), 0, 0, ["no other is significantly better than"], ["target"]),
        (report_facts(shape=(8, 8, 1)), 0, 0, ["SSIM", "not comparable with published"], []),
        (report_facts(), 1, 0, ["1 reconstruction had no error at all"], []),
        (report_facts(), 0, 1, ["7.00 nats", "not comparable with published"], ["130.00"]),
        (report_facts(), 0, 0, ["draws a split of its own", "46.2 nats", "0.020"], ["retired"]),
        (report_facts(), 0, 1, ["keeps the source's own test images"], ["of its own"]),
        (report_facts(design="race"), 0, 0, ["that were retired have fewer"], []),
        (report_facts(likelihood="gaussian"), 0, 0, [], ["46.2", "no density"]),
        (report_facts(), 0, 0, [], ["PCA"]),
        (report_facts(pca=PCA), 0, 0, ["on the training images, where", "16 numbers"], []),
        (report_facts(pca=FEWER), 0, 0, ["the first 1,000 of 4,000 training images"], []),
    ],
)
def test_the_note_says_what_holds_for_the_comparison(
    given, identical, number, expected, unexpected
):
    text = " ".join(sentences.note(given, identical, number))
    assert [part for part in expected if part not in text] == []
    assert [part for part in unexpected if part in text] == []


@pytest.mark.parametrize(("names", "family"), [("ab", "1 pair "), ("abcd", "6 pairs ")])
@pytest.mark.parametrize(("design", "test"), [("full", "signed-rank"), ("race", "at the looks")])
def test_the_note_on_verdicts_counts_the_family_and_states_the_margins(names, family, design, test):
    pairs = report_tables.verdicts(
        *((a, b, Verdict.OPEN) for a, b in itertools.combinations(names, 2))
    )
    text = " ".join(sentences.verdict_note(report_facts(design=design), pairs))
    assert f"{family}of a metric" in text
    assert test in text
    assert "1 % of the best activation's lead" in text
    assert "test ELBO 1.0 nats, MSE 0.00050" in text


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


def test_sound_results_are_listed_by_setting():
    faults = pd.DataFrame({"activation": ["relu", "tanh", "elu"], "bad": [False, True, False]})
    assert sentences.sound([faults], [""]) == ["No problem was found with relu and elu."]
    assert sentences.sound([faults, faults[:2]], ["depth 1", "depth 2"]) == [
        "No problem was found with relu and elu (depth 1); relu (depth 2)."
    ]
    assert sentences.sound([faults[1:2]], [""]) == []


def settings(**fields) -> dict:
    """Return the facts of two settings that differ in these fields."""
    given = facts()
    for one, values in zip(given["comparisons"], zip(*fields.values(), strict=True), strict=True):
        one |= dict(zip(fields, values, strict=True))
    return given


def test_the_answer_over_several_settings_counts_who_is_first():
    rows = [summary(BEST, WORST), summary(model("tanh", -90.0), model("elu", -95.0))]
    pairs = [
        report_tables.verdicts(("elu", "tanh", Verdict.BETTER)),
        report_tables.verdicts(("elu", "tanh", Verdict.OPEN)),
    ]
    found = str(sentences.across(rows, pairs, settings(label=["depth 1", "depth 2"])))
    assert found == (
        "On mnist5k (a Bernoulli likelihood), in 2 settings, after 20 epochs, when no validation "
        "loss was still falling, with 4 replicates each, elu has the best mean test ELBO "
        "with depth 1, tanh with depth 2. Where it is first, it is significantly better than every "
        "other activation. Pair by pair: elu is better than tanh in 1 of 2 (open in 1). "
        "The last is behind the first by 5.00 nats (depth 2) and 9.75 nats (depth 1). The highest "
        "of all is −90.00 nats, of tanh with depth 2. Who is best in the end is another question: "
        "no model was trained until then."
    )


@pytest.mark.parametrize(
    ("clear", "said"),
    [
        ([True, True, True], "better than every other activation in all 3 settings where"),
        ([True, True, False], "better than every other activation in 2 of the 3 settings where"),
        ([False, False, False], "better than every other activation in none of the 3 settings"),
        ([True, True], "better than every other activation in both settings where"),
        ([False], "Where it is first, it is not significantly better than every other activation."),
    ],
)
def test_the_answer_tells_in_how_many_settings_the_first_is_clearly_so(clear, said):
    lost = summary(model("tanh", np.nan), model("elu", np.nan))
    rows = [summary(BEST, WORST)] * len(clear) + [lost]
    pairs = [
        report_tables.verdicts(("elu", "tanh", Verdict.BETTER if one else Verdict.OPEN))
        for one in [*clear, True]
    ]
    given = facts()
    given["comparisons"] = [given["comparisons"][0] for _ in rows]
    found = str(sentences.across(rows, pairs, given))
    assert f"elu has the best mean test ELBO most often: elu in {len(clear)}." in found
    assert said in found


def test_the_answer_over_several_settings_where_one_is_always_first():
    rows, pairs = (
        [summary(BEST, WORST)] * 2,
        [report_tables.verdicts(("elu", "tanh", Verdict.OPEN))] * 2,
    )
    found = str(sentences.across(rows, pairs, settings(dataset=["a", "b"])))
    assert "elu has the best mean test ELBO in both. It is" in found
    assert "every other activation in none of the 2 settings where it is first." in found
    assert "The highest" not in found, "ELBOs of different images are not compared"


@pytest.mark.parametrize(
    ("rows", "verdict", "said"),
    [
        ([BEST, WORST], Verdict.BETTER, f"{MINUS}100.2 nats: significantly better than the other."),
        ([BEST, TIED], Verdict.TIED, "activation; practically tied with selu (within 1.0 nats)."),
        ([BEST], None, f"{MINUS}100.2 nats."),
    ],
)
def test_the_answer_in_short_is_one_sentence(rows, verdict, said):
    pairs = [("elu", rows[1]["activation"], verdict)] if verdict else []
    found = str(sentences.in_short([summary(*rows)], [report_tables.verdicts(*pairs)], facts()))
    assert found.startswith(f"elu reaches the best test ELBO, {MINUS}100.2 nats")
    assert found.endswith(said)


def test_the_answer_of_several_settings_in_short():
    rows = [summary(BEST, WORST)] * 2
    found = str(sentences.in_short(rows, [NO_PAIRS] * 2, facts()))
    assert found == "In 2 settings, elu has the best mean test ELBO in both."
    lost = [summary(BEST).assign(elbo=np.nan)]
    assert "No model finished" in str(sentences.in_short(lost, [NO_PAIRS], facts()))


def test_the_answer_over_depths_counts_the_deepest_networks_that_keep_the_gradient():
    rows = [
        summary(model("tanh", -2.0, with_gradient=kept, runs=5, diverged=1), model("elu", -1.0))
        for kept in (0, 0, 3)
    ]
    pairs = [report_tables.verdicts(("elu", "tanh", Verdict.BETTER))] * 3
    given = facts()
    given["comparisons"] = [
        given["comparisons"][0] | {"depth": depth, "optimizer": optimizer}
        for depth, optimizer in [(1, "adam"), (8, "adam"), (8, "sgd")]
    ]
    assert (
        " At depth 8, the gradient has not vanished while models learn (gradient flow of 0.05 or "
        "more) in 8 of 8 with elu; 3 of 8 with tanh (optimizer sgd 3 of 4, optimizer adam 0 of 4). "
    ) in str(sentences.across(rows, pairs, given))
    fields = given["comparisons"]
    assert not gradient_with_depth(rows, [one | {"depth": 8} for one in fields])
    assert not gradient_with_depth(rows, [fields[0] | {"dataset": "a"}, *fields[1:]])
    earlier = [one.drop(columns="with_gradient") for one in rows]
    assert not gradient_with_depth(earlier, fields)


def test_diverged_models_are_counted_in_the_answer_over_settings():
    rows = [summary(model("elu", -1.0), model("tanh", -2.0, diverged=many)) for many in (1, 2)]
    found = str(sentences.across(rows, [WON, WON], settings(depth=[1, 2])))
    assert " Of 16 models, 3 diverged and are in no mean: 3 of tanh. " in found
    assert "diverged" not in str(sentences.across([summary(BEST, WORST)] * 2, [WON] * 2, facts()))


def many(verdict: str, *others: str) -> list[tuple]:
    """Return pairs of a with others, of one verdict."""
    return [("a", other, verdict) for other in others]


@pytest.mark.parametrize(
    ("settings_of", "said"),
    [
        (
            [[("a", "b", Verdict.BETTER)], [("b", "a", Verdict.WORSE)]],
            "Pair by pair: a is better than b in both settings.",
        ),
        (
            [[("a", "b", Verdict.BETTER)], [("b", "a", Verdict.BETTER)]],
            "Pair by pair: a is better than b in 1 of 2 (worse in 1).",
        ),
        (
            [[("a", "b", Verdict.OPEN)], [("b", "a", Verdict.TIED)]],
            "Pair by pair: a is not better than b anywhere (practically tied in 1 and open in 1).",
        ),
        (
            [many(Verdict.BETTER, *"bcde")] * 2,
            "Of 4 pairs of activations, 4 are decided alike in both settings, none one way in one "
            "and the other way in another, and none open or practically tied in some.",
        ),
        (
            [many(Verdict.OPEN, *"bcde")] * 3,
            "Of 4 pairs of activations, none are decided alike in all 3 settings, none one way in "
            "one and the other way in another, and 4 open or practically tied in some.",
        ),
        (
            [many(Verdict.BETTER, *"bcde"), [("d", "a", Verdict.BETTER), ("a", "b", Verdict.TIED)]],
            "Of 4 pairs of activations, 2 are decided alike in both settings, 1 one way in one and "
            "the other way in another (a and d), and 1 open or practically tied in some.",
        ),
        (
            [many(Verdict.BETTER, *"bcdefg"), many(Verdict.WORSE, *"bcdefg")],
            "Of 6 pairs of activations, none are decided alike in both settings, 6 one way in one "
            "and the other way in another, and none open or practically tied in some.",
        ),
        ([[], []], ""),
    ],
    ids=["same", "turned", "neither", "all alike", "all open", "one turned", "all turned", "none"],
)
def test_the_answer_says_whether_the_order_is_the_same_in_all_settings(settings_of, said):
    assert ranking([report_tables.verdicts(*pairs) for pairs in settings_of]) == said


def test_the_answer_says_what_changes_the_elbo_most():
    rows = [
        summary(model("elu", -10.0), model("tanh", -14.0)),
        summary(model("elu", -16.0), model("tanh", -19.0)),
    ]
    fields = [{"dataset": "digits", "train_size": size} for size in (400, 200)]
    assert what_matters(rows, fields) == (
        "From worst to best, all else equal, the ELBO differs by 5.00 and 6.00 nats with the "
        "number of training images and 3.00 and 4.00 nats with the activation."
    )
    tuned = [{**one, "learning_rate": comparisons.OWN} for one in fields]
    assert "worst to best, each with its own learning rate, the" in what_matters(rows, tuned)
    third = summary(model("elu", -17.0), model("tanh", -18.0))
    fields = [{"dataset": "digits", "depth": depth} for depth in (1, 2, 3)]
    assert what_matters([*rows, third], fields) == (
        "From worst to best, all else equal, the ELBO differs by 5.00 and 7.00 nats with the depth "
        "and 3.00 nats with the activation (median of 3: 1.00 to 4.00)."
    )
    assert not what_matters(rows, [{"dataset": "a"}, {"dataset": "b"}])
    assert not what_matters(rows, [{"dataset": "a"}] * 2), "nothing varies"
    alone = [summary(model("elu", -10.0)), summary(model("elu", -16.0))]
    assert what_matters(alone, [{"dataset": "a", "depth": depth} for depth in (1, 2)]) == (
        "From worst to best, all else equal, the ELBO differs by 6.00 nats with the depth."
    )


@pytest.mark.parametrize(
    ("decoders", "name"), [(("elu", "tanh"), "encoder"), (("same", "tanh"), "activation")]
)
def test_an_activation_is_the_encoder_s_where_decoders_have_their_own(decoders, name):
    rows = [summary(BEST, WORST)] * 2
    fields = [{"dataset": "digits", "decoder_activation": decoder} for decoder in decoders]
    rows = [summary(model("elu", -1.0), model("tanh", -2.0)), summary(BEST, WORST)]
    assert f"nats with the {name}" in what_matters(rows, fields)


@pytest.mark.parametrize(
    ("lead", "said"),
    [
        ([], None),
        ([(1, "elu", True), (90, "elu", True)], "elu leads after any number of epochs."),
        (
            [(1, "tanh", True), (5, "tanh", True), (7, "elu", True)],
            "tanh leads from 1 to 5 and elu leads at 7 epochs.",
        ),
        (
            [(1, "tanh", True), (5, "tanh", False), (7, "elu", False), (9, "elu", True)],
            "tanh leads at 1 and elu leads at 9 epochs; else tanh and elu are not distinguished.",
        ),
        (
            [(1, "tanh", False), (5, "elu", False), (7, "tanh", False)],
            "tanh and elu lead by turns, and are not distinguished after any number of epochs.",
        ),
    ],
    ids=["unknown", "one", "decided", "partly", "open"],
)
def test_the_answer_says_whether_the_number_of_epochs_decides_the_lead(lead, said):
    given = facts()
    fields = ("budget", "leader", "decided")
    given["comparisons"][0]["lead"] = [dict(zip(fields, one, strict=True)) for one in lead]
    found = str(sentences.answer(summary(BEST, WORST), WON, given))
    if said is None:
        assert "On validation images" not in found
    else:
        assert found.endswith(f" On validation images, {said}")
    alone = str(sentences.answer(summary(BEST), NO_PAIRS, given))
    assert alone.endswith("No other activation was compared.")


def test_one_activation_over_settings_is_better_than_no_other():
    rows = [summary(model("elu", -10.0)), summary(model("elu", -16.0))]
    found = str(sentences.across(rows, [NO_PAIRS] * 2, settings(depth=[1, 2])))
    assert "elu has the best mean test ELBO in both. At depth 2" in found


def test_the_answer_over_numbers_of_images_tells_the_gap_of_the_fewest():
    few = summary(model("elu", -1.0, gap=40.0), model("tanh", -2.0, gap=51.25))
    given = settings(train_size=[4000, 200])
    pairs = [report_tables.verdicts()] * 2
    found = str(sentences.across([summary(BEST, WORST), few], pairs, given))
    expected = " With 200 training images, the generalisation gap in nats is tanh 51.2 and elu 40.0"
    assert f"{expected}: the larger, the more is overfitted." in found
    given["comparisons"][1]["dataset"] = "small"
    assert "gap" not in str(sentences.across([summary(BEST, WORST), few], pairs, given))


def test_a_study_of_fixed_length_says_how_many_losses_were_falling():
    rows = [summary(BEST, WORST).assign(falling=speeds) for speeds in ([0.0, 1.5], [0.3, 0.2])]
    found = str(sentences.across(rows, [WON, WON], settings(depth=[1, 2])))
    falling = "after 20 epochs, when 3 of 4 losses were still falling by 0.2 to 1.5 nats an epoch,"
    assert falling in found
    ended = settings(depth=[1, 2])
    ended["study"] |= {"patience": 5}
    assert "in the end" not in str(sentences.across(rows, [WON, WON], ended))


def test_what_a_full_grid_would_leave_open_is_said():
    """Of three pairs: 0.02 is under the level of a race with two left, and 0.06 is not 0.05."""
    given = facts(design="race", seeds=6)
    given["comparisons"][0]["race"] = RACE
    pairs = report_tables.verdicts(
        ("elu", "selu", Verdict.BETTER), ("elu", "tanh", Verdict.BETTER), ("selu", "tanh", "")
    )
    rows = summary(BEST, TIED, WORST)
    assert "full grid" not in str(sentences.answer(rows, pairs, given))
    pairs.loc[pairs["b"] == "selu", "p"] = 0.02
    assert (
        "better than both others (selu by the levels of a race, which rise as others are retired; "
        "corrected for all 3 pairs, as in a full grid, that would be left open)."
    ) in str(sentences.answer(rows, pairs, given))
    pairs.loc[pairs["b"] == "selu", "n"] = 0.5  # it was retired earlier, of fewer replicates
    assert "full grid" not in str(sentences.answer(rows, pairs, given))


def test_without_a_finished_model_there_is_no_answer_over_settings():
    nothing = summary(BEST).assign(elbo=np.nan)
    found = str(sentences.across([nothing] * 2, [report_tables.verdicts()] * 2, facts()))
    assert found.endswith("no model finished: there is nothing to compare.")
