"""How settings compare, from hand-made summaries and verdicts."""

import numpy as np
import pandas as pd
import pytest
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
        pd.DataFrame({"activation": ["relu", "tanh"], "elbo": both}) for both in values.values()
    ]
    fields = [
        {"dataset": "digits", "depth": depth, "optimizer": optimizer} for depth, optimizer in values
    ]
    return rows, fields


def test_each_field_is_compared_with_all_others_equal():
    """Activation: 1, 2, 3, 4, the median 2.5. Depth: relu 10, 20; tanh 12, 22, so 16."""
    rows, fields = grid(
        {
            (1, "adam"): [-1.0, -2.0],
            (2, "adam"): [-11.0, -14.0],
            (1, "sgd"): [-5.0, -7.0],
            (2, "sgd"): [-25.0, -29.0],
        }
    )
    found = settings.ranges(rows, fields)
    # Optimizer: relu 4 and 14, tanh 5 and 15.
    assert found.to_dict() == {"activation": 2.5, "depth": 16.0, "optimizer": 9.5}
    assert settings.varying(fields) == ["depth", "optimizer"]


def test_what_has_nothing_to_be_compared_with_has_no_range():
    """All tanh diverged, and each depth has one optimizer."""
    rows, fields = grid({(1, "adam"): [-1.0, np.nan], (2, "sgd"): [-5.0, np.nan]})
    assert settings.ranges(rows, fields).empty
    assert settings.ranges(rows[:1], fields[:1]).empty
    both, same = grid({(1, "adam"): [-1.0, -3.5]})
    assert settings.ranges(both, same).to_dict() == pytest.approx({"activation": 2.5})
