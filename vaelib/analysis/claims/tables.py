"""What was found of the claims, as tables for files beside their page."""

from collections.abc import Sequence

import pandas as pd

from vaelib.analysis.claims import gradients
from vaelib.analysis.claims.conclusions import Claim
from vaelib.analysis.claims.measurements import Measurements
from vaelib.results import files


def of_claims(measured: Measurements, found: Sequence[Claim]) -> dict[str, pd.DataFrame]:
    """Return the tables of the claims by the names of their files.

    Parameters
    ----------
    measured : Measurements
    found : sequence of Claim
        Judged by them.

    Returns
    -------
    dict of str to pandas.DataFrame
        The verdicts; the rows of evidence of all claims, with ``claim`` and ``part``; how
        many models each setting has; and the gradient flow in each, see
        `gradients.flow_by_setting`.
    """
    verdicts = {
        "no.": [claim.number for claim in found],
        "claim": [claim.statement.text for claim in found],
        "part": [claim.part for claim in found],
        "verdict": [claim.verdict for claim in found],
        "where": [claim.counts for claim in found],
    }
    evidence = [claim.evidence.assign(claim=claim.number, part=claim.part) for claim in found]
    return {
        files.CLAIMS: pd.DataFrame(verdicts),
        files.EVIDENCE: pd.concat([rows for rows in evidence if len(rows)] or evidence[:1]),
        files.CLAIMS_SETTINGS: measured.by_setting.reset_index(),
        files.CLAIMS_FLOW: gradients.flow_by_setting(measured),
    }
