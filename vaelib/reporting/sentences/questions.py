"""The questions of articles on activation functions, answered from the claims' evidence."""

import dataclasses
from collections.abc import Sequence

import pandas as pd

from vaelib.analysis import budget, comparisons
from vaelib.analysis.claims import measurements
from vaelib.analysis.claims.conclusions import Claim
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.claims.measurements import Case, Measurements
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import count, listed, nats

_NOTHING = "No study has the runs it takes."


@dataclasses.dataclass(frozen=True)
class Answer:
    """A question and its answer.

    Attributes
    ----------
    question : str
    sentences : tuple of str
    claims : tuple of int
        Numbers of the claims that the answer rests on.
    """

    question: str
    sentences: tuple[str, ...]
    claims: tuple[int, ...]


def questions(measured: Measurements, found: Sequence[Claim]) -> list[Answer]:
    """Answer five questions from what was measured.

    Parameters
    ----------
    measured : Measurements
    found : sequence of Claim
        All of them, judged on these measurements.
    """
    claims = {(claim.number, claim.part): claim for claim in found}
    widest = max(measured.cases, key=_width, default=None)
    where = "" if widest is None else _where(widest, measured)
    linear = claims[6, ""]
    answers = [
        Answer("Why activation functions at all?", _non_linear(linear, measured), (6,)),
        Answer("Why not a linear one?", _linear(linear, widest, where), (6,)),
        Answer("Why ReLU?", _relu(claims, widest, where), (1, 2)),
        Answer("How to choose?", _choice(measured, widest, where), (1, 6, 8)),
        Answer("How to cure a vanishing gradient?", _cures(claims), (4, 7)),
    ]
    return [
        one if one.sentences else dataclasses.replace(one, sentences=(_NOTHING,)) for one in answers
    ]


def _non_linear(linear: Claim, measured: Measurements) -> tuple[str, ...]:
    rows = linear.evidence
    if rows.empty:
        return ()
    named = rows.assign(setting=measurements.labels(rows, measured.usual))
    most, least = (
        named.loc[named["difference"].idxmax()],
        named.loc[named["difference"].idxmin()],
    )
    return (
        f"Of {count(len(rows), 'comparison')} of a non-linear activation with a linear network, "
        f"the non-linear one is better in {_many(rows, Outcome.HOLDS)}, tied or worse in "
        f"{_many(rows, Outcome.CONTRADICTED)}.",
        f"The most that one gains is {nats(most['difference'])} nats of ELBO, by "
        f"{most['nonlinear']} ({most['setting']}).",
        f"The least is {nats(least['difference'], signed=True)} nats, by {least['nonlinear']} "
        f"({least['setting']}): what matters is which non-linearity, and how long it is trained.",
    )


def _linear(linear: Claim, widest: Case | None, where: str) -> tuple[str, ...]:
    sentences = []
    if widest is not None:
        sentences.append(f"{where}, it is {_standing(widest, 'linear')}.")
        ranked = _ranked(widest)
        if "linear" in ranked and ranked.index[0] != "linear":
            behind = nats(ranked.iloc[0] - ranked["linear"])
            sentences.append(f"It is {behind} nats behind {ranked.index[0]} there.")
    rows = linear.evidence
    if len(rows):
        lost = rows[rows["outcome"] == Outcome.CONTRADICTED]
        short = int((~lost["training"].astype(str).str.startswith("to the end")).sum())
        sentences.append(
            f"A non-linear activation is tied or worse in {len(lost)} of "
            f"{count(len(rows), 'comparison')}; in {short} of these, training was a fixed number "
            "of epochs and not to the end."
        )
    return tuple(sentences)


def _relu(claims: dict, widest: Case | None, where: str) -> tuple[str, ...]:
    best, steps, time = claims[1, ""], claims[2, "steps"], claims[2, "time"]
    sentences = [
        f"Among sigmoid, tanh and ReLU it reconstructs best: {_verdict(best)}.",
        f"That it needs fewer steps to a given quality is {_verdict(steps)}; that a step takes "
        f"less time is {_verdict(time)}.",
    ]
    if widest is not None:
        sentences.append(f"{where}, it is {_standing(widest, 'relu')}.")
    return tuple(sentences)


