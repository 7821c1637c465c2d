"""The report's sentences: plain text computed from its tables, without any markup."""

import dataclasses
import itertools
import math
from collections.abc import Sequence

import pandas as pd

from vaelib.analysis import comparisons
from vaelib.analysis import tuning as tuning_results
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import count, interval, listed, nats, number, percent
from vaelib.metrics import SSIM_WINDOW
from vaelib.results.columns import BY_COLUMN, label
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
    setting = _setting(summary, facts, index)
    ranked = summary.dropna(subset=["elbo"])
    if ranked.empty:
        return Statement(setting, "", ", no model finished: there is nothing to compare.")
    best, worst = ranked.iloc[0], ranked.iloc[-1]
    result = f" reaches the best test ELBO: {number(best['elbo'], 4)} nats"
    within = interval(best["elbo_low"], best["elbo_high"], 4)
    if within:
        result += f" (95 % interval {within})"
    comparison = facts["comparisons"][index]
    if len(ranked) == 1:
        rest = "No other activation was compared."
    elif math.isnan(best["elbo_low"]):
        rest = "With a single replicate, the difference cannot be distinguished from chance."
    else:
        against = _against_others(ranked["activation"], pairs, comparison)
        rest = f"{against} {_ahead(ranked.iloc[1], facts['study']['design'] == 'race')}"
        if len(ranked) > 2:
            behind = number(worst["behind"], 3)
            rest += f" The last, {worst['activation']}, is {behind} nats behind."
    return Statement(f"{setting}, ", best["activation"], f"{result}. {rest}")


def _setting(summary: pd.DataFrame, facts: dict, index: int) -> str:
    """Return the conditions of a comparison; all of them for the first only."""
    comparison, study = facts["comparisons"][index], facts["study"]
    if index:
        return f"With {comparison['label']}"
    conditions = [_length(summary, study)]
    tuned = [label(name) for name, value in comparison.items() if value == comparisons.OWN]
    if tuned:
        conditions.append(f"each with its own {listed(tuned)}, chosen on validation")
    known = {"learning_rate": "learning rate {:g}", "initializer": "initializer {}"}
    labelled = comparison["label"]
    conditions += [
        text.format(comparison[name])
        for name, text in known.items()
        if comparison[name] != comparisons.OWN and label(name) not in labelled
    ]
    seeds = count(len(study["seeds"]), "replicate")
    conditions.append(f"up to {seeds}" if study["design"] == "race" else f"{seeds} each")
    same_images = [c for c in facts["comparisons"] if c["dataset"] == comparison["dataset"]]
    if len({one["train_size"] for one in same_images}) == 1:  # else the label has it
        conditions.insert(0, f"{comparison['train_size']:,} training images")
    if labelled:
        conditions.append(labelled)
    return f"On {comparison['dataset']} ({', '.join(conditions)})"


def _length(summary: pd.DataFrame, study: dict) -> str:
    """Return how long models were trained, and what was still falling then."""
    if study["patience"] is not None:
        text = "trained until validation stops improving"
        late = summary[summary["ended"] < summary["runs"] - summary["diverged"]]
        if len(late):
            text += f", at most {count(study['epochs'], 'epoch')}"
        return text
    epochs = f"after {count(study['epochs'], 'epoch')}"
    speeds = summary.set_index("activation")["falling"].dropna().sort_values()
    speeds = speeds[speeds.round(1) > 0]
    if speeds.empty:
        return f"{epochs}, when no validation loss was still falling"
    slowest, fastest = (
        f"{nats(value)} nats an epoch ({name})"
        for name, value in (next(iter(speeds.items())), list(speeds.items())[-1])
    )
    if len(speeds) == 1:
        return f"{epochs}, when one validation loss was still falling, by {slowest}"
    return (
        f"{epochs}, when {len(speeds)} of {len(summary)} validation losses were still falling, by "
        f"{slowest} to {fastest}"
    )


