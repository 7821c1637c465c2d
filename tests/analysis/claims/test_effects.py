"""Effects on curves whose crossings and gaps can be worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from vaelib.analysis.claims import effects
from vaelib.analysis.claims.measurements import Case

PAIRS = [("relu", "tanh")]


def case(floor: float = 1000.0, **curves) -> Case:
    """Return a case from lists of curves, one for each replicate, by activation and column.

    A constant image has a loss of `floor`; a difference of 1 nat does not matter.
    """
    parts = []
    for activation, columns in curves.items():
        for replicate in range(len(next(iter(columns.values())))):
            values = {
                column: np.array(curve[replicate], float) for column, curve in columns.items()
            }
            epochs = np.arange(1, len(next(iter(values.values()))) + 1)
            keys = {"activation": activation, "replicate": f"{replicate}", "epoch": epochs}
            parts.append(pd.DataFrame({**keys, **values}))
    history = pd.concat(parts, ignore_index=True).sample(frac=1, random_state=0)
    runs = history[["activation", "replicate"]].drop_duplicates()
    runs = runs.assign(constant_elbo=-1000.0, constant_val_elbo=-floor)
    return Case({}, runs, history, pd.DataFrame({"metric": ["mse", "elbo"], "margin": [0.1, 1]}))


@pytest.mark.parametrize(
    ("curve", "target", "epoch"),
    [
        ([9, 7, 5, 3], 7, 2),
        ([9, 7, 5, 3], 6, 2.5),
        ([9, 7, 5, 3], 3, 4),
        ([9, 7, 5, 3], 9, 1),
        ([9, 7, 5, 3], 20, 1),
        ([9, 5, 8, 3], 5, 2),
        ([9, 5, 8, 3], 4, 3.5),  # from the lowest before, not from the bump
        ([9, 9, 9, 3], 6, 3.5),
    ],
)
def test_a_curve_crosses_a_target_between_epochs(curve, target, epoch):
    assert effects.crossing(np.array(curve, float), target) == pytest.approx(epoch)


def test_steps_are_counted_to_the_best_that_both_reach():
    compared = case(
        relu={"val_loss": [[90, 70, 50, 30], [100, 80, 60, 50]]},
        tanh={"val_loss": [[95, 85, 75, 65], [90, 60, 40, 45]]},
    )
    found = effects.steps(compared, PAIRS)
    # Replicate 0: 65 after 2.25 and 4 epochs; replicate 1: 50 after 4 and 2.5.
    expected = np.log([2.25 / 4, 4 / 2.5])
    np.testing.assert_allclose(found.differences["relu", "tanh"], expected)
    assert found.margin == pytest.approx(np.log(1.1))
    assert found.measure == "steps to equal quality (log ratio)"


def test_speed_cannot_be_measured_within_the_first_epoch():
    early = {"val_loss": [[50, 60, 70], [50, 40, 30]]}
    late = {"val_loss": [[40, 45, 50], [60, 50, 40]]}
    found = effects.steps(case(relu=early, tanh=late), PAIRS)
    np.testing.assert_allclose(found.differences["relu", "tanh"], np.log([2 / 3]))


@pytest.mark.parametrize(("worst", "counted"), [(79, 1), (81, 0)])
def test_a_quality_at_the_floor_is_no_quality(worst, counted):
    # The best gains 80 nats over the floor of 100, a quarter of which is 20.
    curves = {
        "relu": {"val_loss": [[95, 85, worst]]},
        "tanh": {"val_loss": [[90, 78, 70]]},
        "elu": {"val_loss": [[60, 40, 20]]},
    }
    found = effects.steps(case(floor=100, **curves), PAIRS)
    assert len(found.differences["relu", "tanh"]) == counted
    del curves["elu"]  # among these two, 81 nats are clearly better than the floor
    found = effects.steps(case(floor=100, **curves), PAIRS)
    assert len(found.differences["relu", "tanh"]) == 1


def test_only_common_replicates_are_compared():
    compared = case(relu={"val_loss": [[9, 5]]}, tanh={"val_loss": [[9, 6], [9, 5]]})
    assert len(effects.steps(compared, PAIRS).differences["relu", "tanh"]) == 1
    missing = effects.steps(compared, [("relu", "elu")]).differences
    assert len(missing["relu", "elu"]) == 0


def test_gaps_are_compared_at_equal_fit():
    # Logged training losses 95, 85, ... are means over an epoch: 90, 80, ... at its end.
    relu = {"loss": [[95, 85, 75, 65, 55]] * 2, "val_loss": [[91, 83, 75, 67, 0]] * 2}
    # At its ends: 95, 85, 75, 65; of which relu reaches 65 between 70 and 60.
    tanh = {"loss": [[100, 90, 80, 70, 60]] * 2, "val_loss": [[99, 92, 85, 78, 0]] * 2}
    found = effects.overfit(case(relu=relu, tanh=tanh), PAIRS)
    # Relu's validation loss is then (75 + 67) / 2 = 71, tanh's 78.
    np.testing.assert_allclose(found.differences["relu", "tanh"], [71 - 78] * 2)
    assert found.measure == "gap at equal fit (nats)"
    assert (found.observed, found.margin) == ([True], 1)


@pytest.mark.parametrize(("spread", "observed"), [(4, True), (13, False)])
def test_overfitting_must_be_distinguished_from_the_luck_of_splits(spread, observed):
    # Gaps of 13 - spread, 13 and 13 + spread: Student's interval is 13 -+ 2.48 spread.
    fits = [[100, 90, 80, 70, 60]] * 3
    losses = [[99, 92, 85, 78 + shift, 0] for shift in (-spread, 0, spread)]
    flat = [[99, 90, 80, 65, 0]] * 3
    compared = case(relu={"loss": fits, "val_loss": flat}, tanh={"loss": fits, "val_loss": losses})
    assert effects.overfit(compared, PAIRS).observed == [2.4841 * spread < 12] == [observed]


@pytest.mark.parametrize(
    "loss",
    [
        [50, 40, 30, 20, 10],  # fits better after one epoch than the other ever does
        [100, 50],  # too short for the loss at the end of two epochs
    ],
)
def test_without_a_comparable_fit_no_gap_is_compared(loss):
    relu = {"loss": [loss], "val_loss": [loss]}
    tanh = {"loss": [[100, 90, 80, 70, 60]], "val_loss": [[99, 92, 85, 78, 0]]}
    found = effects.overfit(case(relu=relu, tanh=tanh), PAIRS)
    assert len(found.differences["relu", "tanh"]) == 0
    assert found.observed == [False]
