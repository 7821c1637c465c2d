"""Which results are bad: both sides of the floor's share and of the margin."""

import numpy as np
import pytest

from vaelib.analysis.diagnosis.criteria import RelativeQuality, Thresholds

FLOOR, BEST = -200.0, -100.0


@pytest.mark.parametrize(
    ("elbo", "best", "margin", "bad"),
    [
        # 5 % of the best's 100.
        (-104.9, BEST, None, False),
        (-105.1, BEST, None, True),
        (-104.9, BEST, 4.0, True),
        (-105.1, BEST, 6.0, False),
        # 2 % of the floor's 200.
        (-195.9, np.nan, None, False),
        (-196.1, np.nan, None, True),
        (-195.9, -195.9, None, False),
        (-196.1, -196.1, None, True),
        (-230.0, -230.0, None, True),
    ],
)
def test_a_bad_result_is_at_the_floor_or_below_the_best(elbo, best, margin, bad):
    assert RelativeQuality(elbo, best, FLOOR, margin).bad is bad


def test_the_floor_counts_by_its_absolute_value():
    assert RelativeQuality(-150.0, np.nan, FLOOR).tolerance == pytest.approx(4)
    assert RelativeQuality(203.9, np.nan, 200.0).bad
    assert not RelativeQuality(204.1, np.nan, 200.0).bad


def test_the_thresholds_can_be_set():
    thresholds = Thresholds(margin_share=0.2, floor_share=0.5)
    assert not RelativeQuality(-119.0, BEST, -150.0, thresholds=Thresholds(margin_share=0.4)).bad
    assert RelativeQuality(-119.0, BEST, -150.0, thresholds=thresholds).bad


def test_a_best_under_the_floor_leaves_no_margin():
    quality = RelativeQuality(-210.0, -209.9, FLOOR)
    assert quality.tolerance == 0
    assert quality.bad


def test_without_a_finished_run_there_is_no_quality():
    assert not RelativeQuality(np.nan, BEST, FLOOR).bad
