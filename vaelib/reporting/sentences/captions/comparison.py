"""Captions of the figures of one comparison."""

from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.analysis import budget
from vaelib.analysis.curves import at_moments, inactive_shares, over_seeds
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import count, listed, nats, number, percent, ratio
from vaelib.reporting.sentences.course import lead
from vaelib.results.columns import Direction, Metric


def verdict_matrices(pairs: pd.DataFrame, metrics: Sequence[Metric]) -> str:
    """Describe the matrices of verdicts on every pair.

    Parameters
    ----------
    pairs : pandas.DataFrame
        See `comparisons.judge`.
    metrics : sequence of Metric
        Those drawn.
    """
    parts = []
    for metric in metrics:
        found = pairs.loc[pairs["metric"] == metric.column, "verdict"].value_counts()
        decided = found.get(Verdict.BETTER, 0) + found.get(Verdict.WORSE, 0)
        tied, unknown = (int(found.get(one, 0)) for one in (Verdict.TIED, Verdict.OPEN))
        parts.append(
            f"by {metric.label} {_are(int(decided))} decided, {_are(tied)} practically tied and "
            f"{_are(unknown)} open"
        )
    family = int(pairs.groupby("metric").size().max()) if len(pairs) else 0
    return f"Verdicts on {count(family, 'pair')} of activations: {'; '.join(parts)}."


def learning_curves(history: pd.DataFrame, order: Sequence[str]) -> str:
    """Describe the validation loss over epochs.

    Parameters
    ----------
    history : pandas.DataFrame
        ``activation``, ``seed``, ``epoch``, ``val_loss``.
    order : sequence of str
    """
    what = "Validation loss after each epoch, in full and closer to the best."
    if not order:
        return f"{what} No model finished."
    curves = over_seeds(history, "val_loss", ["epoch"])
    last = curves.groupby("activation")[["epoch", "mean"]].last().sort_values("mean")
    ends = [
        f"{name} ({nats(row['mean'])} nats after {count(int(row['epoch']), 'epoch')})"
        for name, row in last.iterrows()
    ]
    if len(ends) == 1:
        return f"{what} It ends with {ends[0]}."
    return f"{what} The lowest curve ends with {ends[0]}, the highest with {ends[-1]}."


def quality(summary: pd.DataFrame, metrics: Sequence[Metric]) -> str:
    """Describe means and intervals of some metrics.

    Parameters
    ----------
    summary : pandas.DataFrame
        See `analysis.summary.summarize`.
    metrics : sequence of Metric
        Those drawn.
    """
    parts = []
    for metric in metrics:
        values = summary.set_index("activation")[metric.column].dropna()
        if len(values):
            best = values.idxmax() if metric.direction == Direction.HIGHER else values.idxmin()
            parts.append(f"{metric.label} {best} ({number(values[best], metric.digits)})")
    found = f"The best by {listed(parts)}." if parts else "No model finished."
    return f"Means over replicates with 95 % intervals. {found}"


def gradients_by_depth(gradients: pd.DataFrame, runs: pd.DataFrame, order: Sequence[str]) -> str:
    """Describe the gradient at each layer, before and after training.

    Parameters
    ----------
    gradients : pandas.DataFrame
        See `training.probes.GradientProbe`.
    runs : pandas.DataFrame
        Of the same models.
    order : sequence of str
    """
    what = "Root mean square of the gradient at each layer, from the images to the logits."
    parts = []
    for moment, rows in at_moments(gradients, runs).items():
        means = over_seeds(rows, "gradient_rms", ["depth", "layer"])
        by_layer = means.pivot_table(index="activation", columns="depth", values="mean")
        if by_layer.empty:
            continue
        shares = (by_layer.iloc[:, 0] / by_layer.iloc[:, -1]).reindex(order).dropna().sort_values()
        low, high = shares.index[0], shares.index[-1]
        between = f"{ratio(shares[low])} ({low})"
        if low != high:
            between += f" to {ratio(shares[high])} ({high})"
        parts.append(f"{moment}, the first layer's is {between} times that at the logits")
    return f"{what} {_sentence('; '.join(parts))}" if parts else what


def inactive_units(
    gradients: pd.DataFrame, runs: pd.DataFrame, order: Sequence[str], saturation: float
) -> str:
    """Describe the shares of dead units and of saturated elements after training.

    Parameters
    ----------
    gradients, runs, order
        As in `gradients_by_depth`.
    saturation : float
        Slope below which an element counts as saturated.
    """
    shares = inactive_shares(gradients, runs, order)
    if shares.empty:
        return "This network has no hidden layers."
    dead = shares["dead"][shares["dead"] >= 0.005].sort_values(ascending=False)
    some = listed([f"{name} {percent(share)}" for name, share in dead.items()]) if len(dead) else ""
    most = shares["saturated"].idxmax()
    return (
        f"Dead units: {some or 'none'}. Elements with a slope below {saturation:g}: most with "
        f"{most}, {percent(shares['saturated'][most])}."
    )


def rank_by_budget(led: Mapping[str, pd.DataFrame]) -> str:
    """Describe who leads at which budget.

    Parameters
    ----------
    led : mapping of str to pandas.DataFrame
        By the unit of the budget; see `analysis.budget.leaders`.
    """
    leads = [lead(budget.changes(table), unit) for unit, table in led.items() if len(table)]
    return " ".join(["How far each activation is behind the leader.", *leads])


def race_stages(race: Mapping) -> str:
    """Describe who was left in a race, and who was retired after how many replicates.

    Parameters
    ----------
    race : mapping
        Of a comparison in ``study.json``; see `analysis.race.Race`.
    """
    parts = [
        f"{listed([one['activation'] for one in stage['retired']])} retired after "
        f"{count(stage['replicates'], 'replicate')}"
        for stage in race["stages"]
        if stage["retired"]
    ]
    left = listed(list(race["alive"])) if race["alive"] else "none"
    retired = "; ".join(parts) or "none retired"
    return f"Replicates of each activation in the race. In it to the end: {left}; {retired}."


def _are(many: int) -> str:
    """Return a number of things with its verb."""
    return f"{many or 'none'} {'are' if many > 1 else 'is'}"


def _sentence(text: str) -> str:
    """Return a text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
