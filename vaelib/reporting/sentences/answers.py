"""The answer of a comparison: who is best, by how much, and what that depends on."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.analysis import comparisons
from vaelib.analysis.paired_tests import SIGNIFICANCE
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import count, interval, listed, nats, number
from vaelib.reporting.sentences.course import falling, lead_in_short, not_ended
from vaelib.results.columns import ARCHITECTURES, BY_COLUMN, label

BEST = " reaches the best test ELBO"


@dataclasses.dataclass(frozen=True)
class Statement:
    """A statement about one activation, whose name a page may emphasise.

    Attributes
    ----------
    before, name, after : str
        The text up to the activation's name, the name, the text after it.
    more : str
        The sentences after it, which a page may show in smaller letters.
    """

    before: str
    name: str
    after: str
    more: str = ""

    def __str__(self) -> str:
        text = f"{self.before}{self.name}{self.after}"
        return f"{text} {self.more}" if self.more else text


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
    result = f"{BEST}: {number(best['elbo'], 4)} nats"
    within = interval(best["elbo_low"], best["elbo_high"], 4)
    if within:
        result += f" (95 % interval {within})"
    comparison = facts["comparisons"][index]
    if len(ranked) == 1:
        rest = "No other activation was compared."
    elif math.isnan(best["elbo_low"]):
        rest = "With a single replicate, the difference cannot be distinguished from chance."
    else:
        against = against_others(ranked["activation"], pairs, comparison)
        rest = f"It is {against}. {_ahead(ranked.iloc[1], facts['study']['design'] == 'race')}"
        if len(ranked) > 2:
            behind = number(worst["behind"], 3)
            rest += f" The last, {worst['activation']}, is {behind} nats behind."
    more = [_pca_ahead(ranked["mse"], comparison.get("pca"))]
    if len(ranked) > 1:
        more.insert(0, lead_in_short(comparison.get("lead", [])))  # earlier reports know none
    after = f"{result}. {rest}"
    return Statement(f"{setting}, ", best["activation"], after, " ".join(filter(None, more)))


def _setting(summary: pd.DataFrame, facts: dict, index: int) -> str:
    """Return the conditions of a comparison; all of them for the first only."""
    comparison, study = facts["comparisons"][index], facts["study"]
    if index:
        return f"With {comparison['label']}"
    conditions = [*network(comparison, facts), _length(summary, study)]
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


def network(comparison: dict, facts: dict) -> list[str]:
    """Return what kind of network was trained, where the study has not one for each comparison."""
    likelihoods = {
        "bernoulli": "a Bernoulli likelihood",
        "gaussian": "a Gaussian likelihood with a shared variance",
    }
    architectures = {one.get("architecture") for one in facts["comparisons"]}
    kind = ARCHITECTURES.get(comparison.get("architecture")) if len(architectures) == 1 else None
    likelihood = likelihoods.get(facts["images"][comparison["dataset"]].get("likelihood"))
    return [part for part in (kind, likelihood) if part]


def _length(summary: pd.DataFrame, study: dict) -> str:
    """Return how long models were trained, and what was still falling then."""
    if study["patience"] is not None:
        text = "trained until validation stops improving"
        if not_ended(summary).any():
            text += f", at most {count(study['epochs'], 'epoch')}"
        return text
    epochs = f"after {count(study['epochs'], 'epoch')}"
    speeds = falling(summary).sort_values()
    if speeds.empty:
        return f"{epochs}, when no validation loss was still falling"
    slowest, fastest = (nats(speeds.iloc[end]) for end in (0, -1))
    first, last = speeds.index[[0, -1]]
    many, by = f"{len(speeds)} of {len(summary)} validation losses were", f"{slowest} nats an epoch"
    if len(speeds) == 1:
        many, by = "one validation loss was", f"{by} ({first})"
    elif slowest != fastest:
        by += f" ({first}) to {fastest} nats an epoch ({last})"
    return f"{epochs}, when {many} still falling, by {by}"


def against_others(ranked: pd.Series, pairs: pd.DataFrame, comparison: dict) -> str:
    """Return the verdicts on the first activation against each of the others, in a clause."""
    best, *others = ranked
    against = comparisons.verdicts_against_others(pairs, best, "elbo")
    against = against.reindex([name for name in others if name in against.index])
    groups = {verdict: list(rows.index) for verdict, rows in against.groupby("verdict")}
    better, tied, unknown = (
        groups.get(verdict, []) for verdict in (Verdict.BETTER, Verdict.TIED, Verdict.OPEN)
    )
    least = comparison["margins"]["elbo"]
    within = margin("elbo", least)
    slightly = [name for name in better if against.loc[name, "difference"] < least]
    by_little = f", than {listed(slightly)} by less than the margin of {within}" if slightly else ""
    if len(slightly) == len(better) > 0:
        by_little = f", though by less than the margin of {within}"
    close = _only_by_the_race(pairs, best, better) if comparison["race"] else ""
    if len(better) == len(against):
        others = {1: "the other", 2: "both others"}.get(len(better), f"all {len(better)} others")
        return f"significantly better than {others}{by_little}{close}"
    clauses = ["not significantly better than any other activation"]
    if better:
        clauses = [f"significantly better than {listed(better)}{by_little}{close}"]
    if tied:
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
    return "; ".join(clauses)


def _only_by_the_race(pairs: pd.DataFrame, best: str, better: Sequence[str]) -> str:
    """Return what is decided at the race's last looks alone, where few pairs are left.

    A full grid corrects for all its pairs, whatever was retired.
    """
    own = pairs[pairs["metric"] == "elbo"]
    other = own["a"].where(own["a"] != best, own["b"])
    mine = (own["a"] == best) | (own["b"] == best)
    last = own["n"] == own["n"].max()
    open_there = other[mine & last & (own["p"] * len(own) >= SIGNIFICANCE)]
    named = [name for name in better if name in set(open_there)]
    if not named:
        return ""
    return (
        f" ({listed(named)} by the levels of a race, which rise as others are retired; corrected "
        f"for all {len(own)} pairs, as in a full grid, that would be left open)"
    )


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
        decided = second["behind_low"] > 0 > second["behind_new_low"]
        text += ", for which it is open" if decided else ""
        text += "; with 95 % for all pairs at once)" if at_once else "; 95 % for this pair alone)"
    return f"{text}."


def _pca_ahead(errors: pd.Series, pca: Mapping | None) -> str:
    """Return that PCA reconstructs better than all networks, where it does."""
    if not pca or not pca["mse"] < errors.min():
        return ""
    return (
        f"PCA with as many components as latent units has a lower MSE than all of them: "
        f"{number(pca['mse'], 3)}, against {number(errors.min(), 3)} at best."
    )


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
