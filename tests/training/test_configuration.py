"""Configurations: what is refused before anything runs, and what identifies a model."""

import dataclasses
import inspect

import pytest

from vaelib import VAE
from vaelib.results.keys import Setting
from vaelib.training.configuration import (
    ModelConfiguration,
    NetworkConfiguration,
    Split,
    TrainingConfiguration,
    suited,
)

HERE = {"dense": "here", "conv": "here, too"}
MODEL = ModelConfiguration(
    split=Split(dataset="digits", fingerprint="f"),
    network=NetworkConfiguration(activation="relu"),
    setting=Setting(),
    training=TrainingConfiguration(epochs=1),
    seed=0,
)


@pytest.mark.parametrize("part", [NetworkConfiguration, Setting])
def test_what_is_not_given_is_what_the_model_takes(part):
    of_model = inspect.signature(VAE).parameters
    own = {one.name: one.default for one in dataclasses.fields(part) if one.name in of_model}
    own.pop("activation", None)  # which a configuration requires
    assert len(own) >= 5
    assert own == {name: of_model[name].default for name in own}


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
    {"setting": Setting(architecture="conv")},
    {"setting": Setting(beta=2.0)},
    {"setting": Setting(kl_warmup=1)},
    {"network": NetworkConfiguration(activation="relu", hidden_units=(9,))},
    {"training": TrainingConfiguration(epochs=2)},
    {"training": TrainingConfiguration(epochs=1, patience=3)},
]


def test_each_part_of_a_configuration_and_the_environment_change_the_identity():
    changed = [dataclasses.replace(MODEL, **change).identity(HERE) for change in CHANGES]
    found = {MODEL.identity(HERE), MODEL.identity(HERE | {"dense": "elsewhere"}), *changed}
    assert len(found) == len(CHANGES) + 2
    assert {len(identity) for identity in found} == {16}
    assert dataclasses.replace(MODEL).identity(HERE) == MODEL.identity(HERE)


@pytest.mark.parametrize(
    ("architecture", "field"), [("dense", "channels"), ("conv", "hidden_units")]
)
def test_widths_of_the_other_architecture_change_no_identity(architecture, field):
    model = dataclasses.replace(MODEL, setting=Setting(architecture=architecture))
    network = dataclasses.replace(MODEL.network, **{field: (5,)})
    other = dataclasses.replace(model, network=network)
    assert other.identity(HERE) == model.identity(HERE)


@pytest.mark.parametrize(
    ("shape", "output", "architecture", "likelihood"),
    [
        ((28, 28, 1), "sigmoid", "dense", "bernoulli"),
        ((28, 28, 1), "linear", "dense", "gaussian"),
        ((15, 32, 3), "sigmoid", "dense", "gaussian"),
        ((16, 16, 3), "sigmoid", "conv", "gaussian"),
    ],
)
def test_what_is_left_open_is_what_suits_the_images(shape, output, architecture, likelihood):
    network = NetworkConfiguration(activation="relu", likelihood=None, output_activation=output)
    left_open = [Setting(architecture=None), Setting(architecture="conv", depth=2)]
    found, settings = suited(network, left_open, shape)
    assert found == dataclasses.replace(network, likelihood=likelihood)
    assert [one.architecture for one in settings] == [architecture, "conv"]


def test_what_is_given_stays_and_equal_settings_become_one():
    network = NetworkConfiguration(activation="relu", likelihood="bernoulli")
    given = [Setting(architecture=name) for name in (None, "dense", "conv")]
    found, settings = suited(network, given, (32, 32, 3))
    assert found == network
    assert settings == [Setting(architecture="conv"), Setting(architecture="dense")]


def test_files_of_other_activations_do_not_change_the_identity():
    network = NetworkConfiguration(activation="relu", own_activations={"a.py:f": "text"})
    with_others = dataclasses.replace(MODEL, network=network)
    assert with_others.identity(HERE) == MODEL.identity(HERE)
    in_decoder = dataclasses.replace(with_others, setting=Setting(decoder_activation="a.py:f"))
    assert in_decoder.own_activations == {"a.py:f": "text"}
    plain = dataclasses.replace(MODEL, setting=Setting(decoder_activation="a.py:f"))
    assert in_decoder.identity(HERE) != plain.identity(HERE)
