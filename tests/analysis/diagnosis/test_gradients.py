"""Each symptom on planted gradients: both sides of its threshold, and what must not count."""

import numpy as np
import pandas as pd
import planted
import pytest
from planted import gradients

from vaelib import metrics
from vaelib.analysis.diagnosis import gradients as symptoms
from vaelib.analysis.diagnosis.criteria import Thresholds
from vaelib.analysis.diagnosis.symptoms import Symptom

TANH = {"encoder": "tanh", "decoder": "tanh"}
HIDDEN = [layer for layer, (_, role) in planted.LAYERS.items() if role == "hidden"]


def put(table, column, value, **where) -> pd.DataFrame:
    """Return a copy with a value in the rows that match."""
    table = table.copy()
    mask = np.logical_and.reduce([np.isin(table[key], w) for key, w in where.items()])
    table.loc[mask, column] = value
    return table


def with_first(rms, seeds=1, epochs=9, **where) -> pd.DataFrame:
    """Return the rows of a model with this gradient at the first layer."""
    return put(
        gradients(seeds=seeds, epochs=epochs), "gradient_rms", rms, layer="encoder_1", **where
    )


def vanishing(table, *thresholds) -> Symptom:
    return symptoms.vanishing(metrics.gradient_flow(table), *thresholds)


def exploding(table, *thresholds) -> Symptom:
    return symptoms.exploding(table, metrics.gradient_flow(table), *thresholds)


@pytest.mark.parametrize(("first", "present"), [(0.049, True), (0.051, False)])
def test_a_gradient_flow_below_a_twentieth_has_vanished(first, present):
    symptom = vanishing(with_first(first))
    assert symptom.present is present
    assert symptom.measured.startswith(f"{first} at the lowest")
    assert f"under 0.05 in {10 * present} of 10 measurements" in symptom.measured


@pytest.mark.parametrize(("epochs", "present"), [(9, True), (10, False)])
@pytest.mark.parametrize(
    ("look", "first"),
    [(vanishing, 0.01), (exploding, 100.0)],
    ids=["small", "large"],
)
def test_one_measurement_of_ten_counts_and_one_of_eleven_does_not(look, first, epochs, present):
    assert look(with_first(first, epochs=epochs, epoch=0)).present is present


def test_a_gradient_lost_at_the_code_does_not_vanish_with_depth():
    """A collapsed posterior: almost no gradient reaches the encoder."""
    table = put(gradients(), "gradient_rms", 1e-6, network="encoder")
    assert not vanishing(table).present


def test_after_a_collapse_only_the_measurement_before_training_counts():
    early, late = (with_first(0.01, epoch=epoch) for epoch in (0, 5))
    for table, present in ((early, True), (late, False)):
        symptom = symptoms.vanishing(metrics.gradient_flow(table), collapsed=True)
        assert symptom.present is present
        assert f"in {int(present)} of 1 measurements" in symptom.measured


def test_the_network_that_loses_most_is_named():
    table = put(gradients(), "gradient_rms", 0.1, layer="encoder_1")
    table = put(table, "gradient_rms", 0.01, layer="decoder_1")
    assert "most lost in the decoder" in vanishing(table).measured


@pytest.mark.parametrize(("first", "present"), [(20.1, True), (19.9, False)])
def test_an_exploding_gradient_grows_twentyfold(first, present):
    symptom = exploding(with_first(first))
    assert symptom.present is present
    assert "up to 20 times" in symptom.measured


@pytest.mark.parametrize(("growth", "present"), [(1001, True), (999, False)])
def test_an_exploding_gradient_grows_a_thousandfold_in_training(growth, present):
    table = put(gradients(), "gradient_norm", growth, epoch=3)
    table = put(table, "gradient_norm", np.nan, epoch=4)  # then the loss was NaN
    symptom = exploding(table)
    assert symptom.present is present
    assert symptom.numbers["growth"] == pytest.approx(growth)


def test_the_gradient_norm_is_that_of_all_kernels():
    table = put(gradients(), "gradient_norm", 3.0, layer=["mean", "logits"], epoch=3)
    assert exploding(table).numbers["growth"] == pytest.approx(np.sqrt((7 + 2 * 9) / 9))


def test_a_gradient_too_large_for_a_number_at_the_start_explodes():
    assert exploding(gradients().assign(gradient_norm=np.inf)).present


def test_no_gradient_at_all_neither_explodes_nor_vanishes():
    table = gradients().assign(gradient_norm=0.0, gradient_rms=0.0)
    assert not exploding(table).present
    symptom = vanishing(table)
    assert not symptom.present
    assert symptom.measured == "there is no hidden layer, or no gradient, to measure"


@pytest.mark.parametrize(("first", "look"), [(1e-9, vanishing), (1e9, exploding)])
@pytest.mark.parametrize(("deviating", "present"), [([0], False), ([0, 1], True)])
def test_the_majority_of_seeds_decides_about_gradients(first, look, deviating, present):
    assert look(with_first(first, seeds=3, seed=deviating)).present is present


