"""Conclusions from outcomes written by hand."""

import pandas as pd
import pytest

from vaelib.analysis.claims.conclusions import Conclusion, conclude
from vaelib.analysis.claims.evidence import Outcome

HOLDS, CONTRADICTED, OPEN = Outcome.HOLDS, Outcome.CONTRADICTED, Outcome.OPEN


def rows(*cases: tuple) -> pd.DataFrame:
    return pd.DataFrame(cases, columns=["depth", "optimizer", "outcome"])


@pytest.mark.parametrize(
    ("outcomes", "conclusion"),
    [
        ([HOLDS, HOLDS, OPEN], Conclusion.SUPPORTED),
        ([CONTRADICTED, OPEN, OPEN], Conclusion.REFUTED),
        ([HOLDS, CONTRADICTED, OPEN], Conclusion.CONDITIONAL),
        ([OPEN, OPEN, OPEN], Conclusion.UNDECIDED),
    ],
)
def test_open_cases_do_not_count(outcomes, conclusion):
    table = rows(*((depth, "adam", outcome) for depth, outcome in enumerate(outcomes)))
    assert conclude(table, ["depth", "optimizer"])[0] == conclusion


@pytest.mark.parametrize(
    ("outcomes", "conclusion"),
    [
        ([HOLDS, HOLDS], Conclusion.SUPPORTED),
        ([HOLDS, OPEN], Conclusion.UNDECIDED),
        ([HOLDS, CONTRADICTED], Conclusion.REFUTED),
        ([OPEN, CONTRADICTED], Conclusion.REFUTED),
    ],
)
def test_all_rows_of_a_case_must_hold(outcomes, conclusion):
    table = rows(*((1, "adam", outcome) for outcome in outcomes))
    found, conditions = conclude(table, ["depth", "optimizer"])
    assert found == conclusion
    assert conditions[0].counted.endswith("in 1 of 1 case")


def test_without_rows_nothing_is_decided():
    found, conditions = conclude(rows(), ["depth"])
    assert found == Conclusion.UNDECIDED
    assert conditions == ()
