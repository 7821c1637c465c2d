"""The report's sentences and table, in HTML."""

import html
import math
from collections.abc import Sequence

import pandas as pd

from vaelib.analysis import comparisons
from vaelib.analysis import tuning as tuning_results
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import count, interval, listed, nats, number
from vaelib.metrics import SSIM_WINDOW
from vaelib.results.columns import METRICS, Direction, Metric
from vaelib.results.keys import Status


def answer(summary: pd.DataFrame, pairs: pd.DataFrame, facts: dict, index: int = 0) -> str:
    """Return the answer of a comparison in a sentence or two, computed from its tables.

    Parameters
    ----------
    summary : pandas.DataFrame
        See `results.summarize`.
    pairs : pandas.DataFrame
        The verdicts; see `comparisons.judge`.
    facts : dict
        Of ``study.json``.
    index : int
        Of the comparison.

    Returns
    -------
    str
        HTML.
    """
    comparison, study = facts["comparisons"][index], facts["study"]
    label = f", {html.escape(comparison['label'])}" if comparison["label"] else ""
    setting = (
        f"On {html.escape(comparison['dataset'])} ({comparison['train_size']:,} training images, "
        f"{count(study['epochs'], 'epoch')}, {count(len(study['seeds']), 'seed')} "
        f"each{label})"
    )
    if index:
        setting = f"With {html.escape(comparison['label'])}"
    ranked = summary.dropna(subset=["elbo"])
    if ranked.empty:
        return f"{setting}, no model finished: there is nothing to compare."
    best = ranked.iloc[0]
    text = f"{setting}, <b>{html.escape(best['activation'])}</b> reaches the best test ELBO: "
    within = interval(best["elbo_low"], best["elbo_high"], 4)
    within = f", 95 % interval {within}" if within else ""
    text += f"{number(best['elbo'], 4)} nats"
    text += f"{within}. "
    if len(ranked) == 1:
        return text + "Nothing else was compared."
    if math.isnan(best["elbo_low"]):
        return text + "With one seed, nothing can be said about chance."
    worst = ranked.iloc[-1]
    return (
        text
        + _standing(best["activation"], pairs, study["margins"]["elbo"])
        + f" The worst, {html.escape(worst['activation'])}, is "
        f"{number(best['elbo'] - worst['elbo'], 3)} nats behind."
    )


def _standing(best: str, pairs: pd.DataFrame, margin: float) -> str:
    """Say how the best stands against each of the others, by verdict."""
    against = comparisons.verdicts_against_others(pairs, best, "elbo")
    groups = {verdict: list(rows.index) for verdict, rows in against.groupby("verdict")}
    better, tied, unknown = (
        [html.escape(name) for name in groups.get(verdict, [])]
        for verdict in (Verdict.BETTER, Verdict.TIED, Verdict.OPEN)
    )
    if len(better) == len(against):
        others = {1: "the other", 2: "both others"}.get(len(better), f"all {len(better)} others")
        return f"It is better than {others}."
    parts = [f"It is better than {listed(better) if better else 'none beyond chance'}"]
    if tied:
        parts.append(f"practically tied with it (within {margin:g} nats): {listed(tied)}")
    if unknown:
        needed = against["needed"].max()
        seeds = "" if math.isnan(needed) else f"; about {needed:.0f} seeds would settle it"
        seeds = "; a million seeds would not settle it" if math.isinf(needed) else seeds
        parts.append(f"not enough evidence against {listed(unknown)}{seeds}")
    return f"{'; '.join(parts)}."


