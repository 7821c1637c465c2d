"""From rows of evidence to the conclusion about a claim, and its conditions."""

import dataclasses
import enum
import itertools
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from vaelib.analysis.claims.evidence import Outcome
from vaelib.results.columns import describe


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
    number : int
    part : str
        Which of its statements; empty for a claim of one.
    text : str
        The whole claim.
    support : str
        What counts as support, and what as contradiction.
    verdict : Conclusion
    conditions : tuple of str
        Where it holds, where it is contradicted, and where evidence is missing.
    evidence : pandas.DataFrame
        The rows that it rests on: settings, estimates with 95 % intervals, and
        ``outcome``.
    sensitivity : dict of float to Conclusion
        The verdict with other thresholds, where one decides.
    """

    number: int
    part: str
    text: str
    support: str
    verdict: Conclusion
    conditions: tuple[str, ...]
    evidence: pd.DataFrame
    sensitivity: Mapping[float, Conclusion] = dataclasses.field(default_factory=dict)

    @property
    def counts(self) -> str:
        """In how many cases it holds, is contradicted or open, without which these are."""
        return "; ".join(condition.split(":")[0] for condition in self.conditions)

    @property
    def title(self) -> str:
        """The number with the text, and the part that is judged."""
        part = f" Judged here: {self.part}." if self.part else ""
        return f"{self.number}. {self.text}{part}"


def conclude(
    evidence: pd.DataFrame,
    unit: Sequence[str],
    first: str | None = None,
    nothing: str = NOTHING,
) -> tuple[Conclusion, tuple[str, ...]]:
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
    nothing : str
        Why there may be no rows.

    Returns
    -------
    conclusion : Conclusion
    conditions : tuple of str
        How many cases hold, are contradicted or open; where both of the first two
        are found, described by as few columns as separate them.
    """
    if evidence.empty:
        return Conclusion.UNDECIDED, (nothing,)
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
    return conclusion, _conditions(cases, list(unit), first)


def _combine(outcomes: pd.Series) -> Outcome:
    if (outcomes == Outcome.CONTRADICTED).any():
        return Outcome.CONTRADICTED
    return Outcome.HOLDS if (outcomes == Outcome.HOLDS).all() else Outcome.OPEN


def _conditions(cases: pd.DataFrame, unit: list[str], first: str | None) -> tuple[str, ...]:
    """Describe each outcome: the number of its cases, and where they are."""
    parts = _separated_parts(cases, unit, first)
    descriptions = []
    for outcome in (Outcome.HOLDS, Outcome.CONTRADICTED, Outcome.OPEN):
        number = (cases["outcome"] == outcome).sum()
        if number == 0:
            continue
        text = f"{outcome} in {number} of {len(cases)} cases"
        names = "; ".join(name for found, name in parts if found == outcome)
        descriptions.append(f"{text}: {names}" if names else text)
    return tuple(descriptions)


def _separated_parts(
    cases: pd.DataFrame, unit: list[str], first: str | None
) -> list[tuple[Outcome, str]]:
    """Return the parts of the decided cases that have one outcome each; none for one outcome."""
    decided = cases[cases["outcome"] != Outcome.OPEN]
    if decided["outcome"].nunique() < 2:
        return []
    always = [first] if first and len(cases[first].unique()) > 1 else []
    sizes = range(len(unit) + 1)
    subsets = itertools.chain.from_iterable(itertools.combinations(unit, size) for size in sizes)
    candidates = ([*always, *subset] for subset in subsets)
    columns = next(keys for keys in candidates if keys and _separates(decided, keys))
    return list(_parts(decided, columns))


def _separates(decided: pd.DataFrame, columns: list[str]) -> bool:
    """Return whether the values of these columns determine the outcome."""
    combinations = decided[[*columns, "outcome"]].drop_duplicates()
    return not combinations.duplicated(columns).any()


def _parts(
    decided: pd.DataFrame, columns: list[str], path: str = ""
) -> Iterator[tuple[Outcome, str]]:
    """Yield each outcome with the names of the largest parts that have no other."""
    outcomes = decided["outcome"].unique()
    if len(outcomes) == 1:
        yield outcomes[0], path
        return
    for value, part in decided.groupby(columns[0], sort=False, dropna=False):
        name = describe(columns[0], value)
        yield from _parts(part, columns[1:], f"{path}, {name}" if path else name)
