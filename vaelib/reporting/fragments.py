"""The parts of a page in HTML: one function a fragment, rendered from a template.

Every value is escaped by the templates' autoescaping, so that names of activations
and data sets, and causes of failures, may contain any character.
"""

import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import jinja2
import pandas as pd

from vaelib.analysis.claims.conclusions import Claim
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.verdicts import Verdict
from vaelib.reporting import embedding, findings, sentences, tables
from vaelib.results import files
from vaelib.results.columns import Metric

if TYPE_CHECKING:  # at run time it would load matplotlib
    from matplotlib.figure import Figure


class Fragment(str):
    """A piece of HTML that a notebook displays as such."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def answer(
    summaries: Sequence[pd.DataFrame], judged: Sequence[pd.DataFrame], facts: dict
) -> Fragment:
    """Return the answer; of several comparisons the one over all, and each's in a list.

    Parameters
    ----------
    summaries, judged : sequence of pandas.DataFrame
        Of each comparison; see `analysis.summary.summarize` and `comparisons.judge`.
    facts : dict
        Of ``study.json``.
    """
    tabled = zip(summaries, judged, strict=True)
    single = [sentences.answer(*one, facts, i) for i, one in enumerate(tabled)]
    first = sentences.headline(summaries, judged, facts)
    return _render("answer", first=first, others=single if len(single) > 1 else [])


def figure(drawn: "Figure", caption: str) -> Fragment:
    """Return a figure with its caption, which is its text alternative, too.

    Parameters
    ----------
    drawn : matplotlib.figure.Figure
    caption : str
        See `sentences.captions`.
    """
    return _render("figure", figure=embedding.embed(drawn), caption=caption)


def results(summary: pd.DataFrame, facts: dict, index: int = 0) -> Fragment:
    """Return the table of activations by metrics, the less important ones folded.

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
    caption = "Means over replicates, with 95 % intervals; the best test ELBO first."
    sources = {"summary.csv": "unrounded", "runs.csv": "model by model"}
    more = (
        "More metrics: bounds, samples, latent units, speed of learning, generalisation, gradients"
    )
    others = _folded(more, _table(tables.other_metrics(summary), caption, sources))
    return Fragment(_table(tables.results(summary, pca), caption, sources) + others)


def overview(summaries: Sequence[pd.DataFrame], labels: Sequence[str]) -> Fragment:
    """Return the test ELBO in every comparison; see `tables.overview`."""
    caption = "Test ELBO of every activation in every setting, in nats."
    return _table(tables.overview(summaries, labels), caption, {"summary.csv": "unrounded"})


def plain_table(frame: pd.DataFrame, caption: str = "") -> Fragment:
    """Return any table with its index; see `tables.plain`."""
    return _table(tables.plain(frame), caption)


def leaders(led: pd.DataFrame, unit: str) -> Fragment:
    """Return who leads at each budget, folded; see `tables.leaders`."""
    summary = f"Who leads after how many {unit}, and which verdicts hold there"
    return _folded(summary, _table(tables.leaders(led, unit)))


def note(facts: dict, identical: int, index: int = 0) -> Fragment:
    """Return how to read the tables of results, folded; see `sentences.note`."""
    items = _render("sentences", title="", sentences=sentences.note(facts, identical, index))
    return _folded("How to read the tables, and what is behind each column", items, note=True)


def images(facts: dict) -> Fragment:
    """Return what the images are, and the list of what was skipped; see `sentences.images`."""
    return _render("images", images=sentences.images(facts))


def verdict_note(facts: dict, pairs: pd.DataFrame, index: int = 0) -> Fragment:
    """Return how to read the verdicts; see `sentences.verdict_note`."""
    return _render("note", sentences=sentences.verdict_note(facts, pairs, index))


def verdict_matrices(
    pairs: pd.DataFrame, order: Sequence[str], metrics: Sequence[Metric], caption: str
) -> Fragment:
    """Return the verdicts on every pair of activations, a table for each metric.

    Parameters
    ----------
    pairs : pandas.DataFrame
        See `comparisons.judge`.
    order : sequence of str
        Activations.
    metrics : sequence of Metric
    caption : str
        See `captions.verdict_matrices`.
    """
    matrices = {
        metric.title: findings.verdict_matrix(pairs[pairs["metric"] == metric.column], order)
        for metric in metrics
    }
    legend = [findings.verdict_cell(one) for one in Verdict]
    return _render("verdict_matrices", matrices=matrices, legend=legend, caption=caption)


