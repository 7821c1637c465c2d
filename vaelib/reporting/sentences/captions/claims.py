"""Captions of the figures of the claims."""

from collections.abc import Sequence

import pandas as pd

from vaelib.analysis.claims.conclusions import Claim
from vaelib.analysis.claims.effects import LOG_RATIO
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.claims.gradients import FlowState
from vaelib.formatting import change, count, listed

_VERBS = {
    Outcome.HOLDS: ("supports it", "support it"),
    Outcome.CONTRADICTED: ("contradicts it", "contradict it"),
    Outcome.OPEN: ("is open", "are open"),
}


def evidence(claim: Claim, what: str) -> str:
    """Describe the estimates that a claim rests on.

    Parameters
    ----------
    claim : Claim
        With rows.
    what : str
        What is drawn, and how it is read.
    """
    rows = claim.evidence
    estimates = rows[rows["difference" if "difference" in rows else "flow"].notna()]
    outcomes = estimates["outcome"].value_counts()
    found = [
        f"{outcomes[one]} {_VERBS[one][int(outcomes[one] > 1)]}"
        for one in Outcome
        if one in outcomes
    ]
    counted = listed(found) if found else "none decides"
    part = f", {claim.part}" if claim.part else ""
    lacking = len(rows) - len(estimates)
    without = f" {count(lacking, 'other comparison')} cannot be made." if lacking else ""
    return (
        f"Claim {claim.number}{part}: {what}; in each setting, with 95 % intervals. Of "
        f"{count(len(estimates), 'estimate')} {counted}.{_changes(estimates)}{without}"
    )


def _changes(estimates: pd.DataFrame) -> str:
    """Return between which changes the estimates of a ratio lie; empty for other measures."""
    if "difference" not in estimates or estimates.empty:
        return ""
    if not estimates["measure"].str.contains(LOG_RATIO, regex=False).all():
        return ""
    low, high = (change(estimates["difference"].agg(end)) for end in ("min", "max"))
    return f" They are {low} to {high}." if low != high else f" It is {low}."


def flow_over_depth(flows: pd.DataFrame, activations: Sequence[str], limit: float) -> str:
    """Describe gradient flow over depth.

    Parameters
    ----------
    flows : pandas.DataFrame
        See `gradients.flow_by_setting`.
    activations : sequence of str
        Those drawn.
    limit : float
        Flow below which a gradient has vanished.
    """
    rows = flows[flows["activation"].isin(activations)]
    parts = [
        f"{name} {(own['state'] == FlowState.VANISHED).sum()} of {len(own)}"
        for name, own in rows.groupby("activation", sort=False)
    ]
    where = listed(parts) if parts else "none"
    ignored = rows[rows["state"] == FlowState.COLLAPSED].groupby("activation", sort=False).size()
    without = [f"{many} of {name}" for name, many in ignored.items()]
    collapsed = f" Not counted, as the posterior collapsed: {listed(without)}." if without else ""
    return (
        f"Gradient flow over depth. Below {limit:g} (dotted) the gradient has vanished; settings "
        f"and moments in which it has: {where}.{collapsed}"
    )
