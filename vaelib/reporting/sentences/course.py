"""The course of a study: its training, its race, and what was chosen before it."""

import itertools
from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.analysis import tuning as tuning_results
from vaelib.formatting import count, fixed, listed, nats, percent, places_of
from vaelib.results.columns import label


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
        gone = stage["retired"]
        started = count(len(stage["started"]), "activation")
        text = f"After {count(stage['replicates'], 'replicate')} of {started}, "
        if gone:
            worse = listed([_behind(one) for one in gone])
            text += f"shown to be worse than {gone[0]['leader']}: {worse}."
        else:
            text += "nobody was shown to be worse."
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
        f"{models} of {count(full, 'model')}, {percent(models / full)}."
    )
    return sentences


def _behind(one: dict) -> str:
    """Return what was retired, by how many nats, with the interval to the same places."""
    places = places_of(one["difference"], 3)
    by, low, high = (fixed(one[key], places) for key in ("difference", "low", "high"))
    return f"{one['activation']} by {by} nats ({low} to {high})"


def _models_of(race: dict) -> int:
    """Return how many models the stages of a race took."""
    counts = [stage["replicates"] for stage in race["stages"]]
    steps = [now - before for before, now in itertools.pairwise([0, *counts])]
    return sum(
        step * len(stage["started"]) for step, stage in zip(steps, race["stages"], strict=True)
    )


def not_ended(summary: pd.DataFrame) -> pd.Series:
    """Return how many models of each row were still improving at the last epoch allowed."""
    return (summary["runs"] - summary["diverged"] - summary["ended"]).clip(lower=0)


def falling(summary: pd.DataFrame) -> pd.Series:
    """Return by how many nats an epoch each validation loss was still falling, where that shows.

    Indexed by activation.
    """
    speeds = summary.set_index("activation")["falling"].dropna()
    return speeds[speeds.round(1) > 0]


def training_ends(
    summaries: Sequence[pd.DataFrame], study: dict, labels: Sequence[str] = ("",)
) -> str:
    """Return at which epoch training ended, and for how many models it had not.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        Of each comparison; the epochs are those of the first.
    study : dict
        Of ``study.json``.
    labels : sequence of str
        Of the comparisons; empty where there is one.
    """
    if study["patience"] is None:
        return (
            f"All models were trained for {count(study['epochs'], 'epoch')}, whether or not their "
            "validation loss was still falling."
        )
    ends = "; ".join(
        f"{row.activation} {row.epochs:.0f}"
        for row in summaries[0].dropna(subset=["epochs"]).itertuples()
    )
    late = [
        f"{many} of {name}{f' ({label})' if label else ''}"
        for summary, label in zip(summaries, labels, strict=True)
        for name, many in zip(summary["activation"], not_ended(summary), strict=True)
        if many
    ]
    text = f"Training ends with {count(study['patience'], 'epoch')} that improve nothing. "
    text += f"Epochs trained, on average: {ends}. "
    where = " in all settings" if len(summaries) > 1 else ""
    if late:
        return text + f"At {study['epochs']} it had not ended for {listed(late)}."
    return text + f"It had ended for every model{where}."


def lead(spells: Sequence[tuple[str, float, float]], unit: str) -> str:
    """Return who leads at which budgets.

    Parameters
    ----------
    spells : sequence of (str, float, float)
        See `analysis.budget.changes`.
    unit : {"epochs", "seconds"}
    """
    parts = [
        f"{name} at {first:.3g} {unit.removesuffix('s') if first == 1 else unit}"
        if first == last
        else f"{name} from {first:.3g} to {last:.3g} {unit}"
        for name, first, last in spells
    ]
    changes = len(spells) - 1
    times = {0: "never changes hands", 1: "changes hands once"}
    changed = times.get(changes, f"changes hands {count(changes, 'time')}")
    return f"In the lead: {', '.join(parts)}; the lead {changed}."


def lead_in_short(lead: Sequence[Mapping]) -> str:
    """Return whether the number of epochs decides who leads on validation images, by verdict.

    Parameters
    ----------
    lead : sequence of mapping
        See `analysis.budget.lead`; empty where that is unknown.
    """
    names = list(dict.fromkeys(one["leader"] for one in lead))
    if len(names) < 2:
        return (
            f"On validation images, {names[0]} leads after any number of epochs." if names else ""
        )
    spells = [
        (key, [one["budget"] for one in own])
        for key, own in itertools.groupby(lead, lambda one: one["decided"] and one["leader"])
    ]
    parts = [
        f"{name} leads {f'at {at[0]}' if len(at) == 1 else f'from {at[0]} to {at[-1]}'}"
        for name, at in spells
        if name
    ]
    if not parts:
        return (
            f"On validation images, {listed(names)} lead by turns, and are not distinguished "
            "after any number of epochs."
        )
    text = f"On validation images, {listed(parts)} epochs"
    if all(name for name, _ in spells):
        return f"{text}."
    return f"{text}; else {listed(names)} are not distinguished."


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
    if "initializer" in names:
        starts = table.groupby("activation", sort=False)["initializer"].nunique()
        single = list(starts.index[starts < starts.max()])
        if single:
            sentences.append(f"With a single start, as both are the same: {listed(single)}.")
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
