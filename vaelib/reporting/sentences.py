"""The report's sentences: plain text computed from its tables, without any markup."""

import dataclasses
import math

import pandas as pd

from vaelib.analysis import comparisons
from vaelib.analysis import tuning as tuning_results
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import count, interval, listed, nats, number
from vaelib.metrics import SSIM_WINDOW
from vaelib.results.columns import BY_COLUMN
from vaelib.results.keys import Status


@dataclasses.dataclass(frozen=True)
class Statement:
    """A statement about one activation, whose name a page may emphasise.

    Attributes
    ----------
    before, name, after : str
        The text up to the activation's name, the name, the text after it.
    """

    before: str
    name: str
    after: str

    def __str__(self) -> str:
        return f"{self.before}{self.name}{self.after}"


def answer(summary: pd.DataFrame, pairs: pd.DataFrame, facts: dict, index: int = 0) -> Statement:
    """Return the answer of a comparison in a few sentences.

    Parameters
    ----------
    summary : pandas.DataFrame
        See `analysis.summary.summarize`.
    pairs : pandas.DataFrame
        The verdicts; see `comparisons.judge`.
    facts : dict
        Of ``study.json``.
    index : int
        Of the comparison.

    Returns
    -------
    Statement
        About the best activation; without a name where no model finished.
    """
    setting = _setting(facts, index)
    ranked = summary.dropna(subset=["elbo"])
    if ranked.empty:
        return Statement(setting, "", ", no model finished: there is nothing to compare.")
    best, worst = ranked.iloc[0], ranked.iloc[-1]
    result = f" reaches the best test ELBO: {number(best['elbo'], 4)} nats"
    within = interval(best["elbo_low"], best["elbo_high"], 4)
    if within:
        result += f" (95 % interval {within})"
    if len(ranked) == 1:
        rest = "No other activation was compared."
    elif math.isnan(best["elbo_low"]):
        rest = "With a single seed, the difference cannot be distinguished from chance."
    else:
        behind = number(best["elbo"] - worst["elbo"], 3)
        rest = (
            f"{_against_others(best['activation'], pairs, facts['study']['margins']['elbo'])} "
            f"The worst, {worst['activation']}, is {behind} nats behind."
        )
    return Statement(f"{setting}, ", best["activation"], f"{result}. {rest}")


def _setting(facts: dict, index: int) -> str:
    """Return the conditions of a comparison; all of them for the first only."""
    comparison, study = facts["comparisons"][index], facts["study"]
    if index:
        return f"With {comparison['label']}"
    conditions = [
        count(study["epochs"], "epoch"),
        f"{count(len(study['seeds']), 'seed')} each",
    ]
    same_images = [c for c in facts["comparisons"] if c["dataset"] == comparison["dataset"]]
    if len({one["train_size"] for one in same_images}) == 1:  # else the label has it
        conditions.insert(0, f"{comparison['train_size']:,} training images")
    if comparison["label"]:
        conditions.append(comparison["label"])
    return f"On {comparison['dataset']} ({', '.join(conditions)})"


def _against_others(best: str, pairs: pd.DataFrame, margin: float) -> str:
    """Return the verdicts on the best activation against each of the others."""
    against = comparisons.verdicts_against_others(pairs, best, "elbo")
    groups = {verdict: list(rows.index) for verdict, rows in against.groupby("verdict")}
    better, tied, unknown = (
        groups.get(verdict, []) for verdict in (Verdict.BETTER, Verdict.TIED, Verdict.OPEN)
    )
    if len(better) == len(against):
        others = {1: "the other", 2: "both others"}.get(len(better), f"all {len(better)} others")
        return f"It is significantly better than {others}."
    clauses = ["not significantly better than any other activation"]
    if better:
        clauses = [f"significantly better than {listed(better)}"]
    if tied:
        within = _margin("elbo", margin)
        clauses.append(f"practically tied with {listed(tied)} (within {within})")
    if unknown:
        needed = _seeds_needed(against["needed"].max())
        clauses.append(f"not distinguishable from {listed(unknown)} on this evidence{needed}")
    return f"It is {'; '.join(clauses)}."


def _margin(column: str, margin: float) -> str:
    """Return a metric's margin with its unit."""
    unit = BY_COLUMN[column].unit
    if unit == "nats" and margin == 1:
        unit = "nat"
    return f"{margin:g} {unit}".rstrip()


def _seeds_needed(needed: float) -> str:
    """Return how many seeds would decide the open pairs; empty where nobody knows (NaN)."""
    if math.isnan(needed):
        return ""
    if math.isinf(needed):
        return " (a million seeds would not be enough)"
    return f" (about {needed:.0f} seeds would be needed)"