def _against_others(ranked: pd.Series, pairs: pd.DataFrame, comparison: dict) -> str:
    """Return the verdicts on the first activation against each of the others."""
    best, *others = ranked
    against = comparisons.verdicts_against_others(pairs, best, "elbo")
    against = against.reindex([name for name in others if name in against.index])
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
        within = _margin("elbo", comparison["margins"]["elbo"])
        clauses.append(f"practically tied with {listed(tied)} (within {within})")
    retired = {
        one["activation"]: one["leader"]
        for stage in (comparison["race"] or {"stages": []})["stages"]
        for one in stage["retired"]
    }
    gone = [name for name in unknown if name in retired]
    unknown = [name for name in unknown if name not in retired]
    if unknown:
        needed = _seeds_needed(against.loc[unknown, "needed"].max())
        clauses.append(f"not distinguishable from {listed(unknown)} on this evidence{needed}")
    if gone:
        leaders = listed(list(dict.fromkeys(retired[name] for name in gone)))
        clauses.append(f"ahead of {listed(gone)}, retired as worse than {leaders}")
    return f"It is {'; '.join(clauses)}."


def _ahead(second: pd.Series, at_once: bool) -> str:
    """Return how far the best is ahead of the second, with both intervals.

    `at_once` says whether the intervals of all pairs hold at once, or each for itself.
    """
    text = f"It is {number(second['behind'], 2)} nats ahead of {second['activation']}"
    over = interval(second["behind_low"], second["behind_high"], 2)
    new = interval(second["behind_new_low"], second["behind_new_high"], 2)
    if over:
        text += f" ({over} over replicates"
        text += f"; {new} for new images of the same kind" if new else ""
        text += "; with 95 % for all pairs at once)" if at_once else "; 95 % for this pair alone)"
    return f"{text}."


def _margin(column: str, margin: float) -> str:
    """Return a metric's margin with its unit."""
    return f"{number(margin, 2)} {BY_COLUMN[column].unit}".rstrip()


