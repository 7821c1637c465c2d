"""Each sign on planted tables: both sides of its threshold, and what must not count."""

import numpy as np
import pandas as pd
import pytest

from vaelib import metrics
from vaelib.analysis.diagnosis import symptoms
from vaelib.analysis.diagnosis.criteria import Standing, Thresholds

LAYERS = {
    "encoder_1": ("encoder", "hidden"),
    "encoder_2": ("encoder", "hidden"),
    "encoder_3": ("encoder", "hidden"),
    "mean": ("encoder", "output"),
    "log_variance": ("encoder", "output"),
    "decoder_1": ("decoder", "hidden"),
    "decoder_2": ("decoder", "hidden"),
    "decoder_3": ("decoder", "hidden"),
    "logits": ("decoder", "output"),
}
HIDDEN = [layer for layer, (_, role) in LAYERS.items() if role == "hidden"]


def gradients(seeds=1, epochs=9, activation="tanh") -> pd.DataFrame:
    """Return a sound model's rows: the gradient is 1 everywhere, no unit is dead."""
    rows = [
        {
            "seed": seed,
            "epoch": epoch,
            "depth": depth,
            "network": network,
            "layer": layer,
            "role": role,
        }
        for seed in range(seeds)
        for epoch in range(epochs + 1)
        for depth, (layer, (network, role)) in enumerate(LAYERS.items(), start=1)
    ]
    table = pd.DataFrame(rows).assign(gradient_norm=1.0, gradient_rms=1.0, activation=activation)
    share = np.where(table["role"] == "hidden", 0.0, np.nan)
    return table.assign(dead=share, saturated=share)


def put(table, column, value, **where) -> pd.DataFrame:
    """Return a copy with a value in the rows that match."""
    table = table.copy()
    mask = np.logical_and.reduce([np.isin(table[key], w) for key, w in where.items()])
    table.loc[mask, column] = value
    return table


def with_first(rms, seeds=1, epochs=9, **where) -> pd.DataFrame:
    """Return the rows of a model with this gradient at the first layer."""
    return put(gradients(seeds, epochs), "gradient_rms", rms, layer="encoder_1", **where)


def vanishing(table, *thresholds) -> symptoms.Symptom:
    return symptoms.vanishing(metrics.gradient_flow(table), *thresholds)


def exploding(table, *thresholds) -> symptoms.Symptom:
    return symptoms.exploding(table, metrics.gradient_flow(table), *thresholds)


@pytest.mark.parametrize(("first", "present"), [(0.049, True), (0.051, False)])
def test_a_vanishing_gradient_passes_less_than_a_twentieth(first, present):
    sign = vanishing(with_first(first))
    assert sign.present is present
    assert f"in the worst epoch {first} of" in sign.text
    assert f"under 0.05 in {10 * present} of 10 measurements" in sign.text


@pytest.mark.parametrize(("epochs", "present"), [(9, True), (10, False)])
@pytest.mark.parametrize(
    ("look", "first"),
    [(vanishing, 0.01), (exploding, 100.0)],
    ids=["small", "large"],
)
def test_one_measurement_of_ten_lasts_and_one_of_eleven_does_not(look, first, epochs, present):
    assert look(with_first(first, epochs=epochs, epoch=0)).present is present


def test_what_the_code_keeps_back_does_not_vanish_with_depth():
    """A collapsed posterior: next to nothing arrives at the encoder at all."""
    table = put(gradients(), "gradient_rms", 1e-6, network="encoder")
    assert not vanishing(table).present


def test_the_half_that_loses_most_is_told():
    table = put(gradients(), "gradient_rms", 0.1, layer="encoder_1")
    table = put(table, "gradient_rms", 0.01, layer="decoder_1")
    assert "most is lost in the decoder" in vanishing(table).text


@pytest.mark.parametrize(("first", "present"), [(20.1, True), (19.9, False)])
def test_an_exploding_gradient_grows_twentyfold(first, present):
    sign = exploding(with_first(first))
    assert sign.present is present
    assert "up to 20 times" in sign.text


@pytest.mark.parametrize(("growth", "present"), [(1001, True), (999, False)])
def test_an_exploding_gradient_grows_a_thousandfold_in_training(growth, present):
    table = put(gradients(), "gradient_norm", growth, epoch=3)
    table = put(table, "gradient_norm", np.nan, epoch=4)  # then the loss was no number
    sign = exploding(table)
    assert sign.present is present
    assert sign.numbers["growth"] == pytest.approx(growth)


