"""The parts of a study's page, and of the page of all studies, in HTML."""

from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.analysis.verdicts import Verdict
from vaelib.reporting import findings, sentences, tables
from vaelib.reporting.fragments.markup import Fragment, folded, render, table
from vaelib.results.columns import Metric


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
    return render("answer", first=first, others=single if len(single) > 1 else [])


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
    race = facts["study"].get("design") == "race"
    first = "those that the race kept longest" if race else "the best test ELBO"
    caption = f"Means over replicates, with 95 % intervals; {first} first."
    sources = {"summary.csv": "unrounded", "runs.csv": "model by model"}
    more = (
        "More metrics: bounds, samples, latent units, speed of learning, generalisation, gradients"
    )
    others = folded(more, table(tables.other_metrics(summary), caption, sources))
    return Fragment(table(tables.results(summary, pca), caption, sources) + others)


def overview(summaries: Sequence[pd.DataFrame], labels: Sequence[str]) -> Fragment:
    """Return the test ELBO in every comparison; see `tables.overview`."""
    caption = "Test ELBO of every activation in every setting, in nats."
    return table(tables.overview(summaries, labels), caption, {"summary.csv": "unrounded"})


def leaders(led: pd.DataFrame, unit: str) -> Fragment:
    """Return who leads at each budget, folded; see `tables.leaders`."""
    summary = f"Who leads after how many {unit}, and which verdicts hold there"
    caption = f"The leader by mean validation ELBO after each number of {unit}, and its verdicts."
    sources = {"history.parquet": "epoch by epoch"}
    return folded(summary, table(tables.leaders(led, unit), caption, sources))


def note(facts: dict, identical: int, index: int = 0) -> Fragment:
    """Return how to read the tables of results, folded; see `sentences.note`."""
    items = render("sentences", title="", sentences=sentences.note(facts, identical, index))
    return folded("How to read the tables, and what is behind each column", items, note=True)


def images(facts: dict) -> Fragment:
    """Return what the images are, and the list of what was skipped; see `sentences.images`."""
    return render("images", images=sentences.images(facts))


def verdict_note(facts: dict, pairs: pd.DataFrame, index: int = 0) -> Fragment:
    """Return how to read the verdicts; see `sentences.verdict_note`."""
    return render("note", sentences=sentences.verdict_note(facts, pairs, index))


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
    sources = {"verdicts.csv": "every pair with its difference and p"}
    return render(
        "verdict_matrices", matrices=matrices, legend=legend, caption=caption, sources=sources
    )


def failures(failed: pd.DataFrame, runs: pd.DataFrame) -> Fragment:
    """Return the list of failed runs and diverged models; see `sentences.failures`."""
    return render("failures", statements=sentences.failures(failed, runs))


def diagnoses(faults: Sequence[pd.DataFrame], labels: Sequence[str]) -> Fragment:
    """Return the causes of bad results, and which results are not bad.

    Parameters
    ----------
    faults, labels
        See `findings.problems`.
    """
    found = findings.problems(faults, labels)
    return render("problems", problems=found, sentences=sentences.sound(faults, labels))


def tuning(table: pd.DataFrame, default: dict, title: str = "") -> Fragment:
    """Return the list of what was chosen for each activation; see `sentences.tuning`.

    Parameters
    ----------
    table, default
        See `sentences.tuning`.
    title : str
        Above the list; empty for none.
    """
    return render("sentences", title=title, sentences=sentences.tuning(table, default))


def race_stages(facts: dict, index: int = 0) -> Fragment:
    """Return the list of a race's stages; see `sentences.race_stages`."""
    return render(
        "sentences",
        title=facts["comparisons"][index]["label"],
        sentences=sentences.race_stages(facts, index),
    )


def settings(facts: dict) -> Fragment:
    """Return the table of all that is needed to repeat a study; see `tables.settings`."""
    return render("settings", settings=tables.settings(facts))


def own_activations(facts: dict) -> Fragment:
    """Return the files that activations of a study come from, as text."""
    return render("own_activations", functions=facts["own_activations"])


def index(studies: Sequence[Mapping], claims: Sequence[Mapping]) -> Fragment:
    """Return the cards of all studies, and the verdicts on the claims.

    Parameters
    ----------
    studies : sequence of mapping
        ``name``, ``page``, ``question``, ``described`` and ``answer``, a `Statement`, or
        None, where the report is of another version; else ``cost``, ``changed`` and
        ``picture``.
    claims : sequence of mapping
        ``no.``, ``claim``, ``part`` and ``verdict``.
    """
    return render("index", studies=studies, claims=claims)