def _seeds_needed(needed: float) -> str:
    """Return how many replicates would decide the open pairs; empty where nobody knows (NaN)."""
    if math.isnan(needed):
        return ""
    if math.isinf(needed):
        return " (a million replicates would not be enough)"
    return f" (about {needed:.0f} replicates would be needed)"


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
    images = facts["images"][comparison["dataset"]]
    drawn = (
        "Each replicate draws a split of its own, the same for all activations"
        if images["redrawn"]
        else "Each replicate draws training and validation images anew, and keeps the source's own "
        "test images"
    )
    sentences = [
        "Each cell shows the mean over replicates and, below it, its 95 % confidence interval "
        "(Student's t, for this mean alone: corrected neither for other cells nor for a race that "
        "ended early).",
        "Behind is the mean paired difference of the test ELBO (evidence lower bound; higher is "
        "better) from that of the first row, with its interval over replicates.",
        "Dark green marks the best value of a column, light green the values that no "
        "other is significantly better than, where a metric has verdicts (see below).",
        f"{drawn}; test images were scored once, after training.",
    ]
    if study["design"] == "race":
        sentences.append(
            "Activations that were retired have fewer replicates than others: compare them by "
            "what they are behind, not by their means."
        )
    if study["likelihood"] == "bernoulli" and "pixel_entropy" in comparison:
        sentences.append(
            "A Bernoulli likelihood of grey pixels is no density, and a perfect reconstruction "
            f"costs their entropy, {nats(comparison['pixel_entropy'])} nats here: no ELBO can be "
            f"above \N{MINUS SIGN}{nats(comparison['pixel_entropy'])}."
        )
    sentences += [
        "L\N{SUBSCRIPT ONE}\N{SUBSCRIPT ZERO}\N{SUBSCRIPT ZERO} is a tighter bound from 100 "
        "posterior samples (Burda et al. 2016).",
        "MSE, PSNR and SSIM score decoded posterior means, whatever their code costs.",
    ]
    if "train_sliced_wasserstein" in comparison:
        sentences.append(
            "Sliced Wasserstein is the distance between samples of the prior and test images; "
            "between training and test images it is "
            f"{number(comparison['train_sliced_wasserstein'], 2)}."
        )
    if target is not None:
        origin = "the median final loss over all models"
        if study["target_loss"] is not None:
            origin = "set by the study"
        sentences.append(
            f"The target is a validation loss of {nats(target, places=2)} nats ({origin}); where a "
            "model did not reach it, there is no mean."
        )
    sentences += [
        "The generalisation gap is the training ELBO minus the test ELBO, less the same of a "
        "constant image, which is the luck of the split; no value is marked as best.",
        "Gradient flow compares the gradient's root mean square at the first and the last hidden "
        "layer (first divided by last, encoder times decoder), with the weights that are kept: "
        "below 1 the gradient shrinks during backpropagation, above 1 it grows.",
        "Seconds per epoch are training time on one core of a machine that also runs other "
        "models: they decide nothing.",
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


def verdict_note(facts: dict, pairs: pd.DataFrame, index: int = 0) -> list[str]:
    """Return how to read the verdicts, a sentence an item.

    Parameters
    ----------
    facts : dict
        Of ``study.json``.
    pairs : pandas.DataFrame
        Of one comparison; see `comparisons.judge`.
    index : int
        Of the comparison.
    """
    margins = facts["comparisons"][index]["margins"]
    family = int(pairs.groupby("metric").size().max()) if len(pairs) else 0
    stated = ", ".join(
        f"{BY_COLUMN[name].label} {_margin(name, margin)}" for name, margin in margins.items()
    )
    share = (
        f"{100 * facts['study']['margin']:g} % of the best activation's lead over a constant image"
    )
    paired = "Models are paired by replicate: the same split, order of images and noise."
    tied = f"Practically tied: equivalent within the margin ({share}, unless the study says "
    tied += f"otherwise: {stated}), by two one-sided t-tests corrected in the same way."
    rest = "Otherwise there is not enough evidence; verdicts.csv lists for each such pair how many "
    rest += (
        "replicates would be needed to decide, and for every pair an interval for new images of "
    )
    rest += "the same kind beside that over replicates."
    if facts["study"]["design"] == "race":
        return [
            paired,
            "Better or worse: paired moderated t-tests (Smyth 2004) at the looks of the race, at "
            "the last one the exact signed-rank test where it can decide, with at most 5 % for one "
            f"false difference or more over all looks and {count(family, 'pair')} of a metric (a "
            "group-sequential design).",
            "Intervals are repeated confidence intervals (Jennison & Turnbull 1989): all of them "
            "hold at once with 95 %, whenever the race ended.",
            tied,
            rest,
        ]
    return [
        paired,
        "Better or worse: the exact Wilcoxon signed-rank test is significant at 5 % after Holm's "
        f"correction for the {count(family, 'pair')} of a metric.",
        tied,
        rest,
    ]


def race_stages(facts: dict, index: int = 0) -> list[str]:
    """Return what happened at each look of a race, a sentence an item.

    Parameters
    ----------
    facts : dict
        Of ``study.json``.
    index : int
        Of the comparison.
    """
    study, race = facts["study"], facts["comparisons"][index]["race"]
    sentences = []
    for stage in race["stages"]:
        gone = [
            f"{one['activation']} (by {number(one['difference'], 3)} nats, "
            f"{interval(one['low'], one['high'], 3)}, than {one['leader']})"
            for one in stage["retired"]
        ]
        text = f"After {count(stage['replicates'], 'replicate')} of {len(stage['started'])}: "
        text += f"shown to be worse, {listed(gone)}." if gone else "nobody was shown to be worse."
        if stage["lost"]:
            text += f" Failed or diverged: {listed(stage['lost'])}."
        sentences.append(text)
    full = len(study["seeds"]) * len(study["activations"])
    end = "the last replicate was reached"
    if len(race["alive"]) <= 1:
        end = "one was left"
    elif race["tied"]:
        end = "all that were left are practically tied"
    models = _models_of(race)
    sentences.append(
        f"It ended because {end}: {listed(race['alive']) if race['alive'] else 'none'}. It took "
        f"{models} models of {full}, {percent(models / full)}."
    )
    return sentences


def _models_of(race: dict) -> int:
    """Return how many models the stages of a race took."""
    counts = [stage["replicates"] for stage in race["stages"]]
    steps = [now - before for before, now in itertools.pairwise([0, *counts])]
    return sum(
        step * len(stage["started"]) for step, stage in zip(steps, race["stages"], strict=True)
    )


def training_ends(summary: pd.DataFrame, study: dict) -> str:
    """Return at which epoch training ended, and for how many models it had not."""
    if study["patience"] is None:
        return (
            f"All models were trained for {count(study['epochs'], 'epoch')}, whether or not their "
            "validation loss was still falling."
        )
    ends = "; ".join(
        f"{row.activation} {row.epochs:.0f}"
        for row in summary.dropna(subset=["epochs"]).itertuples()
    )
    late = [
        f"{row.runs - row.diverged - row.ended} of {row.activation}"
        for row in summary.itertuples()
        if row.ended < row.runs - row.diverged
    ]
    text = f"Training ended on average after these epochs, the last {study['patience']} of which "
    text += f"improved nothing: {ends}. "
    if late:
        return text + f"Of these models it had not ended at {study['epochs']}: {listed(late)}."
    return text + "It had ended for every model."


def lead(spells: Sequence[tuple[str, float, float]], unit: str) -> str:
    """Return who leads at which budgets.

    Parameters
    ----------
    spells : sequence of (str, float, float)
        See `analysis.budget.changes`.
    unit : {"epochs", "seconds"}
    """
    parts = [
        f"{name} at {first:.3g} {unit}"
        if first == last
        else f"{name} from {first:.3g} to {last:.3g} {unit}"
        for name, first, last in spells
    ]
    changes = len(spells) - 1
    return f"In the lead: {', '.join(parts)}; the lead changes hands {count(changes, 'time')}."


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


def tuning(table: pd.DataFrame, default: dict) -> list[str]:
    """Return what was chosen for each activation and what that changed, a sentence an item.

    Parameters
    ----------
    table : pandas.DataFrame
        See `analysis.tuning.candidates`.
    default : dict
        The study's value of each tuned column.
    """
    names = list(default)
    chosen = "; ".join(
        f"{row['activation']} {', '.join(_value(row[name]) for name in names)}"
        for row in table[table["chosen"]].to_dict("records")
    )
    sentences = [f"Chosen on validation images ({listed(list(map(label, names)))}): {chosen}."]
    for name in names:
        ends = tuning_results.edges(table, name)
        if ends:
            where = "; ".join(f"{activation} (the {end})" for activation, end in ends.items())
            sentences.append(
                f"At the edge of the {label(name)}s, so that a better one may lie beyond: {where}."
            )
    gains = tuning_results.gains(table, default)
    gained = "; ".join(f"{row.Index} {nats(row.gain, signed=True)}" for row in gains.itertuples())
    sentences.append(
        f"Nats of validation ELBO gained over the study's own values, on the replicates that "
        f"the choice was made on, and so rather too many: {gained}."
    )
    before = list(gains.sort_values("default", ascending=False).index)
    moved = [
        f"{name} from {before.index(name) + 1} to {now}"
        for now, name in enumerate(gains.index, start=1)
        if before.index(name) + 1 != now
    ]
    sentences.append(
        f"Ranks by validation ELBO that change: {'; '.join(moved)}."
        if moved
        else "No rank changes."
    )
    return sentences


def _value(value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
