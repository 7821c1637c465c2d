"""HTML of any page: rendered from templates, tables, figures, sentences.

Every value is escaped by the templates' autoescaping, so that names of activations
and data sets, and causes of failures, may contain any character.
"""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import jinja2
import pandas as pd

from vaelib.reporting import embedding, tables

if TYPE_CHECKING:  # at run time it would load matplotlib
    from matplotlib.figure import Figure


class Fragment(str):
    """A piece of HTML that a notebook displays as such."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def figure(drawn: "Figure", caption: str) -> Fragment:
    """Return a figure with its caption, which is its text alternative, too.

    Parameters
    ----------
    drawn : matplotlib.figure.Figure
    caption : str
        See `sentences.captions`.
    """
    return render("figure", figure=embedding.embed(drawn), caption=caption)


def plain_table(
    frame: pd.DataFrame, caption: str = "", sources: Mapping[str, str] | None = None
) -> Fragment:
    """Return any table with its index; see `tables.plain` and `table`."""
    return table(tables.plain(frame), caption, sources)


def text(sentence: str) -> Fragment:
    """Return a sentence as a paragraph."""
    return render("note", sentences=[sentence])


def section(name: str, **values) -> Fragment:
    """Return the heading and the introduction of a section that only some pages have.

    Parameters
    ----------
    name : str
        Of a template in ``templates/fragments/sections``.
    **values
        What the template inserts.
    """
    return render(f"sections/{name}", **values)


def table(
    table: tables.Table, caption: str = "", sources: Mapping[str, str] | None = None
) -> Fragment:
    """Return a table; `sources` are its files, and what is in them."""
    return render("table", table=table, caption=caption, sources=sources or {})


def folded(summary: str, content: Fragment, note: bool = False) -> Fragment:
    """Return what is shown once its summary is clicked."""
    return render("folded", summary=summary, content=content, note=note)


def render(name: str, **values) -> Fragment:
    return Fragment(_environment().get_template(f"{name}.html.j2").render(values))


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("vaelib.reporting", "templates/fragments"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
