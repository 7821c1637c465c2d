"""What the settings of a study say together: the question of a study that varies something."""

from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.analysis import settings
from vaelib.analysis.comparisons import OWN
from vaelib.analysis.diagnosis.criteria import DEFAULTS
from vaelib.formatting import count, listed, nats, number
from vaelib.results.columns import describe, label
from vaelib.results.keys import SAME

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
    alike = (pairs["better"] == pairs[["better", "worse", "tied", "open"]].sum(axis=1)).sum()
    turned = pairs[pairs["worse"] > 0]
    names = [f"{row.a} and {row.b}" for row in turned.itertuples()]
    named = f" ({'; '.join(names)})" if 0 < len(names) <= _NAMED else ""
    rest = len(pairs) - alike - len(turned)
    return (
        f"Of {len(pairs)} pairs of activations, {alike or 'none'} are decided alike in "
        f"{_all(total)}, {len(turned) or 'none'} one way in one and the other way in "
        f"another{named}, and {rest or 'none'} open or practically tied in some."
    )


def _order(pair: Mapping, total: int) -> str:
    """Return in how many settings an activation is better than another one, worse, or neither."""
    words = {"worse": "worse", "tied": "practically tied", "open": "open"}
    others = [f"{text} in {pair[key]}" for key, text in words.items() if pair[key]]
    if not pair["better"]:
        return f"{pair['a']} is not better than {pair['b']} anywhere ({listed(others)})"
    where = _all(total) if pair["better"] == total else f"{pair['better']} of {total}"
    text = f"{pair['a']} is better than {pair['b']} in {where}"
    return f"{text} ({listed(others)})" if others else text


def _all(total: int) -> str:
    return "both settings" if total == 2 else f"all {total} settings"


def what_matters(ranked: Sequence[pd.DataFrame], compared: Sequence[Mapping]) -> str:
    """Return how much the ELBO differs with the activation, and with what else varies.

    Parameters
    ----------
    ranked : sequence of pandas.DataFrame
        Of each setting; see `analysis.summary.summarize`.
    compared : sequence of mapping
        The fields of each comparison; of one data set, else nothing is said.
    """
    if not settings.of_one_dataset(compared):
        return ""
    spans = settings.ranges(ranked, compared)
    if not set(spans) - {"activation"}:
        return ""
    names = {"train_size": "number of training images"}
    decoders = {one.get("decoder_activation") for one in compared}
    if len(decoders) > 1 and not decoders & {None, SAME}:
        names["activation"] = "encoder"
    by_size = sorted(spans, key=lambda name: -spans[name].median())
    parts = [
        f"{nats} with the {names.get(name, label(name))}{of_many}"
        for name in by_size
        for nats, of_many in [_span(spans[name])]
    ]
    tuned = [label(name) for name, value in compared[0].items() if value == OWN]
    alike = "all else equal" if not tuned else f"each with its own {listed(tuned)}"
    return f"From worst to best, {alike}, the ELBO differs by {listed(parts)}."


def _span(values: pd.Series) -> tuple[str, str]:
    """Return one or two differences, or the median of more and their range."""
    if len(values) <= 2:
        return f"{listed([number(value, 3) for value in sorted(values)])} nats", ""
    ends = f"{number(values.min(), 3)} to {number(values.max(), 3)}"
    return f"{number(values.median(), 3)} nats", f" (median of {len(values)}: {ends})"


def gap_of_the_fewest(ranked: Sequence[pd.DataFrame], compared: Sequence[Mapping]) -> str:
    """Return the generalisation gaps with the fewest images, where their number was compared.

    Parameters
    ----------
    ranked, compared : sequence
        See `what_matters`.
    """
    sizes = [one["train_size"] for one in compared]
    if min(sizes) == max(sizes) or not settings.of_one_dataset(compared):
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
        compared, nor for reports of earlier versions, which have no such counts.
    """
    depths = [one.get("depth", 1) for one in compared]
    known = all("with_gradient" in rows for rows in summaries)
    if min(depths) == max(depths) or not settings.of_one_dataset(compared) or not known:
        return ""
    others = [name for name in settings.varying(compared) if name != "depth"]
    deepest = pd.concat(
        [
            rows.assign(
                finished=rows["runs"] - rows["diverged"],
                setting=", ".join(describe(name, one[name]) for name in others),
            )
            for rows, one, depth in zip(summaries, compared, depths, strict=True)
            if depth == max(depths)
        ]
    )
    totals = deepest.groupby("activation", sort=False)[["with_gradient", "finished"]].sum()
    ordered = totals.sort_values("with_gradient", ascending=False, kind="stable")
    parts = [_in_models(name, deepest[deepest["activation"] == name]) for name in ordered.index]
    return (
        f"At depth {max(depths)}, the gradient has not vanished while models learn (gradient flow "
        f"of {DEFAULTS.gradient_flow:g} or more) in {'; '.join(parts)}."
    )


def _in_models(name: str, rows: pd.DataFrame) -> str:
    """Return how many models of an activation keep the gradient, by setting where some do."""
    kept, finished = rows["with_gradient"].sum(), rows["finished"].sum()
    text = f"{kept} of {finished} with {name}"
    if kept in (0, finished) or len(rows) < 2:
        return text
    by_share = rows.sort_values("with_gradient", ascending=False, kind="stable")
    parts = [
        f"{row.setting} {row.with_gradient} of {row.finished}" for row in by_share.itertuples()
    ]
    return f"{text} ({', '.join(parts)})"


def diverged(summaries: Sequence[pd.DataFrame]) -> str:
    """Return how many models diverged, by activation; empty where none did.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `what_matters`.
    """
    rows = pd.concat(summaries)
    lost = rows.groupby("activation", sort=False)["diverged"].sum()
    if not lost.sum():
        return ""
    parts = [f"{many} of {name}" for name, many in lost[lost > 0].items()]
    many = count(int(rows["runs"].sum()), "model")
    return f"Of {many}, {lost.sum()} diverged and are in no mean: {listed(parts)}."