@pytest.mark.parametrize(("share", "present"), [(0.51, True), (0.49, False)])
@pytest.mark.parametrize("layer", ["encoder_2", "decoder_3"])
def test_dead_units_are_half_of_a_layer_after_training(share, present, layer):
    table = put(gradients(), "dead", share, layer=layer, epoch=9)
    symptom = symptoms.dead(table, collapsed=False)
    assert symptom.present is present
    assert symptom.measured == (
        f"{100 * share:.0f} % of the units of {layer} pass no gradient on for any probe image"
    )
    assert symptom.criterion == "50 % of a layer or more"


@pytest.mark.parametrize(
    ("layer", "start", "present"),
    [("encoder_1", 0.0, True), ("decoder_3", 0.0, False), ("decoder_3", 0.6, True)],
)
def test_a_collapse_explains_a_decoder_that_dies_after_it(layer, start, present):
    table = put(put(gradients(), "dead", start, layer=layer), "dead", 0.9, layer=layer, epoch=9)
    assert symptoms.dead(table, collapsed=True).present is present
    assert symptoms.dead(table, collapsed=False).present


def test_measurements_after_divergence_do_not_count():
    """The last epoch of which the gradient is a number counts, for every seed its own."""
    table = put(gradients(seeds=2), "dead", 0.6, layer="encoder_1", epoch=[2, 9])
    table = put(table, "gradient_rms", np.nan, seed=0, epoch=list(range(3, 10)))
    table = put(table, "dead", 0.0, layer="encoder_1", seed=0, epoch=list(range(3, 10)))
    assert symptoms.dead(table, collapsed=False).numbers["share"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("dead", "saturated", "share"),
    [(0.0, 0.76, 0.76), (0.0, 0.74, 0.74), (0.5, 0.9, 0.8), (0.5, 0.8, 0.6)],
)
def test_saturation_is_three_quarters_of_the_elements_that_are_not_dead(dead, saturated, share):
    table = put(gradients(), "dead", dead, layer="encoder_2")
    symptom = symptoms.saturation(
        put(table, "saturated", saturated, layer="encoder_2", epoch=9), TANH
    )
    assert symptom.numbers["share"] == pytest.approx(share)
    assert symptom.present is (share > 0.75)
    assert f"{100 * share:.0f} % of the pre-activations of encoder_2" in symptom.measured


@pytest.mark.parametrize(
    ("encoder", "decoder", "present"),
    [
        ("relu", "relu", False),
        ("relu6", "relu", False),
        ("leaky_relu", "leaky_relu", True),
        ("relu", "tanh", True),
        ("tanh", "relu", True),
        ("my_relu", "my_relu", True),
    ],
)
def test_zero_outputs_are_no_saturation_of_a_rectifier(encoder, decoder, present):
    table = put(gradients(), "saturated", 0.8, layer=HIDDEN)
    activations = {"encoder": encoder, "decoder": decoder}
    assert symptoms.saturation(table, activations).present is present


@pytest.mark.parametrize(("saturated", "present"), [("encoder", False), ("decoder", True)])
def test_each_network_is_judged_by_its_own_activation(saturated, present):
    table = put(gradients(), "saturated", 0.8, network=saturated, role="hidden")
    activations = {"encoder": "relu", "decoder": "tanh"}
    assert symptoms.saturation(table, activations).present is present


@pytest.mark.parametrize("layers", [HIDDEN[:1], HIDDEN])
def test_a_layer_of_dead_units_is_not_saturated(layers):
    table = gradients()
    for column in ("dead", "saturated"):
        table = put(table, column, 1.0, layer=layers)
    assert not symptoms.saturation(table, TANH).present


@pytest.mark.parametrize(
    ("limits", "look"),
    [
        ({"gradient_flow": 0.2}, lambda t: vanishing(with_first(0.1), t)),
        ({"gradient_flow": 0.2}, lambda t: exploding(with_first(10.0), t)),
        ({"persistence": 0.05}, lambda t: vanishing(with_first(0.01, epochs=10, epoch=0), t)),
        ({"norm_growth": 1.0}, lambda t: exploding(gradients(), t)),
        ({"dead_share": 0.0}, lambda t: symptoms.dead(gradients(), False, t)),
        ({"saturated_share": 0.0}, lambda t: symptoms.saturation(gradients(), TANH, t)),
    ],
)
def test_every_threshold_can_be_set(limits, look):
    assert look(Thresholds(**limits)).present
    assert not look(Thresholds()).present


def test_a_network_without_hidden_layers_has_no_symptom():
    table = gradients()
    table = table[~table["layer"].isin(HIDDEN)]
    found = [exploding(table), vanishing(table), symptoms.saturation(table, TANH)]
    found += [symptoms.dead(table, collapsed) for collapsed in (False, True)]
    assert not any(symptom.present for symptom in found)
