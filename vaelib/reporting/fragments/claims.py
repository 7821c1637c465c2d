"""The parts of the page of the claims in HTML."""

import itertools
from collections.abc import Sequence

from vaelib.analysis.claims.conclusions import Claim
from vaelib.analysis.claims.evidence import Outcome
from vaelib.reporting import findings, sentences
from vaelib.reporting.fragments.markup import Fragment, folded, render, table
from vaelib.results import files
from vaelib.results.columns import describe


def questions(answers: Sequence[sentences.Answer]) -> Fragment:
    """Return questions with their answers, and links to the claims they rest on."""
    return render("questions", answers=answers)


def verdicts(found: Sequence[Claim]) -> Fragment:
    """Return the table of the verdicts on all claims, with links to their cards.

    Parameters
    ----------
    found : sequence of Claim
        The parts of a claim one after another.
    """
    claims = [list(parts) for _, parts in itertools.groupby(found, lambda one: one.number)]
    return render(
        "verdicts",
        claims=claims,
        outcomes=list(Outcome),
        counted=sentences.counted,
        symbols=sentences.SYMBOLS,
        source=files.CLAIMS,
    )


def claim_card(
    found: Sequence[Claim], figures: Sequence[str] = (), shared: Sequence[Fragment] = ()
) -> Fragment:
    """Return the card of a claim: its sources; verdict, conditions, figure, rows of each part.

    Parameters
    ----------
    found : sequence of Claim
        All parts of one claim.
    figures : sequence of str
        HTML of one for each part, empty for none; by default there are none.
    shared : sequence of Fragment
        What the parts have in common, before them.
    """
    parts = [
        {
            "claim": one,
            "sensitivity": sentences.sensitivity(one),
            "figure": figure,
            "rows": _evidence(one),
        }
        for one, figure in itertools.zip_longest(found, figures, fillvalue="")
    ]
    return render(
        "claim_card",
        statement=found[0].statement,
        parts=parts,
        shared=shared,
        cited=sentences.cited,
        symbols=sentences.SYMBOLS,
    )


def _evidence(judged: Claim) -> Fragment:
    """Return the rows that a claim rests on, folded; see `findings.evidence`."""
    rows = judged.evidence
    if rows.empty:
        return Fragment()
    part = f", {judged.part}" if judged.part else ""
    title = f"The rows behind claim {judged.number}{part} ({len(rows)})"
    same = [
        describe(name, rows[name].iloc[0])
        for name in ("measure", "margin", "moment", "remedy")
        if name in rows and rows[name].nunique() == 1
    ]
    caption = f"{title}. In all of them: {', '.join(same)}." if same else f"{title}."
    sources = {files.EVIDENCE: "with all columns"}
    return folded(title, table(findings.evidence(rows), caption, sources))
