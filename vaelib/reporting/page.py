"""From an executed notebook to one self-contained page."""

import base64
import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from vaelib.results import files

TEMPLATES = Path(__file__).parent / "templates"
_SCRIPTS = ("contents.js", "sort.js")
NOTEBOOK_ONLY = "notebook"  # tag of cells that a page leaves out
_LEFT_OUT = [NOTEBOOK_ONLY, "injected-parameters"]  # papermill gives the latter a random id


def to_html(
    executed: Path,
    page: Path,
    title: str,
    subtitle: str = "",
    links: Mapping[str, str] | None = None,
) -> Path:
    """Convert an executed notebook to one HTML page that loads nothing from a network.

    Parameters
    ----------
    executed : path
        A notebook with outputs. Cells with the tag ``notebook`` are left out.
    page : path
        The file to write; it is replaced only once the page is complete.
    title, subtitle, links
        See `write`.

    Returns
    -------
    pathlib.Path
        `page`.
    """
    from bs4 import BeautifulSoup
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    exporter = HTMLExporter(
        template_name="report",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        config=Config(TagRemovePreprocessor={"enabled": True, "remove_cell_tags": _LEFT_OUT}),
    )
    html, _ = exporter.from_filename(str(executed))
    body = BeautifulSoup(html, "html.parser")
    contents, used = [], set()
    for anchor in body.find_all("a", class_="anchor-link"):
        anchor.decompose()
    for heading in body.find_all("h2"):
        text = heading.get_text().strip()
        heading["id"] = _identifier(text, used)
        contents.append((text, heading["id"]))
    return write(page, str(body), title, subtitle, links, contents)


def write(
    page: Path,
    body: str,
    title: str,
    subtitle: str = "",
    links: Mapping[str, str] | None = None,
    contents: Sequence[tuple[str, str]] = (),
) -> Path:
    """Write a page in the design of all pages.

    Parameters
    ----------
    page : path
        It is replaced only once the page is complete.
    body : str
        HTML.
    title, subtitle : str
        Text above the body.
    links : mapping of str to str, optional
        Other pages: by their text, where they are, from this page.
    contents : sequence of (str, str)
        Text and identifier of each heading.

    Returns
    -------
    pathlib.Path
        `page`.
    """
    script = "".join((TEMPLATES / "page" / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    html = _template().render(
        title=title,
        subtitle=subtitle,
        links=links or {},
        contents=contents,
        body=Markup(body),
        style=Markup((TEMPLATES / "page" / "style.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_hash=Markup(f"sha256-{digest}"),
    )
    with files.whole(page) as partial:
        partial.write_text(html, encoding="utf-8")
    return page


@functools.cache
def _template() -> jinja2.Template:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("base.html.j2")


def _identifier(text: str, used: set[str]) -> str:
    """Return an identifier of a heading that no other has, and note that it is used."""
    first = re.sub(r"\W+", "-", text.lower()).strip("-") or "section"
    name, number = first, 1
    while name in used:
        number += 1
        name = f"{first}-{number}"
    used.add(name)
    return name
