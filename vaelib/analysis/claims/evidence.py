"""Rows of evidence about pairs of activations, setting by setting.

Each class is called with the `measurements.Measurements` and returns a table: the
columns of `measurements.SETTING` where there is one; ``a``, ``b``, ``n``,
``difference``, ``low``, ``high``, ``verdict`` and ``needed`` (see `verdicts.judge`);
``margin``, ``measure`` and ``outcome``.
"""

import dataclasses
import enum
from collections.abc import Sequence

import numpy as np
import pandas as pd

from vaelib.analysis import comparisons, verdicts
from vaelib.analysis.claims.effects import LOG_RATIO, SPEED_MARGIN, Effect
from vaelib.analysis.claims.measurements import Case, Measurements
from vaelib.analysis.claims.pairs import Pairs, PairSelector
from vaelib.analysis.verdicts import Verdict
from vaelib.results.columns import BY_COLUMN, Direction


class Outcome(enum.StrEnum):
    """What one row of evidence says about a claim."""

    HOLDS = "holds"
    CONTRADICTED = "contradicted"
    OPEN = "open"


# Of a pair (a, b) of which the claim says that a is better: a tie contradicts it.
_OUTCOMES = {
    Verdict.BETTER: Outcome.HOLDS,
    Verdict.WORSE: Outcome.CONTRADICTED,
    Verdict.TIED: Outcome.CONTRADICTED,
    Verdict.OPEN: Outcome.OPEN,
}
_SHOWN = ["a", "b", "n", "difference", "low", "high", "verdict", "needed"]


@dataclasses.dataclass(frozen=True)
class Judged:
    """The verdicts of the studies on metrics, which are not made anew.

    Attributes
    ----------
    metrics : sequence of str
        Columns of `results.columns.JUDGED`.
    pairs : callable
        See `pairs`.
    column_of_first : str
        Name of the column with the first activation of each pair.
    network : str or None
        Of the only network that the claim is about; None for all.
    """

    metrics: Sequence[str]
    pairs: PairSelector
    column_of_first: str = "a"
    network: str | None = None

    def __call__(self, measurements: Measurements) -> pd.DataFrame:
        """Return a row for each metric, setting and pair that a study judged."""
        rows = [
            row
            for metric in self.metrics
            for case in measurements.cases
            if self.network in (None, case.setting["network"])
            for row in self._of_case(case, metric)
        ]
        return _table(rows).rename(columns={"a": self.column_of_first})

    def _of_case(self, case: Case, metric: str) -> list[dict]:
        family = case.pairs[case.pairs["metric"] == metric]
        found = []
        for a, b in _new(self.pairs(set(family["a"]) | set(family["b"])), case):
            against = comparisons.verdicts_against_others(family, a, metric)
            if b in against.index:
                margin = family["margin"].iloc[0]
                row = {"a": a, "b": b, **against.loc[b], "margin": margin}
                found.append({**case.setting, **row, "measure": BY_COLUMN[metric].title})
        return found


@dataclasses.dataclass(frozen=True)
class Compared:
    """Pairs compared by an effect that no page but that of the claims shows.

    The pairs of a setting are one family.

    Attributes
    ----------
    effect : callable
        See `effects`.
    pairs : callable
        See `pairs`.
    """

    effect: Effect
    pairs: PairSelector

    def __call__(self, measurements: Measurements) -> pd.DataFrame:
        """Return a row for each setting and pair that a study judged."""
        parts = [self._of_case(case) for case in measurements.cases if len(case.pairs)]
        return pd.concat(parts, ignore_index=True) if parts else _table([])

    def _of_case(self, case: Case) -> pd.DataFrame:
        selected = _new(self.pairs(set(case.runs["activation"])), case)
        if not selected:
            return _table([])
        found = self.effect(case, selected)
        part = _judge(found.differences, found.margin, found.measure).assign(**case.setting)
        if found.observed is not None:
            part["outcome"] = part["outcome"].where(found.observed, Outcome.OPEN)
        return part


@dataclasses.dataclass(frozen=True)
class Timed:
    """Pairs compared by the time of a training step, in the rounds of a benchmark.

    Attributes
    ----------
    pairs : callable
        See `pairs`.
    """

    pairs: PairSelector

    def __call__(self, measurements: Measurements) -> pd.DataFrame:
        """Return a row for each pair: log ratios of times, paired by round."""
        times = measurements.times
        values = times.astype({"microseconds_per_step": float}).pivot_table(
            index="round", columns="activation", values="microseconds_per_step"
        )
        logs = np.log(values)
        differences = {(a, b): (logs[a] - logs[b]).dropna() for a, b in self.pairs(set(logs))}
        if not differences:
            return _table([])
        differences = {pair: of_pair.to_numpy() for pair, of_pair in differences.items()}
        return _judge(differences, SPEED_MARGIN, f"time per step ({LOG_RATIO})")


def _new(pairs: Pairs, case: Case) -> Pairs:
    """Return the pairs that no earlier case has, of the same models."""
    return [pair for pair in pairs if pair not in case.repeated]


def _judge(differences: dict, margin: float, measure: str) -> pd.DataFrame:
    """Judge a family of pairs of which the claim says that the first is lower."""
    part = verdicts.judge(differences, margin, Direction.LOWER)[_SHOWN]
    return _with_outcome(part.assign(margin=margin, measure=measure))


def _table(rows: list[dict]) -> pd.DataFrame:
    return _with_outcome(pd.DataFrame(rows, columns=None if rows else _SHOWN))


def _with_outcome(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(outcome=table["verdict"].map(_OUTCOMES))
