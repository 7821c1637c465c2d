"""Configurations: the order of rates, and what is refused before anything runs."""

import dataclasses

import pytest

from vaelib.training.configuration import TrainingConfiguration


def test_the_default_rate_comes_first_then_the_others_ascending():
    training = TrainingConfiguration(
        learning_rate=1e-3, learning_rates=[1e-2, 1e-3, 1e-4], epochs=1
    )
    assert training.rates == [1e-3, 1e-4, 1e-2]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seeds", []),
        ("epochs", 0),
        ("batch_size", 0),
        ("probe_images", -1),
        ("learning_rate", 0.0),
    ],
)
def test_wrong_fields_are_refused_in_a_line(field, value):
    with pytest.raises(ValueError, match=f"^{field}: [^\n]*allowed: [^\n]+$"):
        TrainingConfiguration(**{"epochs": 1, field: value})


def test_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfiguration(epochs=1).epochs = 2
