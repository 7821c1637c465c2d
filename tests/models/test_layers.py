"""What a network declares about its layers."""

import numpy as np
import pytest

from vaelib.backend import keras
from vaelib.models import dense
from vaelib.models.layers import Network, Role

SIZES = {"image_shape": (6, 5, 1), "hidden_units": (8, 7), "latent_dim": 3}


def build(network: str, batch_norm: bool):
    keras.utils.set_random_seed(0)  # of the initial weights
    builder = {"encoder": dense.build_encoder, "decoder": dense.build_decoder}[network]
    return builder(**SIZES, activation="relu", initializer="keras", batch_norm=batch_norm)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize(
    ("network", "names"),
    [
        ("encoder", ["encoder_1", "encoder_2", "mean", "log_variance"]),
        ("decoder", ["decoder_1", "decoder_2", "logits"]),
    ],
)
def test_a_network_declares_its_layers_in_order(network, names, batch_norm):
    model, watched = build(network, batch_norm)
    assert [one.layer.name for one in watched] == names
    assert [one.layer for one in watched] == [model.get_layer(name) for name in names]
    assert {one.network for one in watched} == {Network(network)}
    assert [one.role for one in watched] == [
        Role.HIDDEN if "coder_" in name else Role.OUTPUT for name in names
    ]


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("network", ["encoder", "decoder"])
def test_declared_values_are_before_and_after_the_activation_function(network, batch_norm):
    model, watched = build(network, batch_norm)
    inputs = np.random.default_rng(0).normal(size=(4, *model.input_shape[1:]))
    pairs = [(one.pre_activation, one.activation) for one in watched]
    values = keras.Model(model.input, pairs)(inputs)
    for one, (before, after) in zip(watched, values, strict=True):
        hidden = one.role == Role.HIDDEN
        np.testing.assert_array_equal(after, np.maximum(before, 0) if hidden else before)
        assert np.min(before) < 0


def test_the_pre_activation_is_the_normalised_value():
    model, watched = build("encoder", batch_norm=True)
    model.get_layer("encoder_1_norm").beta.assign(np.full(8, 100.0))
    inputs = np.random.default_rng(0).normal(size=(4, 6, 5, 1))
    assert np.min(keras.Model(model.input, watched[0].pre_activation)(inputs)) > 50
