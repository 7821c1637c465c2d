"""The configuration that is chosen for each activation, on validation images."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from vaelib.analysis import intervals
from vaelib.results.keys import Status


def candidates(runs: pd.DataFrame, tuned: Sequence[str]) -> pd.DataFrame:
    """Return how good each candidate of each activation is on the validation images.

    Parameters
    ----------
    runs : pandas.DataFrame
        The models that serve to choose, of one comparison.
    tuned : sequence of str
        The columns that tell candidates apart.

    Returns
    -------
    pandas.DataFrame
        ``activation``, the columns of `tuned`, ``mean`` of the validation ELBO, ``low``,
        ``high`` (Student's 95 % interval over the seeds that finished), ``finished``,
        ``models`` and ``chosen``: of each activation, the candidate with the best mean
        among those of which most models finished.
    """
    rows = []
    for key, group in runs.groupby(["activation", *tuned], sort=False):
        values = group.loc[group["status"] == Status.FINISHED, "val_elbo"].to_numpy(float)
        low, high = intervals.mean_interval(values)
        row = dict(zip(["activation", *tuned], key, strict=True))
        mean = np.mean(values) if len(values) else -np.inf
        row |= {"mean": mean, "low": low, "high": high, "finished": len(values)}
        rows.append({**row, "models": len(group)})
    table = pd.DataFrame(rows)
    ranked = table.sort_values(["finished", "mean"], ascending=False, kind="stable")
    best = ranked.drop_duplicates("activation").index
    return table.assign(chosen=table.index.isin(best))


def edges(table: pd.DataFrame, column: str) -> dict[str, str]:
    """Return the activations whose choice lies at an end of a numeric grid.

    Parameters
    ----------
    table : pandas.DataFrame
        See `candidates`.
    column : str

    Returns
    -------
    dict of str to str
        From activation to ``lowest`` or ``highest``: a better value may lie beyond.
    """
    values = sorted(table[column].unique())
    if len(values) < 2 or not pd.api.types.is_numeric_dtype(table[column]):
        return {}
    ends = {values[0]: "lowest", values[-1]: "highest"}
    chosen = table[table["chosen"]]
    return {
        row.activation: ends[getattr(row, column)]
        for row in chosen.itertuples()
        if getattr(row, column) in ends
    }


def gains(table: pd.DataFrame, default: dict) -> pd.DataFrame:
    """Return what the choice gains over the study's own values, on validation images.

    Parameters
    ----------
    table : pandas.DataFrame
        See `candidates`.
    default : dict
        The study's value of each tuned column.

    Returns
    -------
    pandas.DataFrame
        Index: activation, the best chosen one first; ``default`` and ``chosen``, mean
        validation ELBO; ``gain``.
    """
    own = table[(table[list(default)] == pd.Series(default)).all(axis=1)]
    joined = pd.DataFrame(
        {
            "default": own.set_index("activation")["mean"],
            "chosen": table[table["chosen"]].set_index("activation")["mean"],
        }
    ).sort_values("chosen", ascending=False)
    return joined.assign(gain=joined["chosen"] - joined["default"])
