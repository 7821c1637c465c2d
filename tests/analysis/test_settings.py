"""How settings compare, from hand-made summaries and verdicts."""

import numpy as np
import pandas as pd
import report_tables

from vaelib.analysis import settings
from vaelib.analysis.verdicts import Verdict


def test_verdicts_are_counted_whichever_activation_comes_first():
    judged = [
        report_tables.verdicts(("a", "b", Verdict.BETTER), ("c", "a", Verdict.OPEN)),
        report_tables.verdicts(("b", "a", Verdict.BETTER), ("a", "c", Verdict.BETTER)),
        report_tables.verdicts(("b", "a", Verdict.BETTER), ("c", "a", Verdict.TIED)),
        report_tables.verdicts(("b", "a", Verdict.WORSE), metric="mse"),
    ]
    found = settings.orders(judged)
    assert list(found) == ["a", "b", "better", "worse", "tied", "open"]
    assert found.to_numpy().tolist() == [["b", "a", 2, 1, 0, 0], ["a", "c", 1, 0, 1, 1]]


def grid(values: dict) -> tuple[list[pd.DataFrame], list[dict]]:
    """Return summaries and fields, from ELBOs of two activations by depth and optimizer."""
    rows = [
        report_tables.summary(report_tables.model("relu", relu), report_tables.model("tanh", tanh))
        for relu, tanh in values.values()
    ]
    fields = [
        {"dataset": "digits", "depth": depth, "optimizer": optimizer} for depth, optimizer in values
    ]
    return rows, fields


def test_each_field_is_compared_with_all_others_equal():
    rows, fields = grid(
        {
            (1, "adam"): (-1.0, -2.0),
            (2, "adam"): (-11.0, -14.0),
            (1, "sgd"): (-5.0, -7.0),
            (2, "sgd"): (-25.0, -29.0),
        }
    )
    found = settings.ranges(rows, fields)
    assert list(found) == ["activation", "depth", "optimizer"]
    assert sorted(found["activation"]) == [1, 2, 3, 4]
    assert sorted(found["depth"]) == [10, 12, 20, 22]
    assert sorted(found["optimizer"]) == [4, 5, 14, 15]
    assert settings.varying(fields) == ["depth", "optimizer"]


def test_activations_are_compared_as_they_are_paired():
    """In a race, means are over different replicates."""
    rows, fields = grid({(1, "adam"): (-1.0, -2.0), (2, "adam"): (-1.0, -3.0)})
    rows[0]["behind"] = [np.nan, 7.5]
    assert list(settings.ranges(rows, fields)["activation"]) == [7.5, 2.0]


def test_equal_models_and_single_values_are_not_compared():
    """Tanh has one start, so that its models are the same; each optimizer has one depth."""
    rows, fields = grid({(1, "keras"): (-1.0, -3.0), (1, "matched"): (-4.0, -3.0)})
    starts = [{"dataset": "digits", "initializer": one["optimizer"]} for one in fields]
    assert list(settings.ranges(rows, starts)["initializer"]) == [3.0]
    assert list(settings.ranges(rows[:1], fields[:1])) == ["activation"]
    rows, fields = grid({(1, "adam"): (-1.0, np.nan), (2, "sgd"): (-5.0, np.nan)})
    assert settings.ranges(rows, fields) == {}
