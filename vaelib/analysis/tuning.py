"""Default and tuned learning rates: which were selected, and where the order changes."""

import numpy as np
import pandas as pd

from vaelib.analysis import intervals
from vaelib.analysis.verdicts import Verdict
from vaelib.results.keys import RateChoice


def elbo_by_rate(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the validation ELBO of each activation at each learning rate.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one setting; see `training.sweep.train`.

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


def selected_rates(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the tuned learning rate of each activation.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one setting; see `training.sweep.train`.

    Returns
    -------
    pandas.DataFrame
        ``activation``, ``learning_rate``, and ``edge``: ``lowest`` or ``highest`` for
        an end of the grid, beyond which a better rate may lie; else empty.
    """
    grid = sorted(runs["learning_rate"].unique())
    tuned = runs[runs[RateChoice.TUNED.column].astype(bool)].drop_duplicates("activation")
    table = tuned[["activation", "learning_rate"]].reset_index(drop=True)
    edges = {grid[0]: "lowest", grid[-1]: "highest"}
    return table.assign(edge=[edges.get(rate, "") for rate in table["learning_rate"]])


def order_changes(default: pd.DataFrame, tuned: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs whose order by ELBO changes when the learning rates are tuned.

    Parameters
    ----------
    default, tuned : pandas.DataFrame
        Verdicts at the default and at the tuned rates; see `comparisons.judge`.

    Returns
    -------
    pandas.DataFrame
        ``a``, ``b``, for each choice of the rate the ``difference`` a - b in nats and
        the ``verdict``, and ``decided``: whether both verdicts are better or worse.
    """
    left, right = (pairs[pairs["metric"] == "elbo"] for pairs in (default, tuned))
    both = left.merge(right, on=["a", "b"], suffixes=("_default", "_tuned"))
    both = both[both["difference_default"] * both["difference_tuned"] < 0]
    conclusive = (Verdict.BETTER, Verdict.WORSE)
    decided = both["verdict_default"].isin(conclusive) & both["verdict_tuned"].isin(conclusive)
    columns = [
        "a",
        "b",
        "difference_default",
        "verdict_default",
        "difference_tuned",
        "verdict_tuned",
    ]
    return both[columns].assign(decided=decided).reset_index(drop=True)
