"""What one sees in each figure of a page, computed from what it draws.

A caption is also the figure's text alternative: it says what is drawn and what stands out.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from vaelib.analysis import budget
from vaelib.analysis.claims.conclusions import Claim
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.claims.gradients import FlowState
from vaelib.analysis.curves import at_moments, inactive_shares, over_seeds
from vaelib.analysis.verdicts import Verdict
from vaelib.formatting import count, fixed, listed, nats, number, percent, ratio
from vaelib.reporting.sentences.course import lead
from vaelib.results.columns import BY_COLUMN, Direction, Metric, label
from vaelib.results.gallery import Gallery, Ranked

ELBO = BY_COLUMN["elbo"]


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
        parts.append(
            f"by {metric.label} one of {decided} is better, {found.get(Verdict.TIED, 0)} are "
            f"practically tied and {found.get(Verdict.OPEN, 0)} open"
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
    return f"Replicates of each activation in the race. Left: {left}; {retired}."


def reconstructions(pictures: Gallery, order: Sequence[str], part: slice) -> str:
    """Describe test images beside what each activation makes of them.

    Parameters
    ----------
    pictures : Gallery
    order : sequence of str
    part : slice
        Of the images: those drawn.
    """
    shown = [name for name in order if name in pictures.reconstructions]
    if not shown:
        return "No model of the first replicate finished: there are no pictures."
    errors = {
        name: np.abs(pictures.reconstructions[name][part] - pictures.original[part]).mean()
        for name in shown
    }
    low, high = min(errors, key=errors.get), max(errors, key=errors.get)
    numbers = listed([str(image) for image in pictures.index[part]])
    spread = f"{number(errors[low], 2)} ({low})"
    if low != high:
        spread += f" to {number(errors[high], 2)} ({high})"
    pca = " and PCA" if pictures.pca is not None else ""
    return (
        f"Test images no. {numbers}, as decoded by the models of {count(len(shown), 'activation')}"
        f"{pca}, and the absolute differences, which average {spread} of the pixels' range."
    )


def worst_median_best(ranked: Mapping[str, Ranked], order: Sequence[str]) -> str:
    """Describe the worst, the median and the best test image of each activation.

    Parameters
    ----------
    ranked : mapping of str to Ranked
        By activation.
    order : sequence of str
    """
    parts = [
        f"{name} {' / '.join(fixed(value, 2) for value in ranked[name].ssim)}"
        for name in order
        if name in ranked
    ]
    return f"Worst, median and best test image of each activation. Their SSIM: {'; '.join(parts)}."


def prior_samples(samples: Mapping[str, np.ndarray], order: Sequence[str]) -> str:
    """Describe samples of the prior.

    Parameters
    ----------
    samples : mapping of str to array of float [n, height, width, channels]
    order : sequence of str
    """
    shown = [name for name in order if name in samples]
    draws = len(samples[shown[0]]) if shown else 0
    return (
        f"{count(draws, 'draw')} of the prior (columns), each decoded by the models of "
        f"{listed(shown) if shown else 'none'} (rows)."
    )


def candidates(table: pd.DataFrame, tuned: Sequence[str]) -> str:
    """Describe the validation ELBO of what each activation could be given.

    Parameters
    ----------
    table : pandas.DataFrame
        See `analysis.tuning.candidates`.
    tuned : sequence of str
        The columns that tell candidates apart.
    """
    chosen = table[table["chosen"]].sort_values("mean", ascending=False)
    what = f"Mean validation ELBO of each {' and '.join(map(label, tuned))}."
    if chosen.empty:
        return f"{what} No model finished."
    best, worst = chosen.iloc[0], chosen.iloc[-1]
    return (
        f"{what} Of the chosen ones, {best['activation']} has the best "
        f"({number(best['mean'], 4)} nats) and {worst['activation']} the worst "
        f"({number(worst['mean'], 4)})."
    )


def elbo_of_comparisons(summaries: Sequence[pd.DataFrame]) -> str:
    """Describe the test ELBO of every activation in every comparison.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `analysis.summary.summarize`.
    """
    ranked = [one.dropna(subset=["elbo"])["activation"] for one in summaries]
    first = pd.Series([names.iloc[0] for names in ranked if len(names)]).value_counts()
    parts = [f"{name} in {many}" for name, many in first.items()]
    found = f"First by the mean: {listed(parts)}." if parts else "No model finished."
    return f"Test ELBO of each activation in {count(len(summaries), 'comparison')}. {found}"


def over_dimension(summaries: Sequence[pd.DataFrame], dimension: str) -> str:
    """Describe quality, gap and gradient flow over a dimension of the grid.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `analysis.summary.summarize`.
    dimension : str
    """
    flows = pd.concat(list(summaries)).dropna(subset=["gradient_flow"])
    what = f"Test ELBO, generalisation gap and gradient flow over the {label(dimension)}."
    if flows.empty:
        return what
    by_name = flows.groupby("activation")["gradient_flow"].min().sort_values()
    return (
        f"{what} The smallest gradient flow of all settings is {ratio(by_name.iloc[0])} "
        f"({by_name.index[0]})."
    )


def encoder_by_decoder(summaries: Sequence[pd.DataFrame], decoders: Sequence[str]) -> str:
    """Describe the mean test ELBO by encoder and decoder activation.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `analysis.summary.summarize`.
    decoders : sequence of str
        The decoder's activation in each of them.
    """
    rows = pd.concat(
        [one.assign(decoder=name) for one, name in zip(summaries, decoders, strict=True)]
    ).dropna(subset=["elbo"])
    what = "Mean test ELBO by the encoder's (rows) and the decoder's activation (columns)."
    if rows.empty:
        return f"{what} No model finished."
    ends = rows.sort_values("elbo", ascending=False).iloc[[0, -1]]
    best, worst = (
        f"{row.activation} with {row.decoder} ({number(row.elbo, 4)} nats)"
        for row in ends.itertuples()
    )
    return f"{what} The best is {best}, the worst {worst}."


def average_ranks(summaries: Sequence[pd.DataFrame]) -> str:
    """Describe ranks averaged over data sets.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `analysis.summary.summarize`.
    """
    ranks = pd.concat(
        [one.set_index("activation")["elbo"].rank(ascending=False) for one in summaries]
    )
    means = ranks.groupby(level=0).mean().sort_values()
    return (
        f"Ranks by test ELBO, averaged over {count(len(summaries), 'comparison')}: "
        f"{'; '.join(f'{name} {fixed(value, 1)}' for name, value in means.items())}."
    )


def evidence(claim: Claim, what: str) -> str:
    """Describe the estimates that a claim rests on.

    Parameters
    ----------
    claim : Claim
        With rows.
    what : str
        The difference that is drawn.
    """
    outcomes = claim.evidence["outcome"].value_counts()
    found = [f"{outcomes[one]} {one}" for one in Outcome if one in outcomes]
    part = f", {claim.part}" if claim.part else ""
    return (
        f"Claim {claim.number}{part}: {what} in each setting, with 95 % intervals. Of "
        f"{count(len(claim.evidence), 'estimate')}: {listed(found)}."
    )


def flow_over_depth(flows: pd.DataFrame, activations: Sequence[str], limit: float) -> str:
    """Describe gradient flow over depth.

    Parameters
    ----------
    flows : pandas.DataFrame
        See `gradients.flow_by_setting`.
    activations : sequence of str
        Those drawn.
    limit : float
        Flow below which a gradient has vanished.
    """
    rows = flows[flows["activation"].isin(activations)]
    parts = [
        f"{name} {(own['state'] == FlowState.VANISHED).sum()} of {len(own)}"
        for name, own in rows.groupby("activation", sort=False)
    ]
    where = listed(parts) if parts else "none"
    return (
        f"Gradient flow over depth. Below {limit:g} (dotted) the gradient has vanished; settings "
        f"and moments in which it has: {where}."
    )


def _sentence(text: str) -> str:
    """Return a text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
