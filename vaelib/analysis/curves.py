"""What is drawn of training: means and intervals over seeds, at epochs and layers."""

from collections.abc import Sequence

import pandas as pd

from vaelib.analysis import intervals

BEFORE, AFTER = "before training", "after training"


def at_moments(gradients: pd.DataFrame, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the measurements before training and with the weights that were kept.

    Parameters
    ----------
    gradients : pandas.DataFrame
        See `training.probes.GradientProbe`.
    runs : pandas.DataFrame
        Of the same models.

    Returns
    -------
    dict of str to pandas.DataFrame
        By `BEFORE` and `AFTER`.
    """
    kept = gradients["model"].map(runs.set_index("model")["kept_epoch"])
    return {
        BEFORE: gradients[gradients["epoch"] == 0],
        AFTER: gradients[gradients["epoch"] == kept],
    }


def over_seeds(table: pd.DataFrame, value: str, by: list[str]) -> pd.DataFrame:
    """Return the mean and interval over seeds of a value.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``activation``, ``seed``, `value` and those of `by`.
    value : str
    by : list of str
        Columns that identify a row within one model, such as ``epoch``.

    Returns
    -------
    pandas.DataFrame
        ``activation``, the columns of `by`, ``mean``, ``low``, ``high``; only
        rows that all of the activation's seeds have.
    """
    parts = []
    for activation, group in table.groupby("activation", sort=False):
        wide = group.pivot_table(index="seed", columns=by, values=value, sort=True).dropna(axis=1)
        low, high = intervals.mean_interval(wide.to_numpy())
        part = wide.mean().rename("mean").reset_index().assign(low=low, high=high)
        part.insert(0, "activation", activation)
        parts.append(part)
    if not parts:
        return pd.DataFrame(columns=["activation", *by, "mean", "low", "high"])
    return pd.concat(parts, ignore_index=True)


def inactive_shares(
    gradients: pd.DataFrame, runs: pd.DataFrame, order: Sequence[str]
) -> pd.DataFrame:
    """Return the shares of dead units and of saturated elements after training.

    Parameters
    ----------
    gradients, runs
        As in `at_moments`.
    order : sequence of str
        Activations.

    Returns
    -------
    pandas.DataFrame
        Index: `order`; ``dead`` and ``saturated``, means over hidden layers and seeds.
        Empty for a network without hidden layers.
    """
    hidden = at_moments(gradients, runs)[AFTER].dropna(subset=["dead"])
    shares = hidden.groupby("activation")[["dead", "saturated"]].mean()
    return shares if hidden.empty else shares.reindex(order)
