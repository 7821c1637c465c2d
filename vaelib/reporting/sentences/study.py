"""The answer of a study: that of its comparison, or over all of them."""

from collections.abc import Sequence

import pandas as pd

from vaelib.analysis import comparisons
from vaelib.analysis.settings import of_one_dataset
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import count, listed, nats, number
from vaelib.reporting.sentences import settings
from vaelib.reporting.sentences.answers import BEST, Statement, against_others, answer, network
from vaelib.reporting.sentences.course import falling, not_ended


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


def in_short(
    summaries: Sequence[pd.DataFrame], judged: Sequence[pd.DataFrame], facts: dict
) -> Statement:
    """Return the answer of a study in one sentence.

    Parameters
    ----------
    summaries, judged : sequence of pandas.DataFrame
        Of each comparison, as in `answer`.
    facts : dict
        Of ``study.json``.
    """
    ranked = [one.dropna(subset=["elbo"]) for one in summaries]
    firsts = _firsts(ranked)
    if firsts.empty:
        return Statement("", "", "No model finished: there is nothing to compare.")
    if len(summaries) > 1:
        where = f"In {count(len(summaries), 'setting')}, "
        found = _most_often_first(firsts, ranked, facts["comparisons"])
        return Statement(where, firsts.index[0], f"{found}.")
    names, elbo = ranked[0]["activation"], ranked[0]["elbo"].iloc[0]
    text = f"{BEST}, {number(elbo, 4)} nats"
    if len(names) > 1 and len(judged[0]):
        text += f": {against_others(names, judged[0], facts['comparisons'][0])}"
    return Statement("", names.iloc[0], f"{text}.")


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
    counts = _firsts(ranked)
    where = f"{_where(facts)}, {_length_of_all(summaries, study)}, "
    if counts.empty:
        return Statement(where, "", "no model finished: there is nothing to compare.")
    name = counts.index[0]
    clear = sum(
        _is_best(pairs, name)
        for one, pairs in zip(ranked, judged, strict=True)
        if len(one) and one["activation"].iloc[0] == name
    )
    text = f"{_most_often_first(counts, ranked, compared)}."
    if any(len(pairs) for pairs in judged):
        text += f" {_clearly_first(clear, counts[name])}"
    more = [
        settings.gradient_with_depth(summaries, compared),
        settings.gap_of_the_fewest(ranked, compared),
        settings.ranking(judged),
        settings.what_matters(ranked, compared) or _spread(ranked, compared),
        _highest(ranked, compared),
        settings.diverged(summaries),
    ]
    if study["patience"] is None:
        more.append("Who is best in the end is another question: no model was trained until then.")
    return Statement(where, name, text, " ".join(filter(None, more)))


def _where(facts: dict) -> str:
    """Return on which images and in how many settings, with what the study left open."""
    compared = facts["comparisons"]
    many = count(len(compared), "setting")
    if not of_one_dataset(compared):
        return f"In {many}"
    kind = ", ".join(network(compared[0], facts))  # what the study may have left open
    return f"On {compared[0]['dataset']}{f' ({kind})' if kind else ''}, in {many}"


def _firsts(ranked: Sequence[pd.DataFrame]) -> pd.Series:
    """Return in how many comparisons each activation is first, the most frequent one first."""
    names = [one["activation"].iloc[0] for one in ranked if len(one)]
    return pd.Series(names, dtype=object).value_counts()


def _length_of_all(summaries: Sequence[pd.DataFrame], study: dict) -> str:
    """Return how long models were trained, and how many replicates there are."""
    ended = "trained until validation stops improving"
    if study["patience"] is None:
        ended = f"after {count(study['epochs'], 'epoch')}, {_still_falling(summaries)}"
    elif any(not_ended(one).any() for one in summaries):
        ended += f" (at most {count(study['epochs'], 'epoch')})"
    upto = "up to " if study["design"] == "race" else ""
    return f"{ended}, with {upto}{count(len(study['seeds']), 'replicate')} each"


def _still_falling(summaries: Sequence[pd.DataFrame]) -> str:
    """Return how many validation losses were still falling at the end, and how fast."""
    speeds = pd.concat(map(falling, summaries))
    measured = sum(one["falling"].count() for one in summaries)
    if speeds.empty:
        return "when no validation loss was still falling"
    slowest, fastest = nats(speeds.min()), nats(speeds.max())
    by = slowest if slowest == fastest else f"{slowest} to {fastest}"
    return f"when {len(speeds)} of {measured} losses were still falling by {by} nats an epoch"


def _most_often_first(
    counts: pd.Series, ranked: Sequence[pd.DataFrame], compared: Sequence[dict]
) -> str:
    """Return in how many settings activations are first, as said of the first of `counts`.

    In which, where each is first in one.
    """
    what, settings = " has the best mean test ELBO", len(compared)
    if counts.iloc[0] == 1 < len(counts) <= 3:
        where = {
            rows["activation"].iloc[0]: one["label"]
            for rows, one in zip(ranked, compared, strict=True)
            if len(rows)
        }
        first, *others = counts.index
        others = [f"{name} with {where[name]}" for name in others]
        return f"{what} with {where[first]}, {listed(others)}"
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


def _highest(ranked: Sequence[pd.DataFrame], compared: Sequence[dict]) -> str:
    """Return the best ELBO of all settings, where they are of one data set."""
    if not of_one_dataset(compared):
        return ""
    rows = [(one, where) for one, where in zip(ranked, compared, strict=True) if len(one)]
    top, where = max(rows, key=lambda pair: pair[0]["elbo"].iloc[0])
    name, elbo = top["activation"].iloc[0], top["elbo"].iloc[0]
    return f"The highest of all is {number(elbo, 4)} nats, of {name} with {where['label']}."


def _spread(ranked: Sequence[pd.DataFrame], compared: Sequence[dict]) -> str:
    """Return how far activations are apart, where that is least and most."""
    behind = {
        one["label"]: rows["behind"].max()
        for one, rows in zip(compared, ranked, strict=True)
        if rows["behind"].max() > 0
    }
    if len(behind) < 2:
        return ""
    least, most = min(behind, key=behind.get), max(behind, key=behind.get)
    and_or = "and" if len(behind) == 2 else "to"
    return (
        f"The last is behind the first by {number(behind[least], 3)} nats ({least}) {and_or} "
        f"{number(behind[most], 3)} nats ({most})."
    )
