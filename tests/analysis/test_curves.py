"""Curves and moments: means over seeds, by hand."""

import numpy as np
import pandas as pd
from planted_scores import HISTORY, T_OF_TWO

from vaelib.analysis import curves


def test_over_seeds_averages_the_rows_that_all_seeds_have():
    found = curves.over_seeds(HISTORY, "val_loss", ["epoch"])
    assert list(found["activation"]) == ["relu"] * 3 + ["tanh"] * 3
    np.testing.assert_array_equal(found["epoch"], [1, 2, 3, 1, 2, 3])
    np.testing.assert_array_equal(found["mean"], [8, 6, 5, 9, 8.5, 8])
    reach = T_OF_TWO * np.array([2, 2, 2, *[np.nan] * 3])
    np.testing.assert_allclose(found["low"], found["mean"] - reach)
    np.testing.assert_allclose(found["high"], found["mean"] + reach)
    shorter = curves.over_seeds(HISTORY.drop(4), "val_loss", ["epoch"])
    assert list(shorter["epoch"]) == [1, 3, 1, 2, 3]


def test_over_seeds_keeps_several_columns():
    table = HISTORY.assign(depth=HISTORY["epoch"], layer=HISTORY["epoch"].map("layer_{}".format))
    layers = curves.over_seeds(table, "val_loss", ["depth", "layer"])
    assert list(layers.columns) == ["activation", "depth", "layer", "mean", "low", "high"]
    assert list(layers["layer"][:3]) == ["layer_1", "layer_2", "layer_3"]


def test_over_seeds_of_an_empty_table_is_empty():
    assert curves.over_seeds(HISTORY[:0], "val_loss", ["epoch"]).empty


def test_measurements_are_those_of_the_start_and_of_the_kept_weights():
    runs = pd.DataFrame({"model": ["x", "y"], "kept_epoch": [2, 1]})
    rows = [(model, epoch) for model in "xy" for epoch in range(4)]
    gradients = pd.DataFrame(rows, columns=["model", "epoch"])
    moments = curves.at_moments(gradients, runs)
    assert list(moments) == [curves.BEFORE, curves.AFTER]
    assert [tuple(row) for row in moments[curves.BEFORE].to_numpy()] == [("x", 0), ("y", 0)]
    assert [tuple(row) for row in moments[curves.AFTER].to_numpy()] == [("x", 2), ("y", 1)]


def test_inactive_shares_are_means_over_hidden_layers_and_seeds():
    runs = pd.DataFrame({"model": ["x", "y"], "kept_epoch": 1})
    rows = [
        ("relu", "x", 1, 0.5, 0.75),
        ("relu", "x", 1, 0.0, 0.25),
        ("relu", "x", 0, 1.0, 1.0),  # before training
        ("tanh", "y", 1, 0.25, 0.5),
        ("tanh", "y", 1, np.nan, np.nan),  # an output layer
    ]
    columns = ["activation", "model", "epoch", "dead", "saturated"]
    gradients = pd.DataFrame(rows, columns=columns)
    found = curves.inactive_shares(gradients, runs, ["tanh", "relu"])
    assert list(found.index) == ["tanh", "relu"]
    assert found.to_dict("list") == {"dead": [0.25, 0.25], "saturated": [0.5, 0.5]}
    linear = gradients.assign(dead=np.nan)
    assert curves.inactive_shares(linear, runs, ["tanh", "relu"]).empty