def _choice(measured: Measurements, widest: Case | None, where: str) -> tuple[str, ...]:
    if widest is None:
        return ()
    best = _ranked(widest).index[0]
    sentences = [f"{where}, {best} has the best ELBO: it is {_standing(widest, best)}."]
    ranked = [_ranked(case) for case in measured.cases]
    firsts = pd.Series([one.index[0] for one in ranked if len(one) > 1]).value_counts()
    shares = listed([f"{name} in {many}" for name, many in firsts.items()])
    sentences.append(f"Over {count(firsts.sum(), 'setting')}, the best mean ELBO is of {shares}.")
    if len(firsts) > 1:
        sentences.append("No activation serves them all: measure it on your images.")
    return tuple(sentences)


def _cures(claims: dict) -> tuple[str, ...]:
    sigmoid, tanh, relu = (claims[4, part] for part in ("sigmoid", "tanh", "relu"))
    depth, optimizer = claims[7, "deeper model"], claims[7, "other optimiser"]
    activation = claims[7, "other activation"]
    sentences = (
        f"That the gradient vanishes with depth is {_verdict(sigmoid)} for sigmoid and "
        f"{_verdict(tanh)} for tanh; that it does not is {_verdict(relu)} for ReLU.",
        f"That another activation cures it is {_verdict(activation)}; that another optimiser does "
        f"is {_verdict(optimizer)}; that a deeper model does is {_verdict(depth)}.",
    )
    kept = _kept(activation.evidence)
    return (*sentences, f"In the place of one that vanishes, {kept}.") if kept else sentences


def _kept(rows: pd.DataFrame) -> str:
    """Return how often each activation keeps the gradient where another one does not."""
    if rows.empty:
        return ""
    by_name = rows["outcome"].eq(Outcome.HOLDS).groupby(rows["activation"]).agg(["sum", "size"])
    by_name["share"] = by_name["sum"] / by_name["size"]
    by_name = by_name.sort_values(["share", "size"], ascending=False, kind="stable")
    parts = [
        f"{listed(list(alike.index))} in {kept} of {total}{' each' if len(alike) > 1 else ''}"
        for (kept, total), alike in by_name.groupby(["sum", "size"], sort=False)
    ]
    return f"it is kept by {'; '.join(parts)}"


def _many(rows: pd.DataFrame, outcome: Outcome) -> int:
    return int((rows["outcome"] == outcome).sum())


def _verdict(claim: Claim) -> str:
    """Return the verdict, and in how many cases a claim holds, is contradicted or open."""
    if not claim.conditions:
        return f"{claim.verdict} ({claim.nothing})"
    counts = ", ".join(f"{one.outcome} in {one.number}" for one in claim.conditions)
    return f"{claim.verdict} (of {count(claim.conditions[0].total, 'case')}, {counts})"


def _ranked(case: Case) -> pd.Series:
    """Return the ELBO of each activation in a case, paired by replicate, best first."""
    square = case.runs.pivot_table(index="replicate", columns="activation", values="elbo")
    return budget.paired_means(square).sort_values(ascending=False)


def _width(case: Case) -> tuple[int, int]:
    """Return the numbers of activations and of models of a case."""
    return case.runs["activation"].nunique(), len(case.runs)


def _where(case: Case, measured: Measurements) -> str:
    """Return which activations a case compares, and in which setting."""
    (label, *_) = measurements.labels(pd.DataFrame([case.setting]), measured.usual)
    return f"Among {case.runs['activation'].nunique()} activations ({label})"


def _standing(case: Case, name: str) -> str:
    """Return which activations one is better than, worse than, and not told from, by ELBO."""
    against = comparisons.verdicts_against_others(case.pairs, name, "elbo")["verdict"]
    words = {
        Verdict.BETTER: "better than",
        Verdict.TIED: "practically tied with",
        Verdict.OPEN: "not distinguished from",
        Verdict.WORSE: "worse than",
    }
    parts = [
        f"{text} {listed(sorted(against.index[against == verdict]))}"
        for verdict, text in words.items()
        if (against == verdict).any()
    ]
    return "; ".join(parts) if parts else "compared with no other"
