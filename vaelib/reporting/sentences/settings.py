"""What the settings of a study say together: the question of a study that varies something."""

from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.analysis import settings
from vaelib.analysis.diagnosis.criteria import DEFAULTS
from vaelib.formatting import listed, nats, number
from vaelib.results.columns import describe, label

_FEW = 3  # pairs, of which each is described
_NAMED = 5  # pairs at most that are named


def ranking(judged: Sequence[pd.DataFrame]) -> str:
    """Return whether the order of activations is the same in all settings, by verdict.

    Parameters
    ----------
    judged : sequence of pandas.DataFrame
        The verdicts in each setting; see `comparisons.judge`.
    """
    pairs, total = settings.orders(judged), len(judged)
    if pairs.empty:
        return ""
    if len(pairs) <= _FEW:
        orders = [_order(one, total) for one in pairs.to_dict("records")]
        return f"Pair by pair: {'; '.join(orders)}."
    turned = pairs[pairs["worse"] > 0]
    ways = "decided one way in one setting and the other way in another"
    if turned.empty:
        return f"No pair of activations is {ways}."
    are = "is" if len(turned) == 1 else "are"
    text = f"Of {len(pairs)} pairs of activations, {len(turned)} {are} {ways}"
    names = [f"{row.a} and {row.b}" for row in turned.itertuples()]
    return f"{text}: {'; '.join(names)}." if len(names) <= _NAMED else f"{text}."


def _order(pair: Mapping, total: int) -> str:
    """Return in how many settings an activation is better than another one, worse, or neither."""
    words = {"worse": "worse", "tied": "practically tied", "open": "open"}
    others = [f"{text} in {pair[key]}" for key, text in words.items() if pair[key]]
    if not pair["better"]:
        return f"{pair['a']} is not better than {pair['b']} anywhere ({listed(others)})"
    where = f"{pair['better']} of {total}"
    if pair["better"] == total:
        where = "both settings" if total == 2 else f"all {total} settings"
    text = f"{pair['a']} is better than {pair['b']} in {where}"
    return f"{text} ({listed(others)})" if others else text


def what_matters(ranked: Sequence[pd.DataFrame], compared: Sequence[Mapping]) -> str:
    """Return how much the ELBO differs with the activation, and with what else varies.

    Parameters
    ----------
    ranked : sequence of pandas.DataFrame
        Of each setting; see `analysis.summary.summarize`.
    compared : sequence of mapping
        The fields of each comparison; of one data set, else nothing is said.
    """
    if len({one["dataset"] for one in compared}) > 1:
        return ""
    spans = settings.ranges(ranked, compared)
    if len(spans) < 2 or "activation" not in spans:
        return ""
    names = {"train_size": "number of training images"}
    names |= {"activation": "encoder"} if "decoder_activation" in spans else {}
    parts = [
        f"{number(span, 3)} nats with the {names.get(name, label(name))}"
        for name, span in spans.sort_values(ascending=False).items()
    ]
    return f"From worst to best, all else equal, the ELBO changes by {listed(parts)} (medians)."


def gap_of_the_fewest(ranked: Sequence[pd.DataFrame], compared: Sequence[Mapping]) -> str:
    """Return the generalisation gaps with the fewest images, where their number was compared.

    Parameters
    ----------
    ranked, compared : sequence
        See `what_matters`.
    """
    sizes = [one["train_size"] for one in compared]
    if min(sizes) == max(sizes) or len({one["dataset"] for one in compared}) > 1:
        return ""
    fewest = [rows for rows, size in zip(ranked, sizes, strict=True) if size == min(sizes)]
    gaps = pd.concat(fewest).groupby("activation")["gap"].median().dropna()
    if len(gaps) < 2:
        return ""
    listing = [f"{name} {nats(gap)}" for name, gap in gaps.sort_values(ascending=False).items()]
    over = " (median over settings)" if len(fewest) > 1 else ""
    return (
        f"With {min(sizes):,} training images, the generalisation gap in nats{over} is "
        f"{listed(listing)}: the larger, the more is overfitted."
    )


def gradient_with_depth(summaries: Sequence[pd.DataFrame], compared: Sequence[Mapping]) -> str:
    """Return in how many of the deepest networks the gradient has not vanished.

    Parameters
    ----------
    summaries, compared : sequence
        See `what_matters`, with diverged models; nothing is said where depths were not
        compared.
    """
    depths = [one.get("depth", 1) for one in compared]
    if min(depths) == max(depths):
        return ""
    others = [name for name in settings.varying(compared) if name != "depth"]
    deepest = pd.concat(
        [
            rows.assign(setting=", ".join(describe(name, one[name]) for name in others))
            for rows, one, depth in zip(summaries, compared, depths, strict=True)
            if depth == max(depths)
        ]
    )
    kept = deepest.groupby("activation", sort=False)["with_gradient"].sum()
    parts = [
        _in_models(name, deepest[deepest["activation"] == name])
        for name in kept.sort_values(ascending=False, kind="stable").index
    ]
    return (
        f"At depth {max(depths)}, the gradient has not vanished after training (gradient flow of "
        f"{DEFAULTS.gradient_flow:g} or more, posterior not collapsed) in {listed(parts)}."
    )


def _in_models(name: str, rows: pd.DataFrame) -> str:
    """Return how many models of an activation keep the gradient, and where if in one setting."""
    total, having = rows["runs"].sum(), rows[rows["with_gradient"] > 0]
    where = f" (with {having['setting'].iloc[0]})" if len(having) == 1 < len(rows) else ""
    return f"{rows['with_gradient'].sum()} of {total} models with {name}{where}"
