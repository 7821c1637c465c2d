"""Effects on curves whose crossings and gaps can be worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from vaelib.analysis.claims import effects

PAIRS = [("relu", "tanh")]


def curves(**named) -> pd.DataFrame:
    """Return a history from lists of curves, one for each seed, by activation and column."""
    parts = []
    for activation, columns in named.items():
        for seed in range(len(next(iter(columns.values())))):
            values = {column: np.array(curve[seed], float) for column, curve in columns.items()}
            epochs = np.arange(1, len(next(iter(values.values()))) + 1)
            keys = {"activation": activation, "seed": seed, "epoch": epochs}
            parts.append(pd.DataFrame({**keys, **values}))
    return pd.concat(parts, ignore_index=True).sample(frac=1, random_state=0)


def runs(**columns) -> pd.DataFrame:
    rows = {"activation": ["relu", "relu", "tanh", "tanh"], "seed": [0, 1, 1, 0]}
    return pd.DataFrame({**rows, **columns})


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
    history = curves(
        relu={"val_loss": [[90, 70, 50, 30], [100, 80, 60, 50]]},
        tanh={"val_loss": [[95, 85, 75, 65], [90, 60, 40, 45]]},
    )
    found = effects.steps(runs(), history, PAIRS)
    # Seed 0: 65 after 2.25 and 4 epochs; seed 1: 50 after 4 and 2.5.
    expected = np.log([2.25 / 4, 4 / 2.5])
    np.testing.assert_allclose(found.differences["relu", "tanh"], expected)
    assert found.margin == pytest.approx(np.log(1.1))
    assert found.measure == "steps to equal quality (log ratio)"


def test_speed_cannot_be_measured_within_the_first_epoch():
    early = {"val_loss": [[50, 60, 70], [50, 40, 30]]}
    late = {"val_loss": [[40, 45, 50], [60, 50, 40]]}
    found = effects.steps(runs(), curves(relu=early, tanh=late), PAIRS)
    np.testing.assert_allclose(found.differences["relu", "tanh"], np.log([2 / 3]))


def test_only_common_seeds_are_compared():
    history = curves(relu={"val_loss": [[9, 5]]}, tanh={"val_loss": [[9, 6], [9, 5]]})
    assert len(effects.steps(runs(), history, PAIRS).differences["relu", "tanh"]) == 1
    one = runs(val_elbo=[-1.0, -2, -4, -8], elbo=np.nan)[:3]
    np.testing.assert_array_equal(
        effects.elbo(one, history, PAIRS).differences["relu", "tanh"], [2]
    )
    missing = effects.steps(runs(), history, [("relu", "elu")]).differences
    assert len(missing["relu", "elu"]) == 0


def test_a_test_score_is_used_where_every_model_has_one():
    table = runs(val_elbo=[-100.0, -102, -98, -100], elbo=[-90.0, -91, -94, -92])
    found = effects.elbo(table, None, PAIRS)
    np.testing.assert_allclose(found.differences["relu", "tanh"], [2, 3])
    assert (found.margin, found.measure) == (pytest.approx(0.915), "test ELBO (nats)")
    table.loc[0, "elbo"] = np.nan
    found = effects.elbo(table, None, PAIRS)
    np.testing.assert_allclose(found.differences["relu", "tanh"], [0, -4])
    assert (found.margin, found.measure) == (pytest.approx(1), "validation ELBO (nats)")


def test_reconstruction_is_the_test_error_or_the_last_validation_error():
    history = curves(
        relu={"val_reconstruction": [[9, 8, 4], [9, 8, 5]]},
        tanh={"val_reconstruction": [[9, 6, 7], [9, 8, 7]]},
    )
    table = runs(mse=[0.1, 0.2, 0.6, 0.4])
    found = effects.reconstruction(table, history, PAIRS)
    np.testing.assert_allclose(found.differences["relu", "tanh"], [-0.3, -0.4])
    assert (found.margin, found.measure) == (pytest.approx(0.003), "test MSE")
    table.loc[0, "mse"] = np.nan
    found = effects.reconstruction(table, history, PAIRS)
    np.testing.assert_allclose(found.differences["relu", "tanh"], [-3, -2])
    assert found.margin == pytest.approx(0.06)
    assert found.measure == "validation reconstruction error (nats)"


def test_pace_is_the_ratio_of_times():
    table = runs(seconds_per_epoch=[1.0, 2, 1, 0.5])
    found = effects.pace(table, None, PAIRS)
    np.testing.assert_allclose(found.differences["relu", "tanh"], np.log([2, 2]))
    assert found.margin == pytest.approx(np.log(1.1))


def test_gaps_are_compared_at_equal_fit():
    # Logged training losses 95, 85, ... are means over an epoch: 90, 80, ... at its end.
    relu = {"loss": [[95, 85, 75, 65, 55]], "val_loss": [[91, 83, 75, 67, 0]]}
    # At its ends: 95, 85, 75, 65; of which relu reaches 65 between 70 and 60.
    tanh = {"loss": [[100, 90, 80, 70, 60]], "val_loss": [[99, 92, 85, 78, 0]]}
    found = effects.overfit(None, curves(relu=relu, tanh=tanh), PAIRS)
    # Relu's validation loss is then (75 + 67) / 2 = 71, tanh's 78.
    np.testing.assert_allclose(found.differences["relu", "tanh"], [71 - 78])
    assert found.measure == "gap at equal fit (nats)"
    assert found.larger_gap == [pytest.approx(13)]
    assert found.margin == pytest.approx(0.01 * 77.5)


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
    found = effects.overfit(None, curves(relu=relu, tanh=tanh), PAIRS)
    assert len(found.differences["relu", "tanh"]) == 0
    assert np.isnan(found.larger_gap[0])


def test_a_duplicated_model_is_an_error():
    table = runs(seconds_per_epoch=1.0)
    with pytest.raises(ValueError, match="duplicate"):
        effects.pace(pd.concat([table, table]), None, PAIRS)
