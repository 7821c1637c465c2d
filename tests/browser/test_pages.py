"""The published pages as readers see them: at any width, in print, in the dark, offline."""

from urllib.parse import unquote, urlparse
from urllib.request import url2pathname

import pytest
from axe_playwright_python.sync_playwright import Axe

from vaelib.results.provenance import NOTEBOOKS

PUBLISHED = NOTEBOOKS.parent / "reports" / "published"
PAGES = [*sorted(PUBLISHED.glob("*.html")), *sorted(PUBLISHED.glob("*/report.html"))]
WIDTHS = (1300, 768, 390)
A4 = 718  # pixels between margins of a centimetre
# What reaches over the right edge; tables and pictures may scroll inside a region of their own.
TOO_WIDE = """
scrolled => [...document.querySelectorAll("body *")].filter(one => {
    const { width, right } = one.getBoundingClientRect();
    return width && right > document.documentElement.clientWidth + 1
        && !(scrolled && one.parentElement.closest(scrolled));
}).map(one => one.outerHTML.slice(0, 120))
"""
UNDESCRIBED = """
() => [...document.images].filter(one => !(one.complete && one.naturalWidth && one.alt.length > 20))
    .map(one => one.alt)
"""
LINKS = """
() => [...document.querySelectorAll("a")].map(one => one.getAttribute("href"))
"""
COLUMN = """
column => [...document.querySelector("table.sortable").tBodies[0].rows]
    .map(row => row.cells[column].firstChild.textContent)
"""


def name_of(path) -> str:
    return path.stem if path.parent == PUBLISHED else path.parent.name


@pytest.fixture
def visit(chromium):
    """Open pages without a network; a message or a request of one fails the test."""
    contexts, complaints = [], []

    def open_page(path, width: int = WIDTHS[0], **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, offline=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.append(asked.url[:200]))
        page.goto(path.as_uri())
        complaints.remove(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [one for one in complaints if not one.startswith("data:")] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_it_fits_the_screen_with_all_its_pictures(visit, path, width):
    page = visit(path, width)
    assert page.evaluate(TOO_WIDE, ".table, .picture") == []
    assert page.evaluate(UNDESCRIBED) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_it_fits_the_paper(visit, path):
    page = visit(path, A4)
    page.emulate_media(media="print")
    assert page.evaluate(TOO_WIDE, None) == []


@pytest.mark.parametrize(("width", "scheme"), [(1300, "light"), (390, "dark")])
@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_axe_finds_nothing(visit, path, width, scheme):
    page = visit(path, width, color_scheme=scheme)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert len(found["passes"]) > 15, "it has looked at the page"
    assert [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]])
        for violation in found["violations"]
    ] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(visit, path):
    page = visit(path)
    links = page.evaluate(LINKS)
    assert len(links) > 5
    identifiers = page.evaluate("() => [...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(identifiers) == len(set(identifiers))
    for link in links:
        url = urlparse(link)
        assert url.scheme in ("", "https"), link
        if url.path and not url.scheme:
            assert (path.parent / url2pathname(url.path)).is_file(), link
        elif not url.scheme:
            assert unquote(url.fragment) in identifiers, link


def number(text: str) -> float:
    return float(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))


@pytest.mark.parametrize("name", ["default", "depth"])
def test_a_click_sorts_a_table_by_a_column(visit, name):
    page = visit(PUBLISHED / name / "report.html")
    button = page.locator("table.sortable").first.locator("thead th").nth(2).get_by_role("button")
    before = [number(text) for text in page.evaluate(COLUMN, 2)]
    orders = []
    for _ in range(2):
        button.click()
        orders.append([number(text) for text in page.evaluate(COLUMN, 2)])
    assert len(set(before)) > 2
    assert orders == [sorted(before), sorted(before, reverse=True)]


def test_without_a_script_it_is_complete(visit):
    path = PUBLISHED / "default" / "report.html"
    texts = [
        visit(path, java_script_enabled=enabled).locator("main").inner_text().split()
        for enabled in (True, False)
    ]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 1000


def test_the_keyboard_reaches_the_content_first(visit):
    page = visit(PUBLISHED / "default" / "report.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