def test_the_gradient_norm_is_that_of_all_kernels():
    table = put(gradients(), "gradient_norm", 3.0, layer=["mean", "logits"], epoch=3)
    assert exploding(table).numbers["growth"] == pytest.approx(np.sqrt((7 + 2 * 9) / 9))


def test_a_gradient_too_large_for_a_number_at_the_start_explodes():
    assert exploding(gradients().assign(gradient_norm=np.inf)).present


def test_no_gradient_at_all_neither_explodes_nor_vanishes():
    table = gradients().assign(gradient_norm=0.0, gradient_rms=0.0)
    assert not exploding(table).present
    sign = vanishing(table)
    assert not sign.present
    assert sign.text == "there is no hidden layer, or no gradient, to measure"


@pytest.mark.parametrize(("first", "look"), [(1e-9, vanishing), (1e9, exploding)])
@pytest.mark.parametrize(("odd", "present"), [([0], False), ([0, 1], True)])
def test_most_seeds_decide_about_gradients(first, look, odd, present):
    assert look(with_first(first, seeds=3, seed=odd)).present is present


@pytest.mark.parametrize(("share", "present"), [(0.51, True), (0.49, False)])
@pytest.mark.parametrize("layer", ["encoder_2", "decoder_3"])
def test_dead_units_are_half_of_a_layer_at_the_end(share, present, layer):
    table = put(gradients(), "dead", share, layer=layer, epoch=9)
    sign = symptoms.dead(table, collapsed=False)
    assert sign.present is present
    assert sign.text == (
        f"{100 * share:.0f} % of the units of {layer} are zero for every probe image (limit 50 %)"
    )


@pytest.mark.parametrize(
    ("layer", "start", "present"),
    [("encoder_1", 0.0, True), ("decoder_3", 0.0, False), ("decoder_3", 0.6, True)],
)
def test_a_collapse_explains_a_decoder_that_dies_after_it(layer, start, present):
    table = put(put(gradients(), "dead", start, layer=layer), "dead", 0.9, layer=layer, epoch=9)
    assert symptoms.dead(table, collapsed=True).present is present
    assert symptoms.dead(table, collapsed=False).present


def test_what_a_diverged_model_shows_is_not_measured():
    """The last epoch of which the gradient is a number counts, for every seed its own."""
    table = put(gradients(seeds=2), "dead", 0.6, layer="encoder_1", epoch=[2, 9])
    table = put(table, "gradient_rms", np.nan, seed=0, epoch=list(range(3, 10)))
    table = put(table, "dead", 0.0, layer="encoder_1", seed=0, epoch=list(range(3, 10)))
    assert symptoms.dead(table, collapsed=False).numbers["share"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("dead", "saturated", "share"),
    [(0.0, 0.76, 0.76), (0.0, 0.74, 0.74), (0.5, 0.9, 0.8), (0.5, 0.8, 0.6)],
)
def test_saturation_is_three_quarters_of_the_living(dead, saturated, share):
    table = put(gradients(), "dead", dead, layer="encoder_2")
    sign = symptoms.saturation(put(table, "saturated", saturated, layer="encoder_2", epoch=9))
    assert sign.numbers["share"] == pytest.approx(share)
    assert sign.present is (share > 0.75)
    assert f"{100 * share:.0f} % of the elements of encoder_2" in sign.text


@pytest.mark.parametrize(
    ("activation", "present"),
    [("relu", False), ("relu6", False), ("leaky_relu", True), ("relu/tanh", True)],
)
def test_being_off_does_not_saturate_a_rectifier(activation, present):
    table = put(gradients(activation=activation), "saturated", 0.8, layer=HIDDEN)
    assert symptoms.saturation(table).present is present


@pytest.mark.parametrize("layers", [HIDDEN[:1], HIDDEN])
def test_a_layer_without_a_living_unit_is_not_saturated(layers):
    table = gradients()
    for column in ("dead", "saturated"):
        table = put(table, column, 1.0, layer=layers)
    assert not symptoms.saturation(table).present


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
        *((4, -176.0, -100.0, True), (5, -176.0, -100.0, False)),  # a quarter of the units
        *((4, -174.0, -100.0, False), (0, -174.0, -100.0, False)),  # a quarter of the lead
        *((4, -196.1, np.nan, True), (4, -195.9, np.nan, False)),  # at the floor, without a best
        (4, -198.0, -199.0, True),
    ],
)
def test_a_collapsed_posterior_has_few_active_units_near_the_floor(active, elbo, best, present):
    sign = symptoms.collapse(latents(active), Standing(elbo, best, -200.0))
    assert sign.present is present
    assert sign.text == (
        f"{active} of 16 latent units active (limit 25 %), KL 4.0 nats, "
        f"{200 + elbo:.1f} nats above the floor of a constant image (−200.0)"
    )