def note(facts: dict, identical: int, index: int = 0) -> list[str]:
    """Return how to read the table of results, a sentence an item.

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
        "Each cell shows the mean over seeds and, below it, its 95 % confidence interval "
        "(Student's t).",
        "Rows are sorted by test ELBO (evidence lower bound; higher is better).",
        "Dark green marks the best value of a column, light green the values that are not "
        "significantly worse, where a metric has verdicts (see below).",
        "Test images were scored once, after training.",
    ]
    if target is not None:
        origin = "the median final loss over all models"
        if study["target_loss"] is not None:
            origin = "set by the study"
        sentences.append(
            f"The target is a validation loss of {nats(target, places=2)} nats ({origin}); where a "
            "model did not reach it, there is no mean."
        )
    sentences += [
        "The generalisation gap is the training ELBO minus the test ELBO; a model that learned "
        "little has a small gap too, so no value is marked as best.",
        "Gradient flow compares the gradient's root mean square at the first and the last hidden "
        "layer (first divided by last, encoder times decoder), after training: below 1 the "
        "gradient shrinks during backpropagation, above 1 it grows.",
        "Seconds per epoch are training time on one core of a machine that also runs other models.",
    ]
    if min(facts["images"][comparison["dataset"]]["shape"][:2]) < SSIM_WINDOW:
        sentences.append(
            f"These images are smaller than {SSIM_WINDOW} pixels: SSIM is computed with a smaller, "
            "uniform window and is not comparable with published values."
        )
    if identical:
        sentences.append(
            f"{count(identical, 'reconstruction')} had no error at all: their PSNR is infinite and "
            "excluded from its mean."
        )
    return sentences


def verdict_note(facts: dict, pairs: pd.DataFrame) -> list[str]:
    """Return how to read the verdicts, a sentence an item.

    Parameters
    ----------
    facts : dict
        Of ``study.json``.
    pairs : pandas.DataFrame
        Of one comparison; see `comparisons.judge`.
    """
    margins = facts["study"]["margins"]
    family = int(pairs.groupby("metric").size().max()) if len(pairs) else 0
    stated = ", ".join(
        f"{BY_COLUMN[name].label} {_margin(name, margin)}" for name, margin in margins.items()
    )
    return [
        "Models are paired by seed: the same split, order of images and noise.",
        "Better or worse: the exact Wilcoxon signed-rank test is significant at 5 % after Holm's "
        f"correction for the {count(family, 'pair')} of a metric, and the 95 % interval of the "
        "difference (studentised bootstrap) excludes 0.",
        f"Practically tied: that interval lies within the margin ({stated}).",
        "Otherwise there is not enough evidence; verdicts.csv lists for each such pair how many "
        "seeds would be needed to decide.",
    ]


def failures(failed: pd.DataFrame, runs: pd.DataFrame) -> list[Statement]:
    """Return the failed runs and the diverged models, each with its cause.

    Parameters
    ----------
    failed : pandas.DataFrame
        Columns ``dataset``, ``activation`` and ``reason``.
    runs : pandas.DataFrame
        Of the whole study; see `training.sweep.train`.
    """
    found = [
        Statement("", row.activation, f" failed on {row.dataset} and is missing here: {row.reason}")
        for row in failed.itertuples()
    ]
    diverged = runs[runs["status"] == Status.DIVERGED] if len(runs) else runs
    for name, rows in diverged.groupby("activation") if len(diverged) else ():
        models = count(int((runs["activation"] == name).sum()), "model")
        rates = listed([f"{rate:g}" for rate in sorted(rows["learning_rate"].unique())])
        found.append(
            Statement(
                "",
                name,
                f": {len(rows)} of {models} diverged (the loss became NaN or infinite), at "
                f"learning rate {rates}; diverged models are excluded from every mean",
            )
        )
    return found


def diagnoses(faults: pd.DataFrame) -> list[str]:
    """Return the problem of each bad result of a comparison, and which results have none.

    Parameters
    ----------
    faults : pandas.DataFrame
        See `diagnosis.diagnose.diagnose_study`.
    """
    items = list(faults.loc[faults["bad"], "sentence"])
    sound = list(faults.loc[~faults["bad"], "activation"])
    if sound:
        items.append(f"no problem found: {listed(sound)}")
    return items


def tuning(runs: pd.DataFrame, default: pd.DataFrame, tuned: pd.DataFrame) -> list[str]:
    """Return what tuning the learning rate changes, a sentence an item.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one setting; see `training.sweep.train`.
    default, tuned : pandas.DataFrame
        Verdicts at the default and at the tuned rates; see `comparisons.judge`.
    """
    return [*_chosen_rates(runs), *_reversals(default, tuned)]


def _chosen_rates(runs: pd.DataFrame) -> list[str]:
    """Return each activation's tuned rate, and which lie at an edge of the grid."""
    picked = tuning_results.selected_rates(runs)
    rates = "; ".join(f"{row.activation} {row.learning_rate:g}" for row in picked.itertuples())
    edges = "; ".join(
        f"{row.activation} (the {row.edge})" for row in picked[picked["edge"] != ""].itertuples()
    )
    at_edge = "No chosen rate lies at the edge of the grid."
    if edges:
        at_edge = f"At the edge of the grid, so that a better rate may lie outside it: {edges}."
    return [
        f"Best rate on the validation images, with the same grid and seeds for all: {rates}.",
        at_edge,
    ]


def _reversals(default: pd.DataFrame, tuned: pd.DataFrame) -> list[str]:
    """Return the pairs whose order differs between the default and the tuned rates."""
    turned = tuning_results.order_changes(default, tuned)
    decided = turned[turned["decided"]]
    sentences = [
        f"The ranking is reversed: {row.a} is {row.verdict_default} than {row.b} at the default "
        f"rate ({nats(row.difference_default, signed=True)} nats) and {row.verdict_tuned} when "
        f"both are tuned ({nats(row.difference_tuned, signed=True)} nats)."
        for row in decided.itertuples()
    ]
    if decided.empty:
        sentences.append("No verdict is reversed between default and tuned rates.")
    others = len(turned) - len(decided)
    if others:
        changed = "1 pair changes" if others == 1 else f"{others} pairs change"
        sentences.append(
            f"{changed} order between default and tuned rates, but at least one of the two "
            "differences is not significant."
        )
    return sentences
