"""What is bad: both sides of the floor's share and of the margin."""

import numpy as np
import pytest

from vaelib.analysis.diagnosis.criteria import Standing, Thresholds

FLOOR, BEST = -200.0, -100.0


@pytest.mark.parametrize(
    ("elbo", "best", "margin", "bad"),
    [
        *((-104.9, BEST, None, False), (-105.1, BEST, None, True)),  # 5 % of the best's 100
        *((-104.9, BEST, 4.0, True), (-105.1, BEST, 6.0, False)),
        *((-195.9, np.nan, None, False), (-196.1, np.nan, None, True)),  # 2 % of the floor's 200
        *(
            (-195.9, -195.9, None, False),
            (-196.1, -196.1, None, True),
            (-230.0, -230.0, None, True),
        ),
    ],
)
def test_bad_is_at_the_floor_or_behind_the_best(elbo, best, margin, bad):
    assert Standing(elbo, best, FLOOR, margin).bad is bad


def test_the_size_of_the_floor_counts_whatever_its_sign():
    assert Standing(-150.0, np.nan, FLOOR).tolerated == pytest.approx(4)
    assert Standing(203.9, np.nan, 200.0).bad
    assert not Standing(204.1, np.nan, 200.0).bad


def test_the_thresholds_can_be_set():
    thresholds = Thresholds(margin_share=0.2, floor_share=0.5)
    assert not Standing(-119.0, BEST, -150.0, thresholds=Thresholds(margin_share=0.4)).bad
    assert Standing(-119.0, BEST, -150.0, thresholds=thresholds).bad


def test_a_best_under_the_floor_leaves_no_margin():
    standing = Standing(-210.0, -209.9, FLOOR)
    assert standing.tolerated == 0
    assert standing.bad


def test_the_words_hold_the_numbers():
    standing = Standing(-192.54, -127.97, -210.36)
    assert str(standing) == "test ELBO −192.5 nats, 64.6 behind the best (margin 4.1)"
    assert standing.from_floor() == "17.8 nats above the floor of a constant image (−210.4)"
    below = Standing(-212.4, np.nan, -210.36)
    assert str(below) == "test ELBO −212.4 nats"
    assert below.from_floor() == "2.0 nats below the floor of a constant image (−210.4)"


def test_without_a_finished_run_there_is_no_standing():
    standing = Standing(np.nan, BEST, FLOOR)
    assert not standing.bad
    assert (str(standing), standing.from_floor()) == ("no run finished", "")
