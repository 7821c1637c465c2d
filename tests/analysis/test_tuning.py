"""What is chosen for each activation, on tables made by hand."""

import numpy as np
import pandas as pd
import pytest

from vaelib.analysis import tuning

# Half the interval of two values with a difference of 1: t(0.975, 1) s / sqrt(2), s = 1 / sqrt(2).
T_OF_TWO = 12.7062047362 / 2
TUNED = ["initializer", "learning_rate"]


def models(values: dict) -> pd.DataFrame:
    """Return runs from validation ELBOs by activation, start and rate; NaN for diverged."""
    return pd.DataFrame(
        [
            {"activation": name, "initializer": start, "learning_rate": rate, "seed": seed}
            | {"val_elbo": value, "status": "diverged" if np.isnan(value) else "finished"}
            for (name, start, rate), group in values.items()
            for seed, value in enumerate(group)
        ]
    )


RUNS = models(
    {
        ("relu", "keras", 0.1): [-3.0, -4.0],
        ("relu", "keras", 0.2): [-2.0, np.nan],  # the best, where it does not diverge
        ("relu", "matched", 0.1): [-9.0, -9.0],
        ("relu", "matched", 0.2): [-3.0, -3.0],
        ("tanh", "keras", 0.1): [-1.0, -1.0],
        ("tanh", "keras", 0.2): [-2.0, -2.0],
        ("tanh", "matched", 0.1): [-2.0, -2.0],
        ("tanh", "matched", 0.2): [np.nan, np.nan],
    }
)


@pytest.fixture
def table() -> pd.DataFrame:
    return tuning.candidates(RUNS, TUNED)


def test_candidates_have_means_intervals_and_numbers(table):
    first = table.set_index(["activation", *TUNED]).loc[("relu", "keras", 0.1)]
    assert (first["mean"], first["finished"], first["models"]) == (-3.5, 2, 2)
    assert (first["low"], first["high"]) == pytest.approx((-3.5 - T_OF_TWO, -3.5 + T_OF_TWO))
    assert len(table) == 8


def test_the_best_is_chosen_among_those_where_most_models_finish(table):
    chosen = table[table["chosen"]].set_index("activation")[TUNED]
    assert tuple(chosen.loc["relu"]) == ("matched", 0.2)
    assert tuple(chosen.loc["tanh"]) == ("keras", 0.1)


def test_the_choice_follows_validation_and_nothing_else(table):
    shuffled = tuning.candidates(RUNS.sample(frac=1, random_state=1).assign(elbo=0.0), TUNED)
    keys = ["activation", *TUNED]
    chosen = [set(map(tuple, one.loc[one["chosen"], keys].to_numpy())) for one in (table, shuffled)]
    assert chosen[0] == chosen[1]


def test_edges_are_ends_of_a_numeric_grid(table):
    assert tuning.edges(table, "learning_rate") == {"relu": "highest", "tanh": "lowest"}
    assert tuning.edges(table, "initializer") == {}
    alone = tuning.candidates(RUNS[RUNS["learning_rate"] == 0.1], TUNED)
    assert tuning.edges(alone, "learning_rate") == {}


def test_gains_are_over_the_studys_own_values(table):
    found = tuning.gains(table, {"initializer": "keras", "learning_rate": 0.1})
    assert list(found.index) == ["tanh", "relu"]
    assert list(found["default"]) == [-1, -3.5]
    assert list(found["gain"]) == [0, 0.5]
