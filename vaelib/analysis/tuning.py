"""The fixed league beside the tuned one: learning rates, and where the ranking flips."""

import numpy as np
import pandas as pd

from vaelib.analysis import intervals, verdicts


def by_rate(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the validation ELBO of each activation at each learning rate.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one setting; see `runs.train`.

    Returns
    -------
    pandas.DataFrame
        ``activation``, ``learning_rate``, ``mean``, ``low``, ``high`` (Student's
        95 % interval over the seeds that finished), ``finished`` and ``models``;
        ascending rates.
    """
    rows = []
    for (activation, rate), group in runs.groupby(["activation", "learning_rate"], sort=False):
        values = group["val_elbo"].dropna().to_numpy(float)
        low, high = intervals.mean_interval(values)
        rows.append(
            {
                "activation": activation,
                "learning_rate": rate,
                "mean": np.mean(values) if len(values) else np.nan,
                "low": low,
                "high": high,
                "finished": len(values),
                "models": len(group),
            }
        )
    return pd.DataFrame(rows).sort_values("learning_rate", kind="stable", ignore_index=True)


def chosen(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the rate that each activation uses in the tuned league.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one setting; see `runs.train`.

    Returns
    -------
    pandas.DataFrame
        ``activation``, ``learning_rate``, and ``edge``: whether a better rate
        may lie beyond the grid, ``lowest``, ``highest`` or empty.
    """
    grid = sorted(runs["learning_rate"].unique())
    tuned = runs[runs["tuned"].astype(bool)].drop_duplicates("activation")
    table = tuned[["activation", "learning_rate"]].reset_index(drop=True)
    edges = {grid[0]: "lowest", grid[-1]: "highest"}
    return table.assign(edge=[edges.get(rate, "") for rate in table["learning_rate"]])


def flips(fixed: pd.DataFrame, tuned: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs whose order by ELBO is another one in the tuned league.

    Parameters
    ----------
    fixed, tuned : pandas.DataFrame
        Verdicts in the two leagues; see `comparisons.judge`.

    Returns
    -------
    pandas.DataFrame
        ``a``, ``b``, and in each league the ``difference`` a - b in nats and the
        ``verdict``; ``decided``, true where both verdicts are better or worse.
    """
    left, right = (pairs[pairs["metric"] == "elbo"] for pairs in (fixed, tuned))
    both = left.merge(right, on=["a", "b"], suffixes=("_fixed", "_tuned"))
    both = both[both["difference_fixed"] * both["difference_tuned"] < 0]
    clear = (verdicts.BETTER, verdicts.WORSE)
    decided = both["verdict_fixed"].isin(clear) & both["verdict_tuned"].isin(clear)
    columns = ["a", "b", "difference_fixed", "verdict_fixed", "difference_tuned", "verdict_tuned"]
    return both[columns].assign(decided=decided).reset_index(drop=True)
