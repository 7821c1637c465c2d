"""Configurations: what is refused before anything runs, and what identifies a model."""

import dataclasses

import pytest

from vaelib.results.keys import Setting
from vaelib.training.configuration import (
    ModelConfiguration,
    NetworkConfiguration,
    Split,
    TrainingConfiguration,
)

MODEL = ModelConfiguration(
    split=Split(dataset="digits", fingerprint="f"),
    network=NetworkConfiguration(activation="relu"),
    setting=Setting(),
    training=TrainingConfiguration(epochs=1),
    seed=0,
)


@pytest.mark.parametrize(
    ("field", "value"),
    [("epochs", 0), ("batch_size", 0), ("probe_images", -1), ("patience", 0)],
)
def test_wrong_fields_are_refused_in_a_line(field, value):
    with pytest.raises(ValueError, match=f"^{field}: [^\n]*allowed: [^\n]+$"):
        TrainingConfiguration(**{"epochs": 1, field: value})


def test_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfiguration(epochs=1).epochs = 2


CHANGES = [
    {"seed": 1},
    {"scored": False},
    {"split": Split(dataset="other", fingerprint="f")},
    {"split": Split(dataset="digits", fingerprint="g")},
    {"split": Split(dataset="digits", fingerprint="f", test_fraction=0.2)},
    {"network": NetworkConfiguration(activation="elu")},
    {"network": NetworkConfiguration(activation="relu", latent_dim=2)},
    {"network": NetworkConfiguration(activation="relu", own_activations={"relu": "text"})},
    {"network": NetworkConfiguration(activation="relu", own_activations={"relu": "other"})},
    {"setting": Setting(learning_rate=0.1)},
    {"setting": Setting(train_size=10)},
    {"training": TrainingConfiguration(epochs=2)},
    {"training": TrainingConfiguration(epochs=1, patience=3)},
]


def test_each_part_of_a_configuration_and_the_environment_change_the_identity():
    changed = [dataclasses.replace(MODEL, **change).identity("here") for change in CHANGES]
    found = {MODEL.identity("here"), MODEL.identity("elsewhere"), *changed}
    assert len(found) == len(CHANGES) + 2
    assert {len(identity) for identity in found} == {16}
    assert dataclasses.replace(MODEL).identity("here") == MODEL.identity("here")


def test_files_of_other_activations_do_not_change_the_identity():
    network = NetworkConfiguration(activation="relu", own_activations={"a.py:f": "text"})
    with_others = dataclasses.replace(MODEL, network=network)
    assert with_others.identity("here") == MODEL.identity("here")
    in_decoder = dataclasses.replace(with_others, setting=Setting(decoder_activation="a.py:f"))
    assert in_decoder.own_activations == {"a.py:f": "text"}
    plain = dataclasses.replace(MODEL, setting=Setting(decoder_activation="a.py:f"))
    assert in_decoder.identity("here") != plain.identity("here")
