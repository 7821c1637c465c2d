"""The seven claims of blog posts about activations, put to the test."""

import dataclasses
import enum
import itertools
from collections.abc import Iterator, Sequence

import pandas as pd

from vaelib.analysis.claims import effects, evidence, gradients
from vaelib.analysis.claims.evidence import SETTING, Outcome, Studies
from vaelib.analysis.diagnosis.criteria import DEFAULTS
from vaelib.results.columns import Direction, describe


class Conclusion(enum.StrEnum):
    """What all rows of evidence together say about a claim."""

    SUPPORTED = "supported"  # it holds in every setting with enough evidence
    REFUTED = "refuted"  # it is contradicted in every one
    CONDITIONAL = "conditional"  # both are found
    UNDECIDED = "undecided"  # neither is


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim and what the studies say about it.

    Attributes
    ----------
    number : int
    text : str
    support : str
        What counts as support, and what as contradiction.
    verdict : Conclusion
    conditions : tuple of str
        Where it holds, where it is contradicted, and where evidence is missing.
    evidence : pandas.DataFrame
        The rows that it rests on: settings, figures with 95 % intervals, and
        ``outcome``.
    """

    number: int
    text: str
    support: str
    verdict: Conclusion
    conditions: tuple[str, ...]
    evidence: pd.DataFrame


def reconstructs_best(studies: Studies) -> Claim:
    """Judge the claim that ReLU reconstructs best."""
    return _conclude(
        1,
        "Among sigmoid, tanh and ReLU, ReLU reconstructs best.",
        "In a setting, ReLU's reconstruction error is lower than both others'. A tie (within 1 % "
        "of the error) or a lower error of one of them contradicts it.",
        evidence.judged(studies, effects.reconstruction, Direction.LOWER, _relu_first),
        SETTING,
    )


def trains_faster(studies: Studies) -> Claim:
    """Judge the claim that ReLU trains faster."""
    return _conclude(
        2,
        "ReLU trains faster (fewer optimiser steps to a given quality; time per step).",
        "In a setting, ReLU takes fewer steps than sigmoid and than tanh to the best quality that "
        "both of a pair reach; and, apart from that, less time per step. A tie (within 10 %) or "
        "an advantage of one of them contradicts it.",
        _speed(studies, _relu_first),
        SETTING,
        lead="measure",
    )


def tanh_trains_faster(studies: Studies) -> Claim:
    """Judge the claim that tanh trains faster than sigmoid."""
    return _conclude(
        3,
        "tanh trains faster than sigmoid.",
        "In a setting, tanh takes fewer steps than sigmoid to the best quality that both reach; "
        "and, apart from that, less time per step. A tie (within 10 %) or an advantage of sigmoid "
        "contradicts it.",
        _speed(studies, _tanh_first),
        SETTING,
        lead="measure",
    )


def gradients_vanish(studies: Studies) -> Claim:
    """Judge the claim that gradients vanish with sigmoid and tanh, and not with ReLU."""
    return _conclude(
        4,
        "The gradients of sigmoid and tanh vanish with depth, those of ReLU do not.",
        "In a setting with several depths, the gradient flow (root mean square at the first hidden "
        "layer over that at the last, multiplied over encoder and decoder) of the deepest network "
        f"is under {DEFAULTS.gradient_flow:g}, and less than in the shallowest, for sigmoid and "
        "for tanh; for ReLU it is above. One activation of which the opposite is shown contradicts "
        "it.",
        gradients.vanishing_with_depth(studies),
        ["moment", *(key for key in SETTING if key != "depth")],
    )


def overfits_less(studies: Studies) -> Claim:
    """Judge the claim that ReLU overfits less."""
    rows = evidence.judged(studies, effects.overfit, Direction.LOWER, _relu_first)
    if len(rows):
        unseen = ~(rows["larger_gap"] > rows["margin"])
        rows["outcome"] = rows["outcome"].mask(unseen, Outcome.OPEN)
    return _conclude(
        5,
        "ReLU overfits less.",
        "In a setting, when both fit the training images equally well, ReLU's generalisation gap "
        "is smaller than sigmoid's and than tanh's. A tie (within 1 % of the loss) or a larger gap "
        "contradicts it. Where neither of a pair has a gap over that, nothing can be said.",
        rows,
        SETTING,
    )


def linear_learns_less(studies: Studies) -> Claim:
    """Judge the claim that a linear network cannot learn what the others learn."""

    def pairs(names):
        return [(name, "linear") for name in sorted(names - {"linear"})] * ("linear" in names)

    return _conclude(
        6,
        "A linear network cannot learn what the non-linear ones learn.",
        "In a setting, a non-linear activation reaches a better ELBO than linear. A tie "
        "(within 1 %) or a better ELBO of linear contradicts it for that activation.",
        evidence.judged(studies, effects.elbo, Direction.HIGHER, pairs).rename(
            columns={"a": "nonlinear"}
        ),
        SETTING,
        lead="nonlinear",
    )


def cures_vanish(studies: Studies) -> Claim:
    """Judge the claim that depth, optimisers and activations cure vanishing gradients."""
    return _conclude(
        7,
        "Deeper models, other optimisers and other activations cure vanishing gradients.",
        f"Where the gradient flow is under {DEFAULTS.gradient_flow:g}, it is above in a deeper "
        "network, with another optimiser (after training) or with another activation, all else "
        "being equal; if it is under there too, that remedy is contradicted.",
        gradients.remedies(studies),
        ["activation", "moment", *SETTING],
        lead="remedy",
    )


CLAIMS = (
    *(reconstructs_best, trains_faster, tanh_trains_faster, gradients_vanish),
    *(overfits_less, linear_learns_less, cures_vanish),
)


def _relu_first(names: set[str]) -> list[tuple[str, str]]:
    return [("relu", "sigmoid"), ("relu", "tanh")] if names >= {"relu", "sigmoid", "tanh"} else []


def _tanh_first(names: set[str]) -> list[tuple[str, str]]:
    return [("tanh", "sigmoid")] if names >= {"tanh", "sigmoid"} else []


def _speed(studies: Studies, pairs) -> pd.DataFrame:
    both = (effects.steps, effects.pace)
    return pd.concat(
        [evidence.judged(studies, measure, Direction.LOWER, pairs) for measure in both],
        ignore_index=True,
    )


# Where all decided cases agree.
_CONCLUSIONS = {
    Outcome.HOLDS: Conclusion.SUPPORTED,
    Outcome.CONTRADICTED: Conclusion.REFUTED,
}


def _conclude(
    number: int, text: str, support: str, rows: pd.DataFrame, unit: Sequence[str], lead: str = ""
) -> Claim:
    """Judge a claim from the outcomes of rows; all rows of a unit must agree.

    `lead` is a key of the unit, too, by which conditions are told apart first.
    """
    if not len(rows):
        conditions = ("no study has the runs it takes",)
        return Claim(number, text, support, Conclusion.UNDECIDED, conditions, rows)
    first = [lead] if lead else []
    cases = rows.groupby([*first, *unit], sort=False, dropna=False)["outcome"].agg(_together)
    found = set(cases) - {Outcome.OPEN}
    if len(found) > 1:
        verdict = Conclusion.CONDITIONAL
    elif found:
        verdict = _CONCLUSIONS[found.pop()]
    else:
        verdict = Conclusion.UNDECIDED
    conditions = _conditions(cases.reset_index(), list(unit), first)
    return Claim(number, text, support, verdict, conditions, rows)


def _together(outcomes: pd.Series) -> str:
    if (outcomes == Outcome.CONTRADICTED).any():
        return Outcome.CONTRADICTED
    return Outcome.HOLDS if (outcomes == Outcome.HOLDS).all() else Outcome.OPEN


def _conditions(outcomes: pd.DataFrame, unit: list[str], first: list[str]) -> tuple[str, ...]:
    """Tell where a claim holds, by as few keys as tell the outcomes apart."""
    decided = outcomes[outcomes["outcome"] != Outcome.OPEN]
    first = [key for key in first if len(outcomes[key].unique()) > 1]
    sizes = range(len(unit) + 1)
    subsets = itertools.chain(*(itertools.combinations(unit, size) for size in sizes))
    where = []
    if len(decided["outcome"].unique()) > 1:
        keys = next(k for k in ([*first, *s] for s in subsets) if _separate(decided, k))
        where = list(_leaves(decided, keys))
    parts = []
    for outcome in (Outcome.HOLDS, Outcome.CONTRADICTED, Outcome.OPEN):
        number = (outcomes["outcome"] == outcome).sum()
        names = "; ".join(name for found, name in where if found == outcome)
        if number:
            cases = f"{outcome} in {number} of {len(outcomes)} cases"
            parts.append(f"{cases}: {names}" if names else cases)
    return tuple(parts)


def _separate(decided: pd.DataFrame, keys: list[str]) -> bool:
    kinds = decided[[*keys, "outcome"]].drop_duplicates()
    return bool(keys) and not kinds.duplicated(keys).any()


def _leaves(decided: pd.DataFrame, keys: list[str], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each outcome with the names of the largest parts that have no other."""
    outcomes = decided["outcome"].unique()
    if len(outcomes) == 1:
        yield outcomes[0], path
        return
    for value, part in decided.groupby(keys[0], sort=False, dropna=False):
        name = describe(keys[0], value)
        yield from _leaves(part, keys[1:], f"{path}, {name}" if path else name)
