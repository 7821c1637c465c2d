"""Default and tuned learning rates, on tables made by hand."""

import numpy as np
import pandas as pd
import pytest

from vaelib.analysis import tuning
from vaelib.analysis.verdicts import Verdict

# Half the interval of two values with a difference of 1: t(0.975, 1) s / sqrt(2), s = 1 / sqrt(2).
T_OF_TWO = 12.7062047362 / 2


def models(values: dict[str, dict[float, list[float]]]) -> pd.DataFrame:
    """Return runs from validation ELBOs by activation and rate; the best mean is tuned."""
    rows = []
    for name, by_rate in values.items():
        best = max(by_rate, key=lambda rate: np.nan_to_num(np.mean(by_rate[rate]), nan=-np.inf))
        for rate, group in by_rate.items():
            rows += [
                {"activation": name, "learning_rate": rate, "seed": seed, "val_elbo": value}
                | {"tuned_rate": rate == best}
                for seed, value in enumerate(group)
            ]
    return pd.DataFrame(rows)


RUNS = models(
    {
        "tanh": {0.001: [-5.0, -6.0], 0.0001: [-9.0, -9.0], 0.01: [-1.0, -3.0]},
        "relu": {0.001: [-4.0, -4.5], 0.0001: [-3.0, -3.5], 0.01: [-7.0, np.nan]},
        "elu": {0.001: [-2.0, -2.0], 0.0001: [-8.0, -8.0], 0.01: [np.nan, np.nan]},
    }
)


def test_the_curve_has_means_and_intervals_in_ascending_rates():
    table = tuning.elbo_by_rate(RUNS)
    assert list(table["learning_rate"]) == [0.0001] * 3 + [0.001] * 3 + [0.01] * 3
    table = table.set_index(["activation", "learning_rate"])
    row = table.loc["tanh", 0.01]
    assert row["mean"] == -2
    assert (row["low"], row["high"]) == pytest.approx((-2 - 2 * T_OF_TWO, -2 + 2 * T_OF_TWO))
    assert tuple(row[["finished", "models"]]) == (2, 2)


def test_the_curve_says_how_many_finished():
    table = tuning.elbo_by_rate(RUNS).set_index(["activation", "learning_rate"])
    row = table.loc["relu", 0.01]
    assert (row["mean"], row["finished"], row["models"]) == (-7, 1, 2)
    assert np.isnan(row["low"])
    row = table.loc["elu", 0.01]
    assert (row["finished"], row["models"]) == (0, 2)
    assert row[["mean", "low", "high"]].isna().all()


def test_the_selected_rate_is_that_of_the_tuned_models_with_its_edge():
    table = tuning.selected_rates(RUNS)
    assert list(table.itertuples(index=False, name=None)) == [
        ("tanh", 0.01, "highest"),
        ("relu", 0.0001, "lowest"),
        ("elu", 0.001, ""),
    ]


def test_the_edges_are_those_of_the_whole_grid():
    """A rate at which an activation has no rows would still be a rate of the grid."""
    runs = RUNS[(RUNS["activation"] != "elu") | (RUNS["learning_rate"] == 0.001)]
    assert dict(tuning.selected_rates(runs)[["activation", "edge"]].to_numpy())["elu"] == ""


def pairs(*rows: tuple, metric: str = "elbo") -> pd.DataFrame:
    columns = ["a", "b", "difference", "verdict"]
    return pd.DataFrame(rows, columns=columns).assign(metric=metric)


DEFAULT = pairs(
    ("elu", "relu", 3.0, Verdict.BETTER),
    ("elu", "tanh", -2.0, Verdict.WORSE),
    ("gelu", "tanh", 5.0, Verdict.BETTER),
    ("relu", "tanh", 0.4, Verdict.OPEN),
    ("elu", "gelu", 0.2, Verdict.TIED),
    ("gelu", "relu", -1.0, Verdict.WORSE),
)
TUNED = pairs(
    ("elu", "relu", -1.0, Verdict.WORSE),
    ("elu", "tanh", 4.0, Verdict.BETTER),
    ("gelu", "tanh", 2.0, Verdict.BETTER),
    ("relu", "tanh", -0.4, Verdict.BETTER),
    ("elu", "gelu", -0.2, Verdict.TIED),
    ("gelu", "relu", 0.0, Verdict.TIED),
)


def test_an_order_change_is_a_change_of_sign():
    found = tuning.order_changes(DEFAULT, TUNED)
    assert list(found[["a", "b", "decided"]].itertuples(index=False, name=None)) == [
        ("elu", "relu", True),
        ("elu", "tanh", True),
        ("relu", "tanh", False),
        ("elu", "gelu", False),
    ]
    first = found.iloc[0]
    assert (first["difference_default"], first["verdict_default"]) == (3, Verdict.BETTER)
    assert (first["difference_tuned"], first["verdict_tuned"]) == (-1, Verdict.WORSE)


def test_order_changes_do_not_depend_on_which_is_the_default():
    forward, backward = tuning.order_changes(DEFAULT, TUNED), tuning.order_changes(TUNED, DEFAULT)
    assert list(forward["decided"]) == list(backward["decided"])
    assert list(forward["difference_default"]) == list(backward["difference_tuned"])


def test_order_changes_are_those_of_the_elbo_alone():
    of_mse = [pairs(("elu", "gelu", sign, Verdict.OPEN), metric="mse") for sign in (1, -1)]
    assert tuning.order_changes(*of_mse).empty
    default = pd.concat([DEFAULT, pairs(("elu", "gelu", -9.0, Verdict.WORSE), metric="mse")])
    pd.testing.assert_frame_equal(
        tuning.order_changes(default, TUNED), tuning.order_changes(DEFAULT, TUNED)
    )


def test_a_pair_with_one_choice_of_the_rate_has_no_order_change():
    found = tuning.order_changes(DEFAULT, TUNED[TUNED["b"] != "relu"])
    assert ("elu", "relu") not in set(zip(found["a"], found["b"], strict=True))
