"""The page of all studies, from published reports and from what is no report."""

import json
import shutil

import pytest
from bs4 import BeautifulSoup

from vaelib.reporting import index, sentences
from vaelib.results import files, provenance

PUBLISHED = provenance.NOTEBOOKS.parent / "reports" / "published"


@pytest.fixture
def reports(tmp_path):
    for name in ("gelu", "halves"):
        shutil.copytree(PUBLISHED / name, tmp_path / name)
    (tmp_path / "runs").mkdir()
    return tmp_path


def written(reports) -> BeautifulSoup:
    page = index.write(reports)
    assert page == reports / "index.html"
    return BeautifulSoup(page.read_text(), "html.parser")


def test_every_study_has_its_answer_and_links_to_its_page(reports):
    found = written(reports)
    cards = {card["id"]: card for card in found.find_all("article")}
    assert set(cards) == {"study-gelu", "study-halves"}
    for card in cards.values():
        folder = (reports / card.a["href"]).parent
        assert (reports / card.a["href"]).is_file()
        facts = json.loads((folder / files.FACTS).read_text())
        compared = len(facts["comparisons"])
        tables = (
            files.by_comparison(folder / name, compared) for name in ("summary.csv", "verdicts.csv")
        )
        said = sentences.headline(*tables, facts)
        assert f"{said.before}{said.name}{said.after}" in card.get_text()
        assert said.more in card.get_text()
        runs = files.read_csv(folder / "runs.csv")
        assert f"{len(runs)} models, " in card.get_text()
        assert card.img["alt"].startswith("Test images (top) and what the best activation")
        assert facts["date"] in card.get_text()
    assert [link["href"] for link in found.find(class_="contents").find_all("a")] == [
        f"#{name}" for name in cards
    ]


@pytest.mark.parametrize("outdated", [False, True])
def test_a_study_whose_code_has_changed_since_says_so(reports, outdated):
    path = reports / "gelu" / files.FACTS
    facts = json.loads(path.read_text())
    facts["versions"] = provenance.versions()
    facts["code"] = "other" if outdated else provenance.code_digest(["dense"])
    path.write_text(json.dumps(facts))
    card = written(reports).find(id="study-gelu")
    line = "Changed since these models were trained: the code that trains."
    assert (line in card.get_text()) == outdated


def test_a_study_whose_libraries_have_changed_since_names_them(reports):
    path = reports / "gelu" / files.FACTS
    facts = json.loads(path.read_text())
    now = provenance.versions()["numpy"]
    facts["code"] = provenance.code_digest(["dense"])
    facts["versions"] = {**provenance.versions(), "numpy": "1.0"}
    path.write_text(json.dumps(facts))
    line = f"Changed since these models were trained: numpy (1.0, now {now})."
    assert line in written(reports).find(id="study-gelu").get_text()


def test_a_report_of_another_version_is_named(reports):
    (reports / "gelu" / files.SUMMARY).write_text("nothing\n1\n")
    found = written(reports)
    assert "made by another version" in found.find(id="study-gelu").get_text()
    assert "best mean test ELBO" in found.find(id="study-halves").get_text()


def test_verdicts_on_claims_are_shown_where_there_are_any(reports):
    assert written(reports).find(id="claims") is None
    text = "no.,claim,part,verdict,where\n1,ReLU <wins>.,,refuted,all\n"
    (reports / files.CLAIMS).write_text(text)
    row = written(reports).find(id="claims").find_next("tbody").tr
    assert row.a["href"] == "claims.html#claim-1"
    assert [cell.get_text() for cell in row.find_all(["th", "td"])] == [
        "ReLU <wins>.",
        "",
        "refuted",
    ]


def test_without_a_study_the_page_says_what_to_run(tmp_path):
    assert "No study is finished here: make report runs one." in written(tmp_path).get_text()


def test_the_newest_study_is_first_and_the_default_among_equals(reports):
    for name, date in (("default", "2026-01-01"), ("halves", "2026-01-01"), ("gelu", "2026-01-02")):
        if not (reports / name).exists():
            shutil.copytree(PUBLISHED / name, reports / name)
        facts = json.loads((reports / name / files.FACTS).read_text())
        (reports / name / files.FACTS).write_text(json.dumps({**facts, "date": date}))
    cards = [card["id"] for card in written(reports).find_all("article")]
    assert cards == ["study-gelu", "study-default", "study-halves"]
