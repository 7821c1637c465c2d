"""Pages: contents, titles, what a notebook alone shows, and nothing of a hostile name."""

import nbformat
import pytest
from bs4 import BeautifulSoup

from vaelib.reporting import page


def notebook(*cells) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=list(cells))


def markdown(text: str, **metadata) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(text, metadata=metadata)


def html(text: str) -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("display_data", {"text/html": text})
    return nbformat.v4.new_code_cell("hidden = 1", outputs=[output])


@pytest.fixture
def convert(tmp_path):
    """Write a notebook of some cells; return its page."""

    def run(*cells, title: str = "Title", **texts) -> BeautifulSoup:
        executed = tmp_path / "executed.ipynb"
        nbformat.write(notebook(*cells), executed)
        made = page.to_html(executed, tmp_path / "page.html", title, **texts)
        assert list(tmp_path.glob("*.partial")) == []
        return BeautifulSoup(made.read_text(), "html.parser")

    return run


def test_the_contents_link_every_heading_once(convert):
    found = convert(
        markdown("## One *two*"), html("<h2>Three</h2>"), markdown("## One two\n\n### x")
    )
    links = found.find(class_="contents").find_all("a")
    assert [link.get_text() for link in links] == ["One two", "Three", "One two"]
    targets = [link["href"].removeprefix("#") for link in links]
    assert targets == ["one-two", "three", "one-two-2"]
    assert [found.find(id=target).name for target in targets] == ["h2"] * 3
    assert "\N{PILCROW SIGN}" not in found.get_text()


def test_a_page_has_its_title_and_links_and_no_code(convert):
    found = convert(
        markdown("Text."),
        html("<b>x</b>"),
        title="A & <b>",
        subtitle="On <i>",
        links={"All": "../a"},
    )
    assert found.title.get_text() == found.h1.get_text() == "A & <b>"
    assert found.find(class_="subtitle").get_text() == "On <i>"
    assert found.header.nav.a["href"] == "../a"
    assert "hidden" not in found.main.get_text()
    assert found.main.b.get_text() == "x"
    assert found.find(class_="contents") is None, "without headings"


def test_cells_for_the_notebook_alone_are_left_out(convert):
    found = convert(markdown("# Explained", tags=["notebook"]), markdown("kept"))
    assert found.main.get_text().strip() == "kept"


def test_messages_are_left_out(convert):
    output = nbformat.v4.new_output("stream", name="stderr", text="Warning: x")
    found = convert(nbformat.v4.new_code_cell("", outputs=[output]))
    assert "Warning" not in found.get_text()
