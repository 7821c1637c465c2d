"""The claims as articles make them: who says so, and whether in these words."""

import re

import pytest

from vaelib.analysis.claims import claims
from vaelib.analysis.claims.statements import STATEMENTS

SOURCES = [source for statement in STATEMENTS for source in statement.sources]


def test_every_claim_is_one_of_the_statements():
    assert [one.number for one in STATEMENTS] == list(range(1, 9))
    judged = {definition.statement.number: definition.statement for definition in claims.CLAIMS}
    assert list(judged.values()) == list(STATEMENTS)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda one: str(one.number))
def test_some_article_makes_the_claim(statement):
    assert any(not source.contrary for source in statement.sources)
    assert statement.text.endswith(".")
    assert statement.about.endswith(".")


@pytest.mark.parametrize("source", SOURCES, ids=lambda one: f"{one.reference.authors}, {one.place}")
def test_a_source_can_be_found(source):
    reference = source.reference
    assert re.fullmatch(r"https?://\S+", reference.url)
    assert reference.year is None or 1980 < reference.year < 2030
    assert all((source.says, source.place, reference.authors, reference.title, reference.where))
    assert len(source.says.split()) <= 50, "a short quotation"
    assert not set(source.says) & set('"\u201c\u201d'), "the page adds the quotation marks"


def test_an_article_is_described_once():
    urls = {source.reference.url: source.reference for source in SOURCES}
    assert {id(source.reference) for source in SOURCES} == {id(one) for one in urls.values()}