def overview(summaries: Sequence[pd.DataFrame], labels: Sequence[str]) -> str:
    """Return the test ELBO of every activation in every comparison.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `results.summarize`.
    labels : sequence of str
        Of the comparisons.

    Returns
    -------
    str
        HTML, marked as in `table`.
    """
    elbo = METRICS[0]
    indexed = [summary.set_index("activation") for summary in summaries]
    names = list(dict.fromkeys(name for one in indexed for name in one.index))
    head = "".join(f"<th>{html.escape(label)}</th>" for label in labels)
    rows = []
    for name in names:
        cells = "".join(
            _cell(one.loc[name], elbo, one) if name in one.index else "<td>&ndash;</td>"
            for one in indexed
        )
        rows.append(f"<tr><th>{html.escape(name)}</th>{cells}</tr>")
    return (
        f"<table><thead><tr><th>test ELBO (nats)</th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


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
    head = "".join(f"<th>{html.escape(metric.title)}</th>" for metric in METRICS)
    rows = []
    for _, row in summary.iterrows():
        cells = "".join(_cell(row, metric, summary) for metric in METRICS)
        models = f"{row['runs'] - row['diverged']} of {row['runs']}"
        rows.append(f"<tr><th>{html.escape(row['activation'])}</th><td>{models}</td>{cells}</tr>")
    return (
        f"<table><thead><tr><th>activation</th><th>models finished</th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def note(facts: dict, identical: int, index: int = 0) -> str:
    """Return how to read the table.

    Parameters
    ----------
    facts : dict
        Of ``study.json``.
    identical : int
        Test images that some model reconstructed without any error.
    index : int
        Of the comparison.
    """
    study, comparison = facts["study"], facts["comparisons"][index]
    target = comparison["target_loss"]
    sentences = [
        "Means over seeds; below each, Student's 95 % interval. Sorted by test ELBO (evidence "
        "lower bound, higher is better). Dark: the best of a column; light: not worse than it by "
        "verdict (see below), where there is one.",
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
    if min(facts["images"][comparison["dataset"]]["shape"][:2]) < SSIM_WINDOW:
        sentences.append(
            f"Images under {SSIM_WINDOW} pixels: SSIM is computed with a smaller, uniform window "
            "and is not comparable with published values."
        )
    if identical:
        sentences.append(
            f"{count(identical, 'image')} came out identical; their PSNR is infinite and left "
            "out of its mean."
        )
    return f'<p class="note">{" ".join(sentences)}</p>'


def verdict_note(facts: dict, pairs: pd.DataFrame) -> str:
    """Return how to read the verdicts.

    Parameters
    ----------
    facts : dict
        Of ``study.json``.
    pairs : pandas.DataFrame
        Of one comparison; see `comparisons.judge`.
    """
    margins = facts["study"]["margins"]
    family = int(pairs.groupby("metric").size().max()) if len(pairs) else 0
    stated = ", ".join(f"{name} {margin:g}" for name, margin in margins.items())
    return (
        '<p class="note">Models are paired by seed: same split, order and noise. Better or worse: '
        "the exact Wilcoxon signed-rank test is significant at 5 % after Holm's correction for the "
        f"{count(family, 'pair')} of a metric, and the studentised bootstrap's 95 % interval of "
        "the difference leaves out 0. Practically tied: that interval lies within the margin "
        f"({html.escape(stated)}). Else there is not enough evidence; <code>verdicts.csv</code> "
        "says for each pair how many seeds would settle it.</p>"
    )


def failures(failed: pd.DataFrame, runs: pd.DataFrame) -> str:
    """Return the list of failed runs and diverged models, each with its cause.

    Parameters
    ----------
    failed : pandas.DataFrame
        Columns ``dataset``, ``activation`` and ``reason``.
    runs : pandas.DataFrame
        Of the whole study; see `runs.train`.
    """
    items = [
        f"<b>{html.escape(row.activation)}</b> failed on {html.escape(row.dataset)} and is "
        f"missing here: {html.escape(str(row.reason))}"
        for row in failed.itertuples()
    ]
    diverged = runs[runs["status"] == Status.DIVERGED] if len(runs) else runs
    for name, rows in diverged.groupby("activation") if len(diverged) else ():
        models = count(int((runs["activation"] == name).sum()), "model")
        rates = listed([f"{rate:g}" for rate in sorted(rows["learning_rate"].unique())])
        items.append(
            f"<b>{html.escape(name)}</b>: {len(rows)} of {models} diverged (the loss was no "
            f"longer a number), at learning rate {rates}; they count in no mean"
        )
    if not items:
        return "<p>No run failed or diverged.</p>"
    return f'<ul class="failure">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


def diagnoses(faults: pd.DataFrame) -> str:
    """Return what is wrong with each bad result of a comparison, and which are sound.

    Parameters
    ----------
    faults : pandas.DataFrame
        See `diagnose.diagnose_study`.
    """
    items = [html.escape(sentence) for sentence in faults.loc[faults["bad"], "sentence"]]
    sound = [html.escape(name) for name in faults.loc[~faults["bad"], "activation"]]
    if sound:
        items.append(f"no fault found: {listed(sound)}")
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _cell(row: pd.Series, metric: Metric, summary: pd.DataFrame) -> str:
    value = row[metric.column]
    if math.isnan(value):
        models = row["runs"] - row["diverged"]
        if metric.column == "epochs_to_target" and models > 0:
            reached = f"{row['reached']} of {models}"
            return f'<td>&ndash;<span class="interval">{reached} reached it</span></td>'
        return "<td>&ndash;</td>"
    column = summary[metric.column]
    is_best = (
        metric.marks_best
        and metric.direction != Direction.NEITHER
        and value == (column.max() if metric.direction == Direction.HIGHER else column.min())
    )
    mark = "best" if is_best else "tie" if row[f"{metric.column}_tie"] else ""
    within = interval(row[f"{metric.column}_low"], row[f"{metric.column}_high"], metric.digits)
    return (
        f'<td class="{mark}">{number(value, metric.digits)}'
        f'<span class="interval">{within}</span></td>'
    )


def tuning(runs: pd.DataFrame, default: pd.DataFrame, tuned: pd.DataFrame) -> str:
    """Return what tuning the learning rate changes, in HTML.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one setting; see `runs.train`.
    default, tuned : pandas.DataFrame
        Verdicts at the default and at the tuned rates; see `comparisons.judge`.
    """
    picked = tuning_results.selected_rates(runs)
    edges = picked[picked["edge"] != ""]
    rates = "; ".join(
        f"{html.escape(row.activation)} {row.learning_rate:g}" for row in picked.itertuples()
    )
    lines = [f"Best on the validation images, each with the same grid and seeds: {rates}."]
    if len(edges):
        named = "; ".join(
            f"{html.escape(row.activation)} (the {row.edge})" for row in edges.itertuples()
        )
        lines.append(f"At the edge of the grid, so a better rate may lie beyond it: {named}.")
    else:
        lines.append("No chosen rate lies at the edge of the grid.")
    turned = tuning_results.order_changes(default, tuned)
    decided = turned[turned["decided"]]
    for row in decided.itertuples():
        default_gap = nats(row.difference_default, signed=True)
        tuned_gap = nats(row.difference_tuned, signed=True)
        lines.append(
            f"The ranking flips: {html.escape(row.a)} is {row.verdict_default} than "
            f"{html.escape(row.b)} at the default rate ({default_gap} nats) and "
            f"{row.verdict_tuned} when both are tuned ({tuned_gap} nats)."
        )
    if decided.empty:
        lines.append("No pair's verdict flips between default and tuned rates.")
    others = len(turned) - len(decided)
    if others:
        changed = "1 pair changes" if others == 1 else f"{others} pairs change"
        lines.append(f"{changed} order between default and tuned rates without a verdict in both.")
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"