def failures(failed: pd.DataFrame, runs: pd.DataFrame) -> Fragment:
    """Return the list of failed runs and diverged models; see `sentences.failures`."""
    return _render("failures", statements=sentences.failures(failed, runs))


def diagnoses(faults: Sequence[pd.DataFrame], labels: Sequence[str]) -> Fragment:
    """Return the causes of bad results, and which results are not bad.

    Parameters
    ----------
    faults, labels
        See `findings.problems`.
    """
    found = findings.problems(faults, labels)
    return _render("problems", problems=found, sentences=sentences.sound(faults, labels))


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


def index(studies: Sequence[Mapping], claims: Sequence[Mapping]) -> Fragment:
    """Return the cards of all studies, and the verdicts on the claims.

    Parameters
    ----------
    studies : sequence of mapping
        ``name``, ``page``, ``question``, ``described`` and ``answer``, a `Statement`, or
        None, where the report is of another version; else ``cost``, ``outdated`` and
        ``picture``.
    claims : sequence of mapping
        ``no.``, ``claim``, ``part`` and ``verdict``.
    """
    return _render("index", studies=studies, claims=claims)


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


def questions(answers: Sequence[sentences.Answer]) -> Fragment:
    """Return questions with their answers, and links to the claims they rest on."""
    return _render("questions", answers=answers)


def verdicts(found: Sequence[Claim]) -> Fragment:
    """Return the table of the verdicts on all claims, with links to their cards.

    Parameters
    ----------
    found : sequence of Claim
        The parts of a claim one after another.
    """
    claims = [list(parts) for _, parts in itertools.groupby(found, lambda one: one.number)]
    return _render(
        "verdicts",
        claims=claims,
        outcomes=list(Outcome),
        counted=sentences.counted,
        symbols=sentences.SYMBOLS,
        source=files.CLAIMS,
    )


def claim_card(
    found: Sequence[Claim], figures: Sequence[str] = (), shared: Sequence[Fragment] = ()
) -> Fragment:
    """Return the card of a claim: its sources; verdict, conditions, figure, rows of each part.

    Parameters
    ----------
    found : sequence of Claim
        All parts of one claim.
    figures : sequence of str
        HTML of one for each part, empty for none; by default there are none.
    shared : sequence of Fragment
        What the parts have in common, before them.
    """
    parts = [
        {
            "claim": one,
            "sensitivity": sentences.sensitivity(one),
            "figure": figure,
            "rows": _evidence(one),
        }
        for one, figure in itertools.zip_longest(found, figures, fillvalue="")
    ]
    return _render(
        "claim_card",
        statement=found[0].statement,
        parts=parts,
        shared=shared,
        cited=sentences.cited,
        symbols=sentences.SYMBOLS,
    )


def _evidence(judged: Claim) -> Fragment:
    """Return the rows that a claim rests on, folded, without the columns that never vary."""
    rows = judged.evidence
    if rows.empty:
        return Fragment()
    shown = rows.map(str)
    varying = [name for name in rows if len(set(shown[name])) > 1] or list(rows)[:1]
    part = f", {judged.part}" if judged.part else ""
    title = f"The rows behind claim {judged.number}{part} ({len(rows)})"
    return _folded(title, plain_table(rows[varying].set_index(varying[0]), title))


def reconstructions(original: str, rows: Sequence[dict]) -> Fragment:
    """Return a test image beside its reconstructions.

    Parameters
    ----------
    original : str
        Data URL of the image.
    rows : sequence of dict
        ``name``; ``image``, ``error`` and ``map`` of SSIM, data URLs; ``mse``, ``ssim``.
    """
    return _render("reconstructions", original=original, rows=rows)


def strips(rows: Sequence[tuple[str, str]]) -> Fragment:
    """Return rows of images beside their names.

    Parameters
    ----------
    rows : sequence of (str, str)
        Name, and data URL.
    """
    return _render("strips", rows=rows)


def _table(
    table: tables.Table, caption: str = "", sources: Mapping[str, str] | None = None
) -> Fragment:
    """Return a table; `sources` are its files, and what is in them."""
    return _render("table", table=table, caption=caption, sources=sources or {})


def _folded(summary: str, content: Fragment, note: bool = False) -> Fragment:
    """Return what is shown once its summary is clicked."""
    return _render("folded", summary=summary, content=content, note=note)


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
