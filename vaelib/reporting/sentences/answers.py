"""The answer of a comparison: who is best, by how much, and what that depends on."""

import dataclasses
import math
from collections.abc import Sequence

import pandas as pd

from vaelib.analysis import comparisons
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import count, interval, listed, nats, number, ratio
from vaelib.results.columns import BY_COLUMN, label


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


def headline(
    summaries: Sequence[pd.DataFrame], judged: Sequence[pd.DataFrame], facts: dict
) -> Statement:
    """Return the answer of a study: that of its comparison, or over all of them.

    Parameters
    ----------
    summaries, judged : sequence of pandas.DataFrame
        Of each comparison, as in `answer`.
    facts : dict
        Of ``study.json``.
    """
    if len(summaries) == 1:
        return answer(summaries[0], judged[0], facts)
    return across(summaries, judged, facts)


def across(
    summaries: Sequence[pd.DataFrame], judged: Sequence[pd.DataFrame], facts: dict
) -> Statement:
    """Return the answer of a study with several comparisons, over all of them.

    Parameters
    ----------
    summaries, judged : sequence of pandas.DataFrame
        Of each comparison, as in `answer`.
    facts : dict
        Of ``study.json``.

    Returns
    -------
    Statement
        About the activation that is best most often; without a name where no model
        finished.
    """
    study, compared = facts["study"], facts["comparisons"]
    ranked = [one.dropna(subset=["elbo"]) for one in summaries]
    firsts = pd.Series([one["activation"].iloc[0] for one in ranked if len(one)], dtype=object)
    settings = f"In {count(len(compared), 'setting')}, {_length_of_all(study)}, "
    if firsts.empty:
        return Statement(settings, "", "no model finished: there is nothing to compare.")
    counts = firsts.value_counts()
    name = counts.index[0]
    clear = sum(
        _is_best(pairs, name)
        for one, pairs in zip(ranked, judged, strict=True)
        if len(one) and one["activation"].iloc[0] == name
    )
    text = f"{_most_often_first(counts, len(compared))}. {_clearly_first(clear, counts[name])}"
    if len({one["dataset"] for one in compared}) == 1:
        top = max(
            (one for one in range(len(ranked)) if len(ranked[one])),
            key=lambda one: ranked[one]["elbo"].iloc[0],
        )
        best = ranked[top].iloc[0]
        text += (
            f" The highest of all is {number(best['elbo'], 4)} nats, of {best['activation']} with "
            f"{compared[top]['label']}."
        )
    return Statement(settings, name, text + _flow_with_depth(ranked, compared))


def _length_of_all(study: dict) -> str:
    """Return how long models were trained, and how many replicates there are."""
    ended = "trained until validation stops improving"
    if study["patience"] is None:
        ended = f"after {count(study['epochs'], 'epoch')}"
    upto = "up to " if study["design"] == "race" else ""
    return f"{ended}, with {upto}{count(len(study['seeds']), 'replicate')} each"


def _most_often_first(counts: pd.Series, settings: int) -> str:
    """Return in how many settings activations are first, as said of the first of `counts`."""
    what = " has the best mean test ELBO"
    if len(counts) == 1 and counts.iloc[0] == settings:
        return f"{what} in {'both' if settings == 2 else 'all'}"
    shares = listed([f"{one} in {many}" for one, many in counts.items()])
    level = list(counts.index[1:][counts.iloc[1:] == counts.iloc[0]])
    return f"{what} {f'as often as {listed(level)}' if level else 'most often'}: {shares}"


def _clearly_first(clear: int, first: int) -> str:
    """Return in how many of the settings where an activation is first it is clearly so."""
    better = "significantly better than every other activation"
    if first == 1:
        return f"Where it is first, it is {better if clear else f'not {better}'}."
    many = f"{clear or 'none'} of the {first}"
    if clear == first:
        many = "both" if first == 2 else f"all {first}"
    return f"It is {better} in {many} settings where it is first."


def _is_best(pairs: pd.DataFrame, name: str) -> bool:
    against = comparisons.verdicts_against_others(pairs, name, "elbo")
    return len(against) > 0 and bool((against["verdict"] == Verdict.BETTER).all())


def _flow_with_depth(ranked: Sequence[pd.DataFrame], compared: Sequence[dict]) -> str:
    """Return the gradient flow in the deepest networks, where depths were compared."""
    depths = [one.get("depth", 1) for one in compared]
    if min(depths) == max(depths):
        return ""
    deepest = [one for one, depth in zip(ranked, depths, strict=True) if depth == max(depths)]
    flows = pd.concat(deepest).groupby("activation")["gradient_flow"].median().dropna()
    if flows.empty:
        return ""
    listing = [f"{name} {ratio(value)}" for name, value in flows.sort_values().items()]
    return (
        f" At depth {max(depths)}, gradient flow after training (median over settings) is "
        f"{listed(listing)}: far below 1 the gradient vanishes."
    )


def _setting(summary: pd.DataFrame, facts: dict, index: int) -> str:
    """Return the conditions of a comparison; all of them for the first only."""
    comparison, study = facts["comparisons"][index], facts["study"]
    if index:
        return f"With {comparison['label']}"
    conditions = [*_network(comparison, facts), _length(summary, study)]
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


def _network(comparison: dict, facts: dict) -> list[str]:
    """Return what kind of network was trained, where the study has not one for each comparison."""
    kinds = {"dense": "dense layers", "conv": "convolutions"}
    likelihoods = {
        "bernoulli": "a Bernoulli likelihood",
        "gaussian": "a Gaussian likelihood with a shared variance",
    }
    architectures = {one.get("architecture") for one in facts["comparisons"]}
    kind = kinds.get(comparison.get("architecture")) if len(architectures) == 1 else None
    likelihood = likelihoods.get(facts["images"][comparison["dataset"]].get("likelihood"))
    return [part for part in (kind, likelihood) if part]


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
        within = margin("elbo", comparison["margins"]["elbo"])
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


def margin(column: str, value: float) -> str:
    """Return the margin of a metric with its unit."""
    return f"{number(value, 2)} {BY_COLUMN[column].unit}".rstrip()


def _seeds_needed(needed: float) -> str:
    """Return how many replicates would decide the open pairs; empty where nobody knows (NaN)."""
    if math.isnan(needed):
        return ""
    if math.isinf(needed):
        return " (a million replicates would not be enough)"
    return f" (about {needed:.0f} replicates would be needed)"
