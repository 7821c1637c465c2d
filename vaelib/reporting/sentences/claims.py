"""What the card of a claim says: verdicts, conditions, sources."""

from vaelib.analysis.claims.conclusions import Claim, Conclusion
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.claims.statements import Source
from vaelib.formatting import listed

# Beside the word, so that a verdict is seen at a glance, and without colours.
SYMBOLS = {
    Conclusion.SUPPORTED: "\N{CHECK MARK}",
    Conclusion.REFUTED: "\N{BALLOT X}",
    Conclusion.CONDITIONAL: "\N{PLUS-MINUS SIGN}",
    Conclusion.UNDECIDED: "?",
    Outcome.HOLDS: "\N{CHECK MARK}",
    Outcome.CONTRADICTED: "\N{BALLOT X}",
    Outcome.OPEN: "?",
}


def cited(source: Source) -> tuple[str, str, str]:
    """Return what precedes the title of a source's article, the title, and what follows it."""
    kind = "quotation" if source.quoted else "paraphrase"
    against = "; says the opposite" if source.contrary else ""
    reference = source.reference
    before = f"({kind}{against}) {reference.authors} ({reference.year or 'no date'}), "
    return before, reference.title, f", {reference.where}, {source.place}."


def sensitivity(claim: Claim) -> str:
    """Return whether the verdict depends on the threshold; empty if there is none."""
    if not claim.sensitivity:
        return ""
    others = {f"{one:g}": verdict for one, verdict in claim.sensitivity.items()}
    changed = [
        f"{verdict} with {one}" for one, verdict in others.items() if verdict != claim.verdict
    ]
    if changed:
        return f"With another threshold the verdict changes: {listed(changed)}."
    return f"With thresholds of {listed(list(others))} the verdict is the same."


def counted(claim: Claim) -> dict[Outcome, int]:
    """Return in how many cases a claim holds, is contradicted and open."""
    found = {condition.outcome: condition.number for condition in claim.conditions}
    return {outcome: found.get(outcome, 0) for outcome in Outcome}
