"""Tables of what was found: verdicts on pairs, evidence of claims, problems of bad results."""

import dataclasses
import math
from collections.abc import Sequence

import pandas as pd

from vaelib.analysis import verdicts
from vaelib.analysis.diagnosis.symptoms import Cause
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import nats
from vaelib.reporting.tables import NO_VALUE, Cell, Table, plain
from vaelib.results.columns import label

# Also told apart without colours, as in grey prints.
SYMBOLS = {
    Verdict.BETTER: "+",
    Verdict.WORSE: "\N{MINUS SIGN}",
    Verdict.TIED: "=",
    Verdict.OPEN: "?",
}
_COLUMNS = ("measured", "behind the best (nats)", "above a constant image (nats)")

# Columns of the evidence of claims that are shown even where they do not vary.
_ESTIMATE = ("b", "difference", "flow", "low", "high", "outcome")
_EVIDENCE = {
    "a": "activation",
    "b": "other",
    "nonlinear": "non-linear",
    "n": "replicates",
    "low": "95 % from",
    "high": "95 % to",
    "new_low": "new images, from",
    "new_high": "new images, to",
    "needed": "replicates needed",
    "flow": "gradient flow",
}


@dataclasses.dataclass(frozen=True)
class Problem:
    """A cause of bad results.

    Attributes
    ----------
    name : str
    criterion, meaning : str
        From where on it is a problem, and what it means for a model.
    affected : Table
        Activations and settings with what was measured.
    """

    name: str
    criterion: str
    meaning: str
    affected: Table


def verdict_cell(verdict: str) -> Cell:
    """Return a verdict as its symbol, with the words; an empty cell where there is none."""
    if not verdict:
        return Cell("")
    known = Verdict(verdict)
    return Cell(SYMBOLS[known], known.value, known.name.lower())


def verdict_matrix(pairs: pd.DataFrame, order: Sequence[str]) -> Table:
    """Return the verdict on each row's activation against each column's.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Of one metric; see `comparisons.judge`.
    order : sequence of str
        Activations, of rows and columns.

    Returns
    -------
    Table
        A cell's mark is the verdict's name in small letters, its detail the verdict.
    """
    square = verdicts.matrix(pairs, order)
    rows = [(name, [verdict_cell(one) for one in square.loc[name]]) for name in order]
    return Table(["against", *order], rows)


def evidence(rows: pd.DataFrame) -> Table:
    """Return the rows that a claim rests on: what varies, the estimate, and its outcome.

    Parameters
    ----------
    rows : pandas.DataFrame
        See `analysis.claims`.
    """
    shown = rows.map(str)
    varying = [name for name in rows if len(set(shown[name])) > 1]
    kept = [name for name in rows if name in varying or name in _ESTIMATE]
    first = next((name for name in kept if name not in _ESTIMATE), list(rows)[0])
    others = rows[[name for name in kept if name != first]].set_axis(rows[first])
    finite = others.map(lambda value: None if value in (math.inf, -math.inf) else value)
    return plain(finite.rename(columns=_of_evidence).rename_axis(_of_evidence(first)))


def _of_evidence(column: str) -> str:
    return _EVIDENCE.get(column, label(column))


def problems(faults: Sequence[pd.DataFrame], labels: Sequence[str]) -> list[Problem]:
    """Return the causes of bad results, in the order of `diagnosis.symptoms.Cause`.

    Parameters
    ----------
    faults : sequence of pandas.DataFrame
        Of each comparison; see `diagnosis.diagnose.diagnose_study`.
    labels : sequence of str
        Of the comparisons; empty where there is one.
    """
    joined = pd.concat(
        [found.assign(setting=label) for found, label in zip(faults, labels, strict=True)]
    )
    return [
        Problem(cause, rows["criterion"].iloc[0], cause.meaning, _affected(rows))
        for cause in Cause
        if len(rows := joined[joined["cause"] == cause])
    ]


def _affected(rows: pd.DataFrame) -> Table:
    """Return where one problem was found, a row for each activation and setting."""
    several = bool(rows["setting"].any())
    table = Table(["activation", *(["setting"] if several else []), *_COLUMNS], [])
    for one in rows.to_dict("records"):
        cells = [Cell(one["setting"], mark="words")] if several else []
        behind = _nats(one["behind"], f"clearly so from {nats(one['margin'])}")
        cells += [Cell(one["measured"], mark="text"), behind, _nats(one["gain"])]
        table.rows.append((one["activation"], cells))
    return table


def _nats(value: float, detail: str = "") -> Cell:
    return Cell(NO_VALUE) if math.isnan(value) else Cell(nats(value), detail)
