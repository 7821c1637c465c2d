"""The tables of the claims that are written beside their page."""

import planted

from vaelib.analysis.claims import claims, gradients, tables
from vaelib.analysis.claims.measurements import Measurements
from vaelib.results import files


def test_the_tables_hold_what_was_judged():
    study = planted.study(["linear", "relu"], learning_rate=[1e-3, 3e-3])
    measured = planted.measured(study)
    found = [claims.linear_learns_less(measured), claims.reconstructs_best(measured)]
    written = tables.of_claims(measured, found)
    verdicts, evidence = written[files.CLAIMS], written[files.EVIDENCE]
    assert verdicts["verdict"].to_list() == [one.verdict for one in found]
    assert verdicts["no."].to_list() == [6, 1]
    assert set(evidence["claim"]) == {6}, "the other has no rows"
    assert len(evidence) == len(found[0].evidence) == 2
    settings = written[files.CLAIMS_SETTINGS].set_index("setting")
    assert set(settings["activations"]) == {2}
    assert settings["models"].sum() == len(measured.models)
    flow = written[files.CLAIMS_FLOW]
    assert flow.equals(gradients.flow_by_setting(measured))


def test_without_studies_the_tables_are_empty():
    measured = Measurements()
    written = tables.of_claims(measured, [claims.linear_learns_less(measured)])
    assert {name: len(table) for name, table in written.items()} == {
        files.CLAIMS: 1, files.EVIDENCE: 0, files.CLAIMS_SETTINGS: 0, files.CLAIMS_FLOW: 0
    }  # fmt: skip