def test_a_collapse_without_any_latents_is_not_known():
    assert not symptoms.collapse(latents(0).iloc[:0], Standing(np.nan, -100.0, -200.0)).present


def runs(**columns) -> pd.DataFrame:
    sound = {"status": "finished", "train_elbo": -100.0, "constant_elbo": -200.0}
    return pd.DataFrame({"seed": [0, 1, 2]}).assign(**{**sound, **columns})


def history(losses) -> pd.DataFrame:
    rows = [(seed, e, loss) for seed in (0, 1, 2) for e, loss in enumerate(losses[seed], start=1)]
    table = pd.DataFrame(rows, columns=["seed", "epoch", "loss"])
    return table.assign(val_loss=table["loss"])


def test_a_loss_that_is_no_number_diverged():
    losses = [[300.0, 100.0], [300.0, np.inf, np.nan], [300.0, 250.0, np.nan]]
    sign = symptoms.divergence(runs(status=["finished", "diverged", "diverged"]), history(losses))
    assert sign.present
    assert sign.text == "the loss was no longer a number in 2 of 3 runs, first in epoch 2"
    sound = symptoms.divergence(runs(), history([[300.0, 100.0]] * 3))
    assert not sound.present
    assert sound.text == "the loss was no longer a number in 0 of 3 runs"


@pytest.mark.parametrize(
    ("last", "train_elbo", "present"),
    [(321.0, -321.0, True), (319.0, -319.0, False), (321.0, -199.0, False)],
)
def test_a_loss_that_rises_beyond_the_floor_diverged(last, train_elbo, present):
    """By more than a tenth of the floor's 200 nats."""
    losses = [[300.0, 250.0], [300.0, 500.0, last], [300.0, 250.0]]
    table = runs(train_elbo=[-100.0, train_elbo, -100.0])
    sign = symptoms.divergence(table, history(losses))
    assert sign.present is present
    assert ("rose by up to 21.0 nats" in sign.text) is present


@pytest.mark.parametrize(
    ("elbo", "train_elbo", "present"),
    [
        (-121.0, -100.0, True),  # 21 behind on the test images, 10 on those of training
        (-132.0, -101.0, False),  # 11 behind on those of training
        (-109.0, -80.0, False),  # not bad
        (-111.0, -99.0, False),  # the gap is 2 more than the best's
    ],
)
def test_overfitting_is_a_gap_that_the_best_has_not(elbo, train_elbo, present):
    train, test = (
        Standing(mine, best, -200.0, margin=10.0)
        for mine, best in ((train_elbo, -90.0), (elbo, -100.0))
    )
    sign = symptoms.overfitting(train, test)
    assert sign.present is present
    assert sign.numbers["excess"] == pytest.approx(train_elbo - elbo - 10)


def test_overfitting_without_a_best_is_told_from_the_floor():
    train, test = (Standing(elbo, np.nan, -200.0) for elbo in (-150.0, -230.0))
    assert symptoms.overfitting(train, test).present
    assert not symptoms.overfitting(test, test).present


@pytest.mark.parametrize(
    ("limits", "look"),
    [
        ({"gradient_flow": 0.2}, lambda t: vanishing(with_first(0.1), t)),
        ({"gradient_flow": 0.2}, lambda t: exploding(with_first(10.0), t)),
        ({"dead": 0.0}, lambda t: symptoms.dead(gradients(), False, t)),
        ({"saturated": 0.0}, lambda t: symptoms.saturation(gradients(), t)),
        (
            {"rise": -1.0},
            lambda t: symptoms.divergence(runs(train_elbo=-300), history([[1, 1]] * 3), t),
        ),
        (
            {"active": 1.0},
            lambda t: symptoms.collapse(latents(16), Standing(-199.0, -100.0, -200.0, None, t)),
        ),
    ],
)
def test_every_threshold_can_be_set(limits, look):
    assert look(Thresholds(**limits)).present
    assert not look(Thresholds()).present


def test_a_network_without_hidden_layers_has_neither_sign():
    table = gradients()
    table = table[~table["layer"].isin(HIDDEN)]
    found = [exploding(table), vanishing(table), symptoms.saturation(table)]
    found += [symptoms.dead(table, collapsed) for collapsed in (False, True)]
    assert not any(sign.present for sign in found)
