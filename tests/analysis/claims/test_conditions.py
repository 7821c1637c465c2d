"""Conditions of cases whose outcomes are written by hand."""

import pandas as pd
import pytest

from vaelib.analysis.claims.conditions import Condition, conditions
from vaelib.analysis.claims.evidence import Outcome

HOLDS, CONTRADICTED, OPEN = Outcome.HOLDS, Outcome.CONTRADICTED, Outcome.OPEN


def described(*cases: tuple, unit=("depth", "optimizer"), first=None) -> dict[str, list[str]]:
    table = pd.DataFrame(cases, columns=["depth", "optimizer", "outcome"])
    return {one.outcome: list(one.where) for one in conditions(table, unit, first)}


def test_every_outcome_is_counted():
    table = pd.DataFrame({"depth": [1, 2, 3], "outcome": [OPEN, HOLDS, OPEN]})
    assert [one.counted for one in conditions(table, ["depth"])] == [
        "holds in 1 of 3 cases",
        "open in 2 of 3 cases",
    ]


def test_where_all_cases_have_one_outcome_there_is_nothing_to_say():
    assert described((1, "adam", HOLDS), (2, "sgd", HOLDS)) == {HOLDS: []}


def test_decided_cases_are_described_by_the_fewest_columns():
    cases = [
        *((depth, "adam", HOLDS) for depth in (1, 2)),
        *((depth, "sgd", CONTRADICTED) for depth in (1, 2)),
        (3, "sgd", OPEN),
    ]
    assert described(*cases) == {
        HOLDS: ["optimizer adam"],
        CONTRADICTED: ["optimizer sgd"],
        OPEN: ["depth 3"],
    }
    assert described(*cases[:4], first="depth", unit=["optimizer"]) == {
        HOLDS: ["depth 1 and 2: optimizer adam"],
        CONTRADICTED: ["depth 1 and 2: optimizer sgd"],
    }


def test_parts_that_differ_in_one_column_are_joined():
    cases = [
        *((depth, "adam", HOLDS) for depth in (1, 2, 4, 8)),
        *((depth, "sgd", HOLDS) for depth in (1, 2)),
        *((depth, "sgd", CONTRADICTED) for depth in (4, 8)),
    ]
    assert described(*cases) == {
        HOLDS: ["depth 1 and 2", "depth 4 and 8: optimizer adam"],
        CONTRADICTED: ["depth 4 and 8: optimizer sgd"],
    }


def test_what_holds_is_told_from_what_is_open():
    cases = [(1, "adam", HOLDS), (2, "adam", OPEN), (1, "sgd", HOLDS), (2, "sgd", OPEN)]
    assert described(*cases) == {HOLDS: ["depth 1"], OPEN: ["depth 2"]}


@pytest.mark.parametrize(
    ("where", "text"), [(("a", "b"), "open in 1 of 2 cases: a; b"), ((), "open in 1 of 2 cases")]
)
def test_a_condition_is_a_sentence(where, text):
    assert str(Condition(OPEN, 1, 2, where)) == text
