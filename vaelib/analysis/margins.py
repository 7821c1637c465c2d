"""Differences that do not matter, in the unit of each metric."""

from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.results.columns import JUDGED, Direction
from vaelib.results.keys import Status

# A constant image has no gap: a gap matters as much as the ELBO that it costs.
_OF_ANOTHER = {"gap": "elbo"}


def of_runs(
    runs: pd.DataFrame, share: float, given: Mapping[str, float], seeds: Sequence[int]
) -> dict[str, float]:
    """Return the margin of every judged metric.

    One nat is nothing where the best model is 2,000 nats above a constant image, and
    much where it is 80 above. The margin is therefore a share of that lead.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one comparison; see `training.evaluate.score`.
    share : float
        Of the lead of the best activation's mean over that of a constant image.
    given : mapping of str to float
        Margins in the metric's unit, which take the place of the share.
    seeds : sequence of int
        The replicates that decide it: those that every activation has, so that the
        margin is the same however many more some of them have.

    Returns
    -------
    dict of str to float
        By metric; 0 without a finished model, or with none above a constant image.
    """
    if runs.empty:
        return dict.fromkeys((metric.column for metric in JUDGED), 0.0) | dict(given)
    finished = runs[(runs["status"] == Status.FINISHED) & runs["seed"].isin(seeds)]
    margins = {}
    for metric in JUDGED:
        column = _OF_ANOTHER.get(metric.column, metric.column)
        higher = Direction.HIGHER if column != metric.column else metric.direction
        means = finished.groupby("activation")[column].mean()
        best = means.max() if higher == Direction.HIGHER else means.min()
        lead = best - finished[f"constant_{column}"].mean()
        lead = max(lead if higher == Direction.HIGHER else -lead, 0.0)
        margins[metric.column] = float(share * lead) if len(means) else 0.0
    return margins | dict(given)
