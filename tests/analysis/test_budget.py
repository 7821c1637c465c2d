"""Who leads at each budget, on curves made by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from vaelib.analysis import budget, verdicts
from vaelib.results.columns import Direction

# Slow and steady wins at the third epoch, and ends early.
CURVES = {"quick": [5.0, 4.0, 4.5, 3.9], "steady": [9.0, 6.0, 3.0]}
SECONDS = {"quick": 1.0, "steady": 2.0}


def history(seeds: int = 6) -> pd.DataFrame:
    parts = []
    for name, losses in CURVES.items():
        for seed in range(seeds):
            curve = np.array(losses) + 0.01 * seed
            epochs = np.arange(1, len(curve) + 1)
            keys = {"activation": name, "seed": seed, "epoch": epochs}
            parts.append(pd.DataFrame({**keys, "val_loss": curve, "seconds": SECONDS[name]}))
    return pd.concat(parts, ignore_index=True)


def curve(values: pd.DataFrame, name: str) -> list[float]:
    own = values[(values["activation"] == name) & (values["seed"] == 0)]
    return list(-own["val_elbo"])


@pytest.mark.parametrize(
    ("keep_best", "quick"), [(True, [5, 4, 4, 3.9]), (False, [5, 4, 4.5, 3.9])]
)
def test_quality_is_that_of_the_weights_that_would_be_kept(keep_best, quick):
    values = budget.quality(history(), keep_best)
    assert list(values["budget"].unique()) == [1, 2, 3, 4]
    assert curve(values, "quick") == quick
    assert curve(values, "steady") == [9, 6, 3, 3], "from its end on, what it ended with"


def test_budgets_of_seconds_buy_an_activation_as_many_epochs_as_it_can_do():
    values = budget.quality(history(), True, seconds=True)
    assert list(values["budget"].unique()) == [2, 4, 6, 8]
    assert curve(values, "quick") == [4, 3.9, 3.9, 3.9]
    assert curve(values, "steady") == [9, 6, 3, 3]


def test_the_leader_changes_hands():
    values = budget.quality(history(), True)
    found = budget.leaders(values, lambda wide: verdicts.compare(wide, 0.1, Direction.HIGHER))
    assert list(found["leader"]) == ["quick", "quick", "steady", "steady"]
    np.testing.assert_allclose(found["ahead"], [4, 2, 1, 0.9])
    assert list(found["better"]) == ["steady", "steady", "quick", "quick"]
    assert set(found["tied"]) == set(found["open"]) == {""}
    assert budget.changes(found) == [("quick", 1, 2), ("steady", 3, 4)]
    decided = [row | {"decided": True} for row in found[["budget", "leader"]].to_dict("records")]
    assert budget.lead(found) == decided
    json.dumps(budget.lead(found))  # as in ``study.json``
    assert [one["decided"] for one in budget.lead(found.assign(better=""))] == [False] * 4
    alone = budget.lead(found[:2].assign(better=""))
    assert [one["decided"] for one in alone] == [True, True], "nobody else leads"
    empty = pd.DataFrame({"quick": [np.nan], "steady": [np.nan]})
    assert budget.paired_means(empty).empty
    behind = budget.behind(values)
    np.testing.assert_allclose(behind["quick"], [0, 0, 1, 0.9])
    np.testing.assert_allclose(behind["steady"], [4, 2, 0, 0])


def test_how_fast_a_loss_still_falls_is_that_of_the_last_quarter():
    found = budget.falling(history(), ["quick", "steady", "other"])
    assert found["quick"] == pytest.approx(0.6)
    assert found["steady"] == pytest.approx(3.0)
    assert np.isnan(found["other"])


def test_activations_with_other_seeds_are_compared_over_common_ones():
    """As in a race: what is retired has the first replicates only, which may be better ones."""
    square = pd.DataFrame(
        {"selu": [0.0, -2, -4, -6], "relu": [-1.0, -3, np.nan, np.nan], "elu": [-1.0, -1, -5, -9]}
    )
    found = budget.paired_means(square)
    assert found.to_dict() == {"selu": -3, "relu": -4, "elu": -4}
    full = square[["selu", "elu"]]
    pd.testing.assert_series_equal(budget.paired_means(full), full.mean())
    assert budget.paired_means(square.iloc[:0]).empty
    assert budget.paired_means(pd.DataFrame({"a": [1.0, np.nan], "b": [np.nan, 1]})).to_dict() == {
        "a": 1
    }
