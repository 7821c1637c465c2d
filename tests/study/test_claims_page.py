"""The page of the claims, made of a planted study: its table, cards, sources and links."""

import claims_page
import planted_claims
import pytest
from bs4 import BeautifulSoup

from vaelib.analysis.claims import claims, measurements
from vaelib.results import files
from vaelib.study import report
from vaelib.study.study import RESERVED


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    planted_claims.write(folder)
    report.audit(folder)
    return folder


def test_the_page_shows_what_follows_from_the_tables(reports):
    page = BeautifulSoup((reports / files.CLAIMS_PAGE).read_text(), "html.parser")
    measured, _ = measurements.read(reports, report.TIMES)
    found = [claim(measured) for claim in claims.CLAIMS]
    claims_page.check(page, found)
    listed = [link.get_text() for link in page.find(class_="contents").find_all("a")]
    numbered = [claims_page.words(card.h2) for card in page.find_all("article")]
    assert [one for one in listed if one in numbered] == numbered
    verdicts = files.read_csv(reports / files.CLAIMS)
    assert verdicts["verdict"].to_list() == [str(one.verdict) for one in found]
    assert verdicts["where"].to_list() == [one.counts for one in found]


def test_every_table_has_a_file_of_its_rows(reports):
    page = BeautifulSoup((reports / files.CLAIMS_PAGE).read_text(), "html.parser")
    linked = [table.caption.a["href"] for table in page.find_all("table")]
    tables = files.CLAIMS, files.EVIDENCE, files.CLAIMS_SETTINGS, files.CLAIMS_FLOW
    assert set(linked) <= set(tables)
    assert {files.CLAIMS, files.EVIDENCE, files.CLAIMS_SETTINGS} <= set(linked)
    assert {path.name for path in reports.glob("claims*")} <= set(RESERVED)
    measured, _ = measurements.read(reports, report.TIMES)
    settings = files.read_csv(reports / files.CLAIMS_SETTINGS).set_index("setting")
    assert settings["models"].sum() == len(measured.models)
    (shown,) = page.find_all("a", href=files.CLAIMS_SETTINGS)
    rows = [[cell.get_text() for cell in row] for row in shown.find_parent("table").select("td")]
    assert [int(text) for (text,) in rows] == list(settings.to_numpy().flat)
    assert len(files.read_csv(reports / files.CLAIMS_FLOW)) > 0


def test_nothing_is_left_as_the_notebook_prints_it(reports):
    page = BeautifulSoup((reports / files.CLAIMS_PAGE).read_text(), "html.parser")
    assert not page.find_all("pre")
