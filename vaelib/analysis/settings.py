"""How the settings of a study compare: where an order turns around, and what changes the ELBO."""

from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.analysis.comparisons import COLUMNS
from vaelib.analysis.verdicts import Verdict

_PAIR = ["a", "b", "verdict"]
_COUNTED = {
    "better": Verdict.BETTER,
    "worse": Verdict.WORSE,
    "tied": Verdict.TIED,
    "open": Verdict.OPEN,
}


def of_one_dataset(compared: Sequence[Mapping]) -> bool:
    """Return whether all settings are of one data set, so that their ELBOs can be compared.

    Parameters
    ----------
    compared : sequence of mapping
        See `varying`.
    """
    return len({one["dataset"] for one in compared}) == 1


def varying(compared: Sequence[Mapping]) -> list[str]:
    """Return the columns by which settings of one data set differ.

    Parameters
    ----------
    compared : sequence of mapping
        The fields of each comparison; see `comparisons.Comparison`.
    """
    return [name for name in COLUMNS if len({one.get(name) for one in compared}) > 1]


def orders(judged: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Count the verdicts on the ELBO of each pair of activations over settings.

    Parameters
    ----------
    judged : sequence of pandas.DataFrame
        The verdicts in each setting; see `comparisons.judge`.

    Returns
    -------
    pandas.DataFrame
        ``a`` and ``b``; ``better``, ``worse``, ``tied`` and ``open``: in how many settings
        ``a`` has that verdict against ``b``, so that ``better`` is at least ``worse``. The
        pairs with the most settings in which ``a`` is better come first.
    """
    rows = pd.concat([pairs.loc[pairs["metric"] == "elbo", _PAIR] for pairs in judged])
    opposite = rows["verdict"].map(lambda verdict: Verdict(verdict).opposite)
    mirrored = rows.rename(columns={"a": "b", "b": "a"}).assign(verdict=opposite)
    both = pd.concat([rows, mirrored])
    counts = pd.crosstab([both["a"], both["b"]], both["verdict"])
    counts = counts.reindex(columns=list(_COUNTED.values()), fill_value=0)
    counts = counts.set_axis(list(_COUNTED), axis=1).reset_index()
    more, less = counts["better"], counts["worse"]
    counts = counts[(more > less) | ((more == less) & (counts["a"] < counts["b"]))]
    return counts.sort_values("better", ascending=False, kind="stable").reset_index(drop=True)


def ranges(summaries: Sequence[pd.DataFrame], compared: Sequence[Mapping]) -> dict[str, pd.Series]:
    """Return how much the mean ELBO differs with the activation, and with what else varies.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        Of each setting, all of one data set; see `analysis.summary.summarize`.
    compared : sequence of mapping
        The fields of each comparison.

    Returns
    -------
    dict of str to pandas.Series
        In nats, by column, ``activation`` first: from the worst to the best value of it, for
        each combination of the others. Activations are paired by replicate. Nothing where
        there is one value, or where all have the same models, as of an activation to which
        two starts are one.
    """
    found = {"activation": pd.Series([rows["behind"].max() for rows in summaries])}
    names = varying(compared)
    table = pd.concat(
        [
            rows[["activation", "elbo"]].assign(**{name: one.get(name) for name in names})
            for rows, one in zip(summaries, compared, strict=True)
        ]
    )
    for name in names:
        others = ["activation", *(one for one in names if one != name)]
        means = table.groupby(others, dropna=False)["elbo"]
        found[name] = means.max() - means.min()
    found = {name: spans[spans > 0].reset_index(drop=True) for name, spans in found.items()}
    return {name: spans for name, spans in found.items() if len(spans)}
