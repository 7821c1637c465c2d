"""Each symptom on planted tables: both sides of its threshold, and what must not count."""

import numpy as np
import pandas as pd
import pytest

from vaelib.analysis.diagnosis import symptoms
from vaelib.analysis.diagnosis.criteria import RelativeQuality, Thresholds


def latents(active: int, units: int = 16) -> pd.DataFrame:
    rows = [
        {"seed": s, "unit": u, "kl": 0.25, "active": u < active}
        for s in (0, 1)
        for u in range(units)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("active", "elbo", "best", "present"),
    [
        # A quarter of the units.
        (4, -176.0, -100.0, True),
        (5, -176.0, -100.0, False),
        # A quarter of the best's gain.
        (4, -174.0, -100.0, False),
        (0, -174.0, -100.0, False),
        # At the floor, without a best.
        (4, -196.1, np.nan, True),
        (4, -195.9, np.nan, False),
        (4, -198.0, -199.0, True),
    ],
)
def test_a_collapsed_posterior_has_few_active_units_near_the_floor(active, elbo, best, present):
    symptom = symptoms.collapse(latents(active), RelativeQuality(elbo, best, -200.0))
    assert symptom.present is present
    assert symptom.measured == f"{active} of 16 latent units active, KL 4.0 nats"
    assert symptom.criterion == (
        "at most 25 % active, and at most 25 % of the best's lead over a constant image"
    )


def test_a_collapse_cannot_be_found_without_latents():
    assert not symptoms.collapse(
        latents(0).iloc[:0], RelativeQuality(np.nan, -100.0, -200.0)
    ).present


def runs(**columns) -> pd.DataFrame:
    good = {"status": "finished", "train_elbo": -100.0, "constant_elbo": -200.0}
    return pd.DataFrame({"seed": [0, 1, 2]}).assign(**{**good, **columns})


def history(losses) -> pd.DataFrame:
    rows = [(seed, e, loss) for seed in (0, 1, 2) for e, loss in enumerate(losses[seed], start=1)]
    table = pd.DataFrame(rows, columns=["seed", "epoch", "loss"])
    return table.assign(val_loss=table["loss"])


def test_a_loss_that_is_nan_or_infinite_diverged():
    losses = [[300.0, 100.0], [300.0, np.inf, np.nan], [300.0, 250.0, np.nan]]
    symptom = symptoms.divergence(
        runs(status=["finished", "diverged", "diverged"]), history(losses)
    )
    assert symptom.present
    assert symptom.measured == "the loss became NaN or infinite in 2 of 3 runs, first in epoch 2"
    absent = symptoms.divergence(runs(), history([[300.0, 100.0]] * 3))
    assert not absent.present
    assert absent.measured == "the loss became NaN or infinite in 0 of 3 runs"


@pytest.mark.parametrize(
    ("last", "train_elbo", "present"),
    [(321.0, -321.0, True), (319.0, -319.0, False), (321.0, -199.0, False)],
)
def test_a_loss_that_rises_above_that_of_a_constant_image_diverged(last, train_elbo, present):
    """By more than a tenth of the constant image's 200 nats."""
    losses = [[300.0, 250.0], [300.0, 500.0, last], [300.0, 250.0]]
    table = runs(train_elbo=[-100.0, train_elbo, -100.0])
    symptom = symptoms.divergence(table, history(losses))
    assert symptom.present is present
    assert ("rose by up to 21.0 nats" in symptom.measured) is present


@pytest.mark.parametrize(
    ("elbo", "train_elbo", "present"),
    [
        (-121.0, -100.0, True),  # 21 below on the test images, 10 on the training images
        (-132.0, -101.0, False),  # 11 below on the training images
        (-109.0, -80.0, False),  # not bad
        (-111.0, -99.0, False),  # the gap is 2 more than the best's
    ],
)
def test_overfitting_is_a_gap_larger_than_the_best_has(elbo, train_elbo, present):
    train, test = (
        RelativeQuality(mine, best, -200.0, margin=10.0)
        for mine, best in ((train_elbo, -90.0), (elbo, -100.0))
    )
    symptom = symptoms.overfitting(train, test)
    assert symptom.present is present
    assert symptom.numbers["excess"] == pytest.approx(train_elbo - elbo - 10)


def test_overfitting_without_a_best_is_found_from_the_floor():
    train, test = (RelativeQuality(elbo, np.nan, -200.0) for elbo in (-150.0, -230.0))
    assert symptoms.overfitting(train, test).present
    assert not symptoms.overfitting(test, test).present


@pytest.mark.parametrize(
    ("limits", "look"),
    [
        (
            {"loss_rise": -1.0},
            lambda t: symptoms.divergence(runs(train_elbo=-300), history([[1, 1]] * 3), t),
        ),
        (
            {"active_share": 1.0},
            lambda t: symptoms.collapse(
                latents(16), RelativeQuality(-199.0, -100.0, -200.0, None, t)
            ),
        ),
        (
            {"collapsed_gain": 0.9},
            lambda t: symptoms.collapse(
                latents(0), RelativeQuality(-115.0, -100.0, -200.0, None, t)
            ),
        ),
    ],
)
def test_every_threshold_can_be_set(limits, look):
    assert look(Thresholds(**limits)).present
    assert not look(Thresholds()).present
