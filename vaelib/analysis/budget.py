"""Which activation leads at every budget: epochs, and seconds of training."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from vaelib.analysis import verdicts
from vaelib.analysis.verdicts import Verdict

# Epochs at which activations are compared, as far as some model was trained.
_EPOCHS = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200, 300, 400)
# Of the table of leaders, by the verdict of the leader on those that are named there.
_COLUMNS = {
    "better": Verdict.BETTER,
    "tied": Verdict.TIED,
    "open": Verdict.OPEN,
    "worse": Verdict.WORSE,
}

Judge = Callable[[pd.DataFrame], pd.DataFrame]


def quality(history: pd.DataFrame, keep_best: bool, seconds: bool = False) -> pd.DataFrame:
    """Return the validation ELBO that each model has at each budget.

    Parameters
    ----------
    history : pandas.DataFrame
        Of one comparison, of the models that finished.
    keep_best : bool
        Whether a model keeps the best weights so far, as with a patience.
    seconds : bool
        Whether budgets are seconds: epochs times the activation's median time for one.

    Returns
    -------
    pandas.DataFrame
        ``activation``, ``seed``, ``budget``, ``val_elbo``; from the end of a model's
        training on, what it ended with. Budgets of epochs are common round numbers; of
        seconds, as many, up to the longest training.
    """
    longest = int(history["epoch"].max())
    epochs = np.array([*(one for one in _EPOCHS if one < longest), longest])
    pace = history.groupby("activation")["seconds"].median()
    budgets = epochs * float(pace.max()) if seconds else epochs
    parts = []
    for (activation, seed), rows in history.groupby(["activation", "seed"], sort=False):
        curve = -rows.sort_values("epoch")["val_loss"].to_numpy(float)
        if keep_best:
            curve = np.maximum.accumulate(curve)
        done = np.floor(budgets / pace[activation] + 1e-9) if seconds else budgets
        place = np.clip(done.astype(int), 0, len(curve))
        values = np.where(place > 0, curve[place - 1], np.nan)
        keys = {"activation": activation, "seed": seed, "budget": budgets}
        parts.append(pd.DataFrame({**keys, "val_elbo": values}))
    return pd.concat(parts, ignore_index=True)


def leaders(values: pd.DataFrame, judge: Judge) -> pd.DataFrame:
    """Return who leads at each budget, and the verdicts on the leader.

    Parameters
    ----------
    values : pandas.DataFrame
        See `quality`.
    judge : callable
        From values (index: seeds; columns: activations) to verdicts on all pairs; see
        `verdicts.compare`.

    Returns
    -------
    pandas.DataFrame
        ``budget``; ``leader``; ``val_elbo``, its mean; ``second`` and ``ahead``, in nats,
        of it (see `paired_means`); and the others by verdict, joined by commas:
        ``better`` than, ``tied`` with, ``open``, and ``worse`` than.
    """
    rows = []
    for budget, part in values.groupby("budget"):
        square = part.pivot_table(index="seed", columns="activation", values="val_elbo")
        means = paired_means(square).sort_values(ascending=False)
        if means.empty:
            continue
        leader = means.index[0]
        row = {"budget": budget, "leader": leader, "val_elbo": means.iloc[0]}
        row |= {"second": means.index[1] if len(means) > 1 else ""}
        row |= {"ahead": means.iloc[0] - means.iloc[1] if len(means) > 1 else np.nan}
        against = verdicts.matrix(judge(square), list(means.index)).loc[leader]
        row |= {
            column: ", ".join(against.index[against == verdict])
            for column, verdict in _COLUMNS.items()
        }
        rows.append(row)
    return pd.DataFrame(rows)


def paired_means(square: pd.DataFrame) -> pd.Series:
    """Return means that can be compared where activations have different seeds.

    Parameters
    ----------
    square : pandas.DataFrame
        Index: seeds; columns: activations. NaN where there is no model.

    Returns
    -------
    pandas.Series
        By activation: the mean of the activation with the most seeds (of those, the best)
        less the mean difference from it over the seeds that both have; without any in
        common, NaN. Plain means where all have all seeds.
    """
    counts = square.count()
    candidates = square.loc[:, counts == counts.max()] if counts.max() > 0 else square[[]]
    if candidates.empty:
        return pd.Series(dtype=float)
    reference = square[candidates.mean().idxmax()]
    return reference.mean() + square.sub(reference, axis=0).mean().dropna()


def behind(values: pd.DataFrame) -> pd.DataFrame:
    """Return how far each activation is behind the leader at each budget.

    Parameters
    ----------
    values : pandas.DataFrame
        See `quality`.

    Returns
    -------
    pandas.DataFrame
        Index: the budget; columns: activations; in nats, of `paired_means`.
    """
    square = values.pivot_table(index=["budget", "seed"], columns="activation", values="val_elbo")
    means = pd.DataFrame(
        {budget: paired_means(part) for budget, part in square.groupby("budget")}
    ).T
    return -means.sub(means.max(axis=1), axis=0).rename_axis("budget")


def lead(table: pd.DataFrame) -> list[dict]:
    """Return who leads at each budget, and whether that is more than chance.

    Parameters
    ----------
    table : pandas.DataFrame
        See `leaders`.

    Returns
    -------
    list of dict
        ``budget``, ``leader`` and ``decided``: whether, by verdict, the leader is better
        there than all others that lead at another budget.
    """
    leading = set(table["leader"])
    return [
        {
            "budget": row.budget,
            "leader": row.leader,
            "decided": leading - {row.leader} <= set(row.better.split(", ")),
        }
        for row in table.itertuples()
    ]


def changes(table: pd.DataFrame) -> list[tuple[str, float, float]]:
    """Return the spells of each leader: the activation, its first and its last budget.

    Parameters
    ----------
    table : pandas.DataFrame
        See `leaders`.
    """
    spells: list[tuple[str, float, float]] = []
    for row in table.itertuples():
        if spells and spells[-1][0] == row.leader:
            spells[-1] = (row.leader, spells[-1][1], row.budget)
        else:
            spells.append((row.leader, row.budget, row.budget))
    return spells


def falling(history: pd.DataFrame, activations: Sequence[str]) -> pd.Series:
    """Return how fast the validation loss still falls at the end of training.

    Parameters
    ----------
    history : pandas.DataFrame
        Of one comparison.
    activations : sequence of str

    Returns
    -------
    pandas.Series
        By activation, nats per epoch over the last quarter of each model's epochs, mean
        over the seeds that did not diverge; NaN for fewer than two epochs.
    """
    speeds: dict[str, list[float]] = {name: [] for name in activations}
    for (name, _), rows in history.sort_values("epoch").groupby(["activation", "seed"]):
        losses = rows["val_loss"].to_numpy(float)
        span = max(1, len(losses) // 4)
        if len(losses) > span and name in speeds and np.isfinite(losses).all():
            speeds[name].append((losses[-1 - span] - losses[-1]) / span)
    return pd.Series({name: np.mean(own) if own else np.nan for name, own in speeds.items()})
