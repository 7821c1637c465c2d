"""The parts of a page in HTML: one function a fragment, rendered from a template.

Every value is escaped by the templates' autoescaping, so that names of activations
and data sets, and causes of failures, may contain any character.
"""

import functools
from collections.abc import Sequence

import jinja2
import pandas as pd

from vaelib.analysis.claims.conclusions import Claim
from vaelib.reporting import sentences, tables


class Fragment(str):
    """A piece of HTML that a notebook displays as such."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def answer(
    summaries: Sequence[pd.DataFrame], judged: Sequence[pd.DataFrame], facts: dict
) -> Fragment:
    """Return the answer of the first comparison, and those of the others as a list.

    Parameters
    ----------
    summaries, judged : sequence of pandas.DataFrame
        Of each comparison; see `analysis.summary.summarize` and `comparisons.judge`.
    facts : dict
        Of ``study.json``.
    """
    tabled = zip(summaries, judged, strict=True)
    first, *others = [sentences.answer(*one, facts, i) for i, one in enumerate(tabled)]
    return _render("answer", first=first, others=others)


def results(summary: pd.DataFrame, facts: dict, index: int = 0) -> Fragment:
    """Return the table of activations by metrics; see `tables.results`.

    Parameters
    ----------
    summary : pandas.DataFrame
        See `analysis.summary.summarize`.
    facts : dict
        Of ``study.json``.
    index : int
        Of the comparison.
    """
    # Reports of earlier versions know no PCA.
    pca = facts["comparisons"][index].get("pca")
    return _render("table", table=tables.results(summary, pca))


def overview(summaries: Sequence[pd.DataFrame], labels: Sequence[str]) -> Fragment:
    """Return the test ELBO in every comparison; see `tables.overview`."""
    return _render("table", table=tables.overview(summaries, labels))


def plain_table(frame: pd.DataFrame) -> Fragment:
    """Return any table with its index; see `tables.plain`."""
    return _render("table", table=tables.plain(frame))


def note(facts: dict, identical: int, index: int = 0) -> Fragment:
    """Return how to read the table of results; see `sentences.note`."""
    return _render("note", sentences=sentences.note(facts, identical, index))


def images(facts: dict) -> Fragment:
    """Return what the images are, and the list of what was skipped; see `sentences.images`."""
    return _render("images", images=sentences.images(facts))


def verdict_note(facts: dict, pairs: pd.DataFrame, index: int = 0) -> Fragment:
    """Return how to read the verdicts; see `sentences.verdict_note`."""
    return _render("note", sentences=sentences.verdict_note(facts, pairs, index))


def failures(failed: pd.DataFrame, runs: pd.DataFrame) -> Fragment:
    """Return the list of failed runs and diverged models; see `sentences.failures`."""
    return _render("failures", statements=sentences.failures(failed, runs))


def diagnoses(faults: pd.DataFrame, title: str = "") -> Fragment:
    """Return the list of problems of a comparison; see `sentences.diagnoses`.

    Parameters
    ----------
    faults : pandas.DataFrame
        See `diagnosis.diagnose.diagnose_study`.
    title : str
        Above the list; empty for none.
    """
    return _render("sentences", title=title, sentences=sentences.diagnoses(faults))


def tuning(table: pd.DataFrame, default: dict, title: str = "") -> Fragment:
    """Return the list of what was chosen for each activation; see `sentences.tuning`.

    Parameters
    ----------
    table, default
        See `sentences.tuning`.
    title : str
        Above the list; empty for none.
    """
    return _render("sentences", title=title, sentences=sentences.tuning(table, default))


def race_stages(facts: dict, index: int = 0) -> Fragment:
    """Return the list of a race's stages; see `sentences.race_stages`."""
    return _render(
        "sentences",
        title=facts["comparisons"][index]["label"],
        sentences=sentences.race_stages(facts, index),
    )


def text(sentence: str) -> Fragment:
    """Return a sentence as a paragraph."""
    return _render("note", sentences=[sentence])


def settings(facts: dict) -> Fragment:
    """Return the table of all that is needed to repeat a study; see `tables.settings`."""
    return _render("settings", settings=tables.settings(facts))


def own_activations(facts: dict) -> Fragment:
    """Return the files that activations of a study come from, as text."""
    return _render("own_activations", functions=facts["own_activations"])


def section(name: str, **values) -> Fragment:
    """Return the heading and the introduction of a section that only some pages have.

    Parameters
    ----------
    name : str
        Of a template in ``templates/fragments/sections``.
    **values
        What the template inserts.
    """
    return _render(f"sections/{name}", **values)


def claim(judged: Claim) -> Fragment:
    """Return a claim, what counts as evidence, the verdict and its conditions."""
    return _render("claim", claim=judged)


def evidence(judged: Claim) -> Fragment:
    """Return the rows that a claim rests on, folded, without the columns that never vary."""
    rows = judged.evidence
    shown = rows.map(str)
    varying = [name for name in rows if len(set(shown[name])) > 1] or list(rows)[:1]
    table = tables.plain(rows[varying].set_index(varying[0])) if len(rows) else None
    return _render("evidence", claim=judged, table=table)


def reconstructions(original: str, rows: Sequence[dict]) -> Fragment:
    """Return a test image beside its reconstructions.

    Parameters
    ----------
    original : str
        Data URL of the image.
    rows : sequence of dict
        ``name``; ``image`` and ``error``, data URLs; ``mse``.
    """
    return _render("reconstructions", original=original, rows=rows)


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("vaelib.reporting", "templates/fragments"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(name: str, **values) -> Fragment:
    return Fragment(_environment().get_template(f"{name}.html.j2").render(values))
