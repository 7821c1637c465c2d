"""From rows of evidence to the conclusion about a claim, and its conditions."""

import dataclasses
import enum
from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.analysis.claims.conditions import Condition, conditions
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.claims.statements import Statement


class Conclusion(enum.StrEnum):
    """What all rows of evidence together say about a claim."""

    SUPPORTED = "supported"  # it holds in every setting with enough evidence
    REFUTED = "refuted"  # it is contradicted in every one
    CONDITIONAL = "conditional"  # both are found
    UNDECIDED = "undecided"  # neither is


NOTHING = "no study has the runs it takes"  # why there may be no rows of evidence
# Where all decided cases agree.
_UNANIMOUS = {
    Outcome.HOLDS: Conclusion.SUPPORTED,
    Outcome.CONTRADICTED: Conclusion.REFUTED,
}


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim, or a part of one, and what the studies say about it.

    Attributes
    ----------
    statement : Statement
        The whole claim.
    part : str
        Which of its statements; empty for a claim of one.
    support : str
        What counts as support, and what as contradiction.
    verdict : Conclusion
    conditions : tuple of Condition
        Where it holds, where it is contradicted, and where evidence is missing.
    evidence : pandas.DataFrame
        The rows that it rests on: settings, estimates with 95 % intervals, and
        ``outcome``.
    sensitivity : dict of float to Conclusion
        The verdict with other thresholds, where one decides.
    nothing : str
        Why there may be no rows of evidence.
    """

    statement: Statement
    part: str
    support: str
    verdict: Conclusion
    conditions: tuple[Condition, ...]
    evidence: pd.DataFrame
    sensitivity: Mapping[float, Conclusion] = dataclasses.field(default_factory=dict)
    nothing: str = NOTHING

    @property
    def number(self) -> int:
        """The number of the claim."""
        return self.statement.number

    @property
    def counts(self) -> str:
        """In how many cases it holds, is contradicted or open; or why there are none."""
        return "; ".join(condition.counted for condition in self.conditions) or self.nothing


def conclude(
    evidence: pd.DataFrame,
    unit: Sequence[str],
    first: str | None = None,
) -> tuple[Conclusion, tuple[Condition, ...]]:
    """Combine the outcomes of all rows.

    Parameters
    ----------
    evidence : pandas.DataFrame
        With ``outcome`` and the columns of `unit` and `first`.
    unit : sequence of str
        Rows with the same values in these columns (and in `first`) are one case:
        it holds if all of them hold, and is contradicted if one is.
    first : str, optional
        A column that always comes first in the description of conditions.

    Returns
    -------
    conclusion : Conclusion
    conditions : tuple of Condition
        Empty without rows.
    """
    if evidence.empty:
        return Conclusion.UNDECIDED, ()
    columns = [*([first] if first else []), *unit]
    outcomes = evidence.groupby(columns, sort=False, dropna=False)["outcome"].agg(_combine)
    cases = outcomes.reset_index()
    decided = set(outcomes) - {Outcome.OPEN}
    if len(decided) > 1:
        conclusion = Conclusion.CONDITIONAL
    elif decided:
        conclusion = _UNANIMOUS[decided.pop()]
    else:
        conclusion = Conclusion.UNDECIDED
    return conclusion, conditions(cases, unit, first)


def _combine(outcomes: pd.Series) -> Outcome:
    if (outcomes == Outcome.CONTRADICTED).any():
        return Outcome.CONTRADICTED
    return Outcome.HOLDS if (outcomes == Outcome.HOLDS).all() else Outcome.OPEN
