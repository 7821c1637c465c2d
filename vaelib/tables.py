"""The report's sentences and table, in HTML."""

import html
import math

import pandas as pd

from vaelib.metrics import SSIM_WINDOW
from vaelib.results import METRICS, Metric


def answer(summary: pd.DataFrame, facts: dict) -> str:
    """Return the answer of a study in a sentence or two, computed from its table.

    Parameters
    ----------
    summary : pandas.DataFrame
        See `results.summarize`.
    facts : dict
        Of ``study.json``.

    Returns
    -------
    str
        HTML.
    """
    images, study = facts["images"], facts["study"]
    seeds = len(study["seeds"])
    setting = (
        f"On {html.escape(study['dataset'])} ({images['train']:,} training images, "
        f"{_counted(study['epochs'], 'epoch')}, {_counted(seeds, 'seed')} each)"
    )
    ranked = summary.dropna(subset=["elbo"])
    if ranked.empty:
        return f"{setting}, no model finished: there is nothing to compare."
    best = ranked.iloc[0]
    text = f"{setting}, <b>{html.escape(best['activation'])}</b> reaches the best test ELBO: "
    text += f"{_number(best['elbo'], 4)} nats"
    text += f"{_interval(best, 'elbo', 4, ', 95 % interval ')}. "
    if len(ranked) == 1:
        return text + "Nothing else was compared."
    if math.isnan(best["elbo_low"]):
        return text + "With one seed, nothing can be said about chance."
    tied = [html.escape(name) for name in ranked.iloc[1:].query("elbo_tie")["activation"]]
    if tied:
        text += f"Not told apart from it over these seeds: {_listed(tied)}. "
    else:
        text += "All others are worse beyond the chance of the seeds. "
    worst = ranked.iloc[-1]
    text += (
        f"The worst, {html.escape(worst['activation'])}, is "
        f"{_number(best['elbo'] - worst['elbo'], 3)} nats behind."
    )
    return text


def table(summary: pd.DataFrame) -> str:
    """Return the table of activations by metrics, with intervals.

    Parameters
    ----------
    summary : pandas.DataFrame
        See `results.summarize`; rows keep their order.

    Returns
    -------
    str
        HTML; the best of a column is marked ``best``, what is not told apart
        from it ``tie``.
    """
    head = "".join(f"<th>{html.escape(metric.label)}</th>" for metric in METRICS)
    rows = []
    for _, row in summary.iterrows():
        cells = "".join(_cell(row, metric, summary) for metric in METRICS)
        models = f"{row['runs'] - row['diverged']} of {row['runs']}"
        rows.append(f"<tr><th>{html.escape(row['activation'])}</th><td>{models}</td>{cells}</tr>")
    return (
        f"<table><thead><tr><th>activation</th><th>models finished</th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def note(facts: dict, identical: int) -> str:
    """Return how to read the table.

    Parameters
    ----------
    facts : dict
        Of ``study.json``.
    identical : int
        Test images that some model reconstructed without any error.
    """
    study, target = facts["study"], facts["target_loss"]
    sentences = [
        "Means over seeds; below each, Student's 95 % interval. Sorted by test ELBO (evidence "
        "lower bound, higher is better). Dark: the best of a column; light: not told apart from "
        "it, as the interval of the difference paired by seed holds 0. Nothing is corrected for "
        "the number of comparisons.",
        "Test images were scored once, after training.",
    ]
    if target is not None:
        chosen = "the median over all models of the loss they end with"
        if study["target_loss"] is not None:
            chosen = "set by the study"
        sentences.append(
            f"The target is a validation loss of {target:.2f} nats ({chosen}); where a model "
            "missed it, there is no mean."
        )
    sentences += [
        "The generalisation gap is the training ELBO less the test ELBO; a model that learned "
        "little has little to lose, so no value is marked as best.",
        "The gradient ratio is the gradient's root mean square at the first hidden layer over "
        "that at the last, after training: under 1 it shrinks on its way back, above 1 it grows.",
        "Seconds per epoch are those of training, on one core of a machine that shares it.",
    ]
    if min(facts["images"]["shape"][:2]) < SSIM_WINDOW:
        sentences.append(
            f"Images under {SSIM_WINDOW} pixels: SSIM is computed with a smaller, uniform window "
            "and is not comparable with published values."
        )
    if identical:
        sentences.append(
            f"{_counted(identical, 'image')} came out identical; their PSNR is infinite and left "
            "out of its mean."
        )
    return f'<p class="note">{" ".join(sentences)}</p>'


def failures(failed: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Return the list of failed runs and diverged models, each with its cause.

    Parameters
    ----------
    failed : pandas.DataFrame
        Columns ``activation`` and ``reason``.
    summary : pandas.DataFrame
        See `results.summarize`.
    """
    items = [
        f"<b>{html.escape(row.activation)}</b> failed and is missing here: "
        f"{html.escape(str(row.reason))}"
        for row in failed.itertuples()
    ]
    items += [
        f"<b>{html.escape(row.activation)}</b>: {row.diverged} of {_counted(row.runs, 'model')} "
        "diverged (the loss was no longer a number); they count in no mean"
        for row in summary[summary["diverged"] > 0].itertuples()
    ]
    if not items:
        return "<p>No run failed or diverged.</p>"
    return f'<ul class="failure">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


def _cell(row: pd.Series, metric: Metric, summary: pd.DataFrame) -> str:
    value = row[metric.column]
    if math.isnan(value):
        models = row["runs"] - row["diverged"]
        if metric.column == "epochs_to_target" and models > 0:
            reached = f"{row['reached']} of {models}"
            return f'<td>&ndash;<span class="interval">{reached} reached it</span></td>'
        return "<td>&ndash;</td>"
    column = summary[metric.column]
    is_best = metric.best != "none" and value == (
        column.max() if metric.best == "highest" else column.min()
    )
    mark = "best" if is_best else "tie" if row[f"{metric.column}_tie"] else ""
    interval = _interval(row, metric.column, metric.digits)
    return (
        f'<td class="{mark}">{_number(value, metric.digits)}'
        f'<span class="interval">{interval}</span></td>'
    )


def _interval(row: pd.Series, column: str, digits: int, lead: str = "") -> str:
    low, high = row[f"{column}_low"], row[f"{column}_high"]
    if math.isnan(low):
        return ""
    return f"{lead}{_number(low, digits)} to {_number(high, digits)}"


def _number(value: float, digits: int) -> str:
    """Show significant digits, with a true minus sign and no exponent."""
    if math.isinf(value):
        return "\N{INFINITY}"
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(places, 8)}f}".replace("-", "\N{MINUS SIGN}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
