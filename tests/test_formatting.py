"""Numbers, intervals, counts and lists as they are shown."""

import numpy as np
import pytest

from vaelib.formatting import (
    change,
    count,
    duration,
    file_name,
    fixed,
    interval,
    listed,
    nats,
    number,
    percent,
    ratio,
)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-125.349, 4, "−125.3"),
        (0.022843, 3, "0.0228"),
        (16.0, 3, "16.0"),
        (9.98, 2, "10"),
        (0.0999, 1, "0.1"),
        (1234.5, 3, "1234"),
        (0, 3, "0"),
        (np.inf, 3, "∞"),
        (-np.inf, 3, "−∞"),
        (1e-12, 3, "0.00000000"),
        (-0.5, 1, "−0.5"),
    ],
)
def test_numbers_have_their_digits_a_true_minus_and_no_exponent(value, digits, text):
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.979, "−2.1 %"), (1, "+0.0 %"), (1.5, "+50 %"), (13.05, "+1,205 %")]
)
def test_a_logarithm_is_shown_as_a_change_in_percent(ratio, text):
    assert change(np.log(ratio)) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0032, "0.00"), (-0.0763, "−0.08"), (1, "1.00"), (12.346, "12.35")]
)
def test_fixed_numbers_have_their_places(value, text):
    assert fixed(value, 2) == text


def test_intervals_have_both_ends_or_are_nothing():
    assert interval(-1.5, 2, 2) == "−1.5 to 2.0"
    assert interval(np.nan, np.nan) == ""
    assert interval(-np.inf, 3.0) == "−∞ to 3.00"
    assert interval(-np.inf, np.inf) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00261, "0.0026"),
        (0.4, "0.4"),
        (1, "1"),
        (430.2, "430"),
        (8649, "8600"),
        (0, "less than a millionth"),
        (9.9e15, "more than a million"),
        (np.inf, "more than a million"),
        (np.nan, "an unknown number of"),
    ],
)
def test_ratios_have_no_exponent(value, text):
    assert ratio(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (5399, "90 minutes"),
        (5400, "1.5 hours"),
    ],
)
def test_times_have_the_unit_that_suits_them(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("many", "text"), [(0, "0 seeds"), (1, "1 seed"), (2, "2 seeds"), (4000, "4,000 seeds")]
)
def test_counts_have_a_plural(many, text):
    assert count(many, "seed") == text


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_end_with_and(names, text):
    assert listed(names) == text


def test_nats_and_percent():
    assert (nats(3.04, signed=True), nats(-1, signed=True)) == ("+3.0", "−1.0")
    assert nats(-1992.384, places=2) == "−1,992.38"
    assert (nats(-5763.44), nats(0.06), percent(0.316)) == ("−5,763.4", "0.1", "32 %")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("leaky_relu", "leaky_relu"),
        ("leaky_relu:0.1", "leaky_relu-0.1"),
        ("mine.py:snake", "mine.py-snake"),
        ("größer 2.py:f", "größer-2.py-f"),
        ("a/b\\c*?", "a-b-c-"),
    ],
)
def test_file_names_have_no_character_that_a_file_system_refuses(name, shown):
    assert file_name(name) == shown
