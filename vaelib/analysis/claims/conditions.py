"""In which conditions a claim holds, is contradicted or open, in as few words as separate them."""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

import pandas as pd

from vaelib.analysis.claims.evidence import Outcome
from vaelib.formatting import count
from vaelib.results.columns import describe_all

# The values of some columns that cases with one outcome have in common.
_Part = dict[str, tuple]


@dataclasses.dataclass(frozen=True)
class Condition:
    """The cases with one outcome.

    Attributes
    ----------
    outcome : Outcome
    number, total : int
        Of the cases with this outcome, and of all.
    where : tuple of str
        Which they are, grouped by what they share; empty if all cases have this outcome.
    """

    outcome: Outcome
    number: int
    total: int
    where: tuple[str, ...] = ()

    @property
    def counted(self) -> str:
        """In how many cases, such as ``holds in 1 of 2 cases``."""
        return f"{self.outcome} in {self.number} of {count(self.total, 'case')}"

    def __str__(self) -> str:
        where = "; ".join(self.where)
        return f"{self.counted}: {where}" if where else self.counted


def conditions(
    cases: pd.DataFrame, unit: Sequence[str], first: str | None = None
) -> tuple[Condition, ...]:
    """Count the cases with each outcome, and say where they are.

    Parameters
    ----------
    cases : pandas.DataFrame
        A row for each, with ``outcome`` and the columns of `unit` and `first`.
    unit : sequence of str
        Columns to describe cases by. Decided cases are described by as few as separate
        those that hold from those that are contradicted; open ones by as few as separate
        them from decided ones, and so are the latter if they all have one outcome.
    first : str, optional
        A column that comes first in every description.

    Returns
    -------
    tuple of Condition
        Those that hold, those that are contradicted, those that are open, where any are.
    """
    is_open = cases["outcome"] == Outcome.OPEN
    against_open = cases.assign(kind=is_open.map({True: Outcome.OPEN, False: "decided"}))
    decided = cases[~is_open].assign(kind=cases["outcome"].astype(object))
    varying = [key for key in unit if len(cases[key].drop_duplicates()) > 1]
    always = [first] if first and len(cases[first].drop_duplicates()) > 1 else []
    found = _described(against_open, varying, always)
    found |= _described(decided, varying, always)
    descriptions = []
    for outcome in (Outcome.HOLDS, Outcome.CONTRADICTED, Outcome.OPEN):
        number = int((cases["outcome"] == outcome).sum())
        if number:
            where = found.get(outcome, found.get("decided", ()))
            descriptions.append(Condition(outcome, number, len(cases), tuple(where)))
    return tuple(descriptions)


def _described(
    cases: pd.DataFrame, columns: Sequence[str], always: list[str]
) -> dict[str, list[str]]:
    """Return where the cases of each ``kind`` are; nothing if there is only one."""
    if cases["kind"].nunique() < 2:
        return {}
    sizes = range(len(columns) + 1)
    subsets = itertools.chain.from_iterable(itertools.combinations(columns, size) for size in sizes)
    candidates = ([*always, *subset] for subset in subsets)
    separating = next(keys for keys in candidates if keys and _separates(cases, keys))
    parts = list(_parts(cases, separating, {}))
    kinds = dict.fromkeys(kind for kind, _ in parts)
    return {
        kind: [_in_words(part) for part in _merged([part for one, part in parts if one == kind])]
        for kind in kinds
    }


def _separates(cases: pd.DataFrame, columns: list[str]) -> bool:
    """Return whether the values of these columns determine the kind."""
    combinations = cases[[*columns, "kind"]].drop_duplicates()
    return not combinations.duplicated(columns).any()


def _parts(cases: pd.DataFrame, columns: list[str], shared: _Part) -> Iterator[tuple[str, _Part]]:
    """Yield the kind of the largest parts that have no other, and what is shared in them."""
    kinds = cases["kind"].unique()
    if len(kinds) == 1:
        yield kinds[0], shared
        return
    column, *others = columns
    for value, part in cases.groupby(column, sort=False, dropna=False):
        yield from _parts(part, others, {**shared, column: (value,)})


def _merged(parts: list[_Part]) -> list[_Part]:
    """Join parts that differ in the values of one column until there are no two such."""
    for one, other in itertools.combinations(parts, 2):
        if one.keys() != other.keys():
            continue
        different = [column for column in one if one[column] != other[column]]
        if len(different) == 1:
            (column,) = different
            joined = {**one, column: (*one[column], *other[column])}
            return _merged([joined if part is one else part for part in parts if part is not other])
    return parts


def _in_words(part: _Part) -> str:
    first, *others = [describe_all(column, values) for column, values in part.items()]
    return f"{first}: {', '.join(others)}" if others else first
