"""How the settings of a study compare: where an order turns around, and what changes the ELBO."""

from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.analysis.comparisons import COLUMNS
from vaelib.analysis.verdicts import Verdict

_COUNTED = {
    "better": Verdict.BETTER,
    "worse": Verdict.WORSE,
    "tied": Verdict.TIED,
    "open": Verdict.OPEN,
}
_PAIR = ["a", "b", "verdict"]


def varying(compared: Sequence[Mapping]) -> list[str]:
    """Return the columns by which settings differ.

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
        pairs that are decided most often come first.
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


def ranges(summaries: Sequence[pd.DataFrame], compared: Sequence[Mapping]) -> pd.Series:
    """Return how much the mean ELBO differs with the activation, and with what else varies.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        Of each setting, all of one data set; see `analysis.summary.summarize`.
    compared : sequence of mapping
        The fields of each comparison.

    Returns
    -------
    pandas.Series
        In nats, by column, ``activation`` first: from the worst to the best, all others
        being equal, the median over the values of the others. Without columns of which
        no two values can be compared so.
    """
    names = ["activation", *varying(compared)]
    table = pd.concat(
        [
            rows[["activation", "elbo"]].assign(**{name: one.get(name) for name in names[1:]})
            for rows, one in zip(summaries, compared, strict=True)
        ]
    ).dropna(subset=["elbo"])
    found = {}
    for name in names:
        others = [one for one in names if one != name]
        groups = table.groupby(others or [0] * len(table), dropna=False)["elbo"]
        spans = (groups.max() - groups.min())[groups.count() > 1]
        if len(spans):
            found[name] = spans.median()
    return pd.Series(found, dtype=float)
