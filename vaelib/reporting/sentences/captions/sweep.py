"""Captions of the figures of several comparisons."""

from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.analysis.verdicts import Ranks
from vaelib.formatting import count, fixed, listed, number, ratio
from vaelib.results.columns import label


def candidates(table: pd.DataFrame, tuned: Sequence[str], setting: str = "") -> str:
    """Describe the validation ELBO of what each activation could be given.

    Parameters
    ----------
    table : pandas.DataFrame
        See `analysis.tuning.candidates`.
    tuned : sequence of str
        The columns that tell candidates apart.
    setting : str
        Of the comparison; empty where there is one.
    """
    chosen = table[table["chosen"]].sort_values("mean", ascending=False)
    where = f" with {setting}" if setting else ""
    what = f"Mean validation ELBO of each {' and '.join(map(label, tuned))}{where}."
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


def average_ranks(ranked: Mapping[str, Ranks]) -> str:
    """Describe ranks averaged over data sets.

    Parameters
    ----------
    ranked : mapping of str to Ranks
        See `comparisons.average_ranks`.
    """
    parts = []
    for where, ranks in ranked.items():
        listing = "; ".join(f"{name} {fixed(value, 1)}" for name, value in ranks.average.items())
        parts.append(f"{where}: {listing}" if where else listing)
    return f"Ranks by test ELBO, averaged over data sets: {'. '.join(parts)}."
