"""The five questions of articles, answered from hand-made evidence."""

import pandas as pd
import pytest
import report_tables

from vaelib.analysis.claims import measurements
from vaelib.analysis.claims.conclusions import Claim, Conclusion
from vaelib.analysis.claims.conditions import Condition
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.claims.measurements import Case, Measurements
from vaelib.analysis.claims.statements import STATEMENTS
from vaelib.analysis.verdicts import Verdict
from vaelib.reporting import sentences

MINUS = "\N{MINUS SIGN}"
PARTS = [(1, ""), (2, "steps"), (2, "time"), (4, "sigmoid"), (4, "tanh"), (4, "relu")]
PARTS += [(7, "deeper model"), (7, "other optimiser"), (7, "other activation")]


def setting(**fields) -> dict:
    return dict.fromkeys(measurements.SETTING, 0) | {"training": "to the end"} | fields


def claim(number: int, part: str, rows: pd.DataFrame | None = None) -> Claim:
    conditions = (
        Condition(Outcome.HOLDS, number, 9, ("here",)),
        Condition(Outcome.OPEN, 1, 9),
    )
    rows = pd.DataFrame() if rows is None else rows
    return Claim(STATEMENTS[number - 1], part, "", Conclusion.SUPPORTED, conditions, rows)


@pytest.fixture
def evidence() -> pd.DataFrame:
    rows = [
        {**setting(), "nonlinear": "elu", "difference": 12.5, "outcome": Outcome.HOLDS},
        {**setting(), "nonlinear": "tanh", "difference": -3.0, "outcome": Outcome.CONTRADICTED},
        {
            **setting(training="10 epochs"),
            "nonlinear": "elu",
            "difference": 0.0,
            "outcome": Outcome.CONTRADICTED,
        },
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def cases() -> list[Case]:
    pairs = report_tables.verdicts(
        ("elu", "linear", Verdict.BETTER),
        ("linear", "relu", Verdict.WORSE),
        ("relu", "elu", Verdict.OPEN),
    )
    elbo = {"elu": -100.0, "relu": -101.0, "linear": -112.5}
    runs = pd.DataFrame(
        [{"activation": name, "replicate": seed, "elbo": value + seed, **setting()}
         for name, value in elbo.items() for seed in (0, 1)]
    )  # fmt: skip
    short = runs.assign(training="10 epochs", elbo=-runs["elbo"])
    return [
        Case(setting(), runs, pd.DataFrame(), pairs),
        Case(setting(training="10 epochs"), short, pd.DataFrame(), report_tables.verdicts()),
    ]


@pytest.fixture
def measured(cases, monkeypatch) -> Measurements:
    monkeypatch.setattr(Measurements, "usual", setting())
    return Measurements(cases, None)


def test_each_question_is_answered_from_its_claims(measured, evidence):
    found = [*(claim(*part) for part in PARTS), claim(6, "", evidence)]
    answers = {one.question: one for one in sentences.questions(measured, found)}
    assert len(answers) == 5
    assert answers["Why activation functions at all?"].sentences[0] == (
        "Of 3 comparisons of a non-linear activation with a linear network, the non-linear one is "
        "better in 1, tied or worse in 2."
    )
    gained = answers["Why activation functions at all?"].sentences[1]
    assert gained.startswith("The most that one gains is 12.5 nats of ELBO, by elu (")
    assert answers["Why not a linear one?"].sentences == (
        "Among 3 activations (the usual setting), it is worse than elu and relu.",
        "It is 12.5 nats behind elu there.",
        "A non-linear activation is tied or worse in 2 of 3 comparisons; in 1 of these, training "
        "was a fixed number of epochs and not to the end.",
    )
    assert answers["Why ReLU?"].sentences[-1] == (
        "Among 3 activations (the usual setting), it is better than linear; not distinguished from "
        "elu."
    )
    assert answers["How to choose?"].sentences == (
        "Among 3 activations (the usual setting), elu has the best ELBO: it is better than linear; "
        "not distinguished from relu.",
        "Over 2 settings, the best mean ELBO is of elu in 1 and linear in 1.",
        "No activation serves them all: measure it on your images.",
    )
    counted = "supported (of 9 cases, holds in 7, open in 1)"
    assert answers["How to cure a vanishing gradient?"].sentences[-1] == (
        f"That another activation cures it is {counted}; that another optimiser does is {counted}; "
        f"that a deeper model does is {counted}."
    )


def test_activations_that_keep_the_gradient_as_often_are_named_together(measured, evidence):
    outcomes = {"elu": [1, 1], "relu": [1, 0], "sigmoid": [0], "selu": [1, 1], "linear": [1]}
    rows = pd.DataFrame(
        [
            {"activation": name, "outcome": Outcome.HOLDS if one else Outcome.CONTRADICTED}
            for name, own in outcomes.items()
            for one in own
        ]
    )
    parts = [part for part in PARTS if part[1] != "other activation"]
    found = [*(claim(*part) for part in parts), claim(6, "", evidence)]
    *_, cures = sentences.questions(measured, [*found, claim(7, "other activation", rows)])
    assert cures.sentences[-1] == (
        "In the place of one that vanishes, it is kept by elu and selu in 2 of 2 each; linear in 1 "
        "of 1; relu in 1 of 2; sigmoid in 0 of 1."
    )


def test_without_evidence_that_is_said():
    found = [claim(*part) for part in [*PARTS, (6, "")]]
    first, second, _, fourth, _ = sentences.questions(Measurements([], None), found)
    assert (
        first.sentences
        == second.sentences
        == fourth.sentences
        == ("No study has the runs it takes.",)
    )
