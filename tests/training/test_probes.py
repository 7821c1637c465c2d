"""Recorded gradients and shares, compared with gradients computed by other means."""

import numpy as np
import pandas as pd
import pytest

from vaelib import GradientProbe
from vaelib.backend import keras, tf
from vaelib.training import probes


def measured(vae, images, **options) -> pd.DataFrame:
    probe = GradientProbe(images, **options)
    probe.set_model(vae)
    probe.on_train_begin()
    return pd.DataFrame(probe.rows).set_index("layer")


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_kernel_gradients_are_those_of_the_objective(make_vae, images, likelihood, architecture):
    widths = {"hidden_units": (8, 7), "channels": (4, 3)}
    vae = make_vae(likelihood=likelihood, architecture=architecture, **widths)
    table = measured(vae, images, seed=4)
    noise = np.random.default_rng([4]).standard_normal((len(images), 3), dtype="float32")
    with tf.GradientTape() as tape:
        weights = tf.fill([len(images)], 1 / len(images))
        loss = tf.reduce_sum(vae.objective(images, noise, weights))
    kernels = [layer.kernel for layer in vae.kernel_layers]
    norms = [np.linalg.norm(g) for g in tape.gradient(loss, kernels)]
    np.testing.assert_allclose(table["gradient_norm"], norms, rtol=1e-4)
    assert list(table["depth"]) == list(range(1, 8))


def test_the_gradient_at_the_logits_is_probability_less_pixel(make_vae, images):
    vae = make_vae()
    mean, log_variance = vae.encode(images)
    noise = np.random.default_rng([0]).standard_normal(mean.shape, dtype="float32")
    p = vae.decode(mean + np.exp(log_variance / 2) * noise)
    expected = np.sqrt(np.mean((p - images) ** 2))
    rms = measured(vae, images).loc["logits", "gradient_rms"]
    assert rms == pytest.approx(expected, rel=1e-5)


def test_the_gradient_at_a_hidden_layer_is_that_of_its_shifted_input(make_vae, images):
    """Shift one image's pre-activation by a small amount: finite differences."""
    vae = make_vae(hidden_units=(4,))
    one = images[:1]
    rms = measured(vae, one).loc["encoder_1", "gradient_rms"]
    noise = np.random.default_rng([0]).standard_normal((1, 3), dtype="float32")
    bias = vae.kernel_layers[0].bias  # with one image, its gradient is the pre-activation's

    def loss(shift):
        bias.assign(shift)
        terms = vae.objective(one, noise, tf.ones(1)).numpy()
        bias.assign(np.zeros(4))
        return terms.sum(dtype="float64")

    steps = 1e-2 * np.eye(4)
    slopes = [(loss(step) - loss(-step)) / 2e-2 for step in steps]
    assert rms == pytest.approx(np.sqrt(np.mean(np.square(slopes))), rel=2e-2)


@pytest.mark.parametrize(
    ("activation", "bias", "dead", "saturated"),
    [
        ("relu", -100.0, 1.0, 1.0),
        ("relu", 100.0, 0.0, 0.0),
        ("sigmoid", 100.0, 1.0, 1.0),
        ("tanh", -100.0, 1.0, 1.0),
        ("linear", 100.0, 0.0, 0.0),
        ("leaky_relu", -100.0, 0.0, 0.0),
        ("gelu", -1.5, 0.0, 0.0),  # where its slope is negative
    ],
)
def test_dead_and_saturated_units_are_found(make_vae, images, activation, bias, dead, saturated):
    vae = make_vae(activation=activation)
    vae.kernel_layers[0].kernel.assign(np.zeros((30, 8)))
    vae.kernel_layers[0].bias.assign(np.full(8, bias))
    row = measured(vae, images).loc["encoder_1"]
    assert (row["dead"], row["saturated"]) == (dead, saturated)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_output_layers_have_no_shares(make_vae, images, batch_norm):
    table = measured(make_vae(batch_norm=batch_norm), images)
    outputs = table.loc[["mean", "log_variance", "logits"], ["dead", "saturated"]]
    assert outputs.isna().all(axis=None)
    assert table.loc[["encoder_1", "decoder_1"], ["dead", "saturated"]].notna().all(axis=None)


def test_the_start_and_every_epoch_are_recorded_and_training_is_untouched(
    make_vae, images, same_weights
):
    watched, alone = make_vae(), make_vae()
    probe = GradientProbe(images[:16])
    for vae, callbacks in ((watched, [probe]), (alone, [])):
        vae.fit(images, epochs=3, batch_size=32, verbose=0, callbacks=callbacks)
    table = pd.DataFrame(probe.rows)
    assert tuple(table.columns) == probes.COLUMNS
    assert sorted(table["epoch"].unique()) == [0, 1, 2, 3]
    assert same_weights(watched, alone)


def test_after_ten_epochs_every_tenth_is_recorded(make_vae, images):
    vae, probe = make_vae(), GradientProbe(images[:16])
    vae.fit(images, epochs=22, batch_size=64, verbose=0, callbacks=[probe])
    probe.record(20)  # there already
    probe.record(22)
    epochs = pd.DataFrame(probe.rows)["epoch"]
    assert list(epochs.unique()) == [*range(11), 20, 22]
    assert set(epochs.value_counts()) == {len(vae.watched_layers)}


def test_the_images_may_be_replaced_between_trainings(make_vae, images):
    vae, probe = make_vae(), GradientProbe(images[:16])
    vae.fit(images, epochs=1, batch_size=64, verbose=0, callbacks=[probe])
    first = pd.DataFrame(probe.rows)
    probe.images = images[16:32]
    vae.initialize(0)
    vae.fit(images, epochs=1, batch_size=64, verbose=0, callbacks=[probe])
    other = GradientProbe(images[16:32])
    other.set_model(vae)
    vae.initialize(0)
    other.record(0)
    second = pd.DataFrame(probe.rows)
    pd.testing.assert_frame_equal(
        second[second["epoch"] == 0], pd.DataFrame(other.rows), check_exact=True
    )
    assert not second.equals(first)


def test_rows_are_cleared_when_training_starts_again(make_vae, images):
    vae, probe = make_vae(), GradientProbe(images[:16])
    vae.fit(images, epochs=2, batch_size=32, verbose=0, callbacks=[probe])
    first = pd.DataFrame(probe.rows)
    vae.initialize(0)
    vae.fit(images, epochs=2, batch_size=32, verbose=0, callbacks=[probe])
    pd.testing.assert_frame_equal(pd.DataFrame(probe.rows), first, check_exact=True)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize(
    ("loaded", "architecture"), [(False, "dense"), (True, "dense"), (True, "conv")]
)
def test_rows_name_the_network_and_the_role(
    make_vae, images, tmp_path, batch_norm, loaded, architecture
):
    widths = {"hidden_units": (8, 7), "channels": (4, 3)}
    vae = make_vae(batch_norm=batch_norm, architecture=architecture, **widths)
    before = measured(vae, images)
    if loaded:
        vae.optimizer.build(vae.trainable_variables)
        vae.save(tmp_path / "vae.keras")
        vae = keras.saving.load_model(tmp_path / "vae.keras")
    table = measured(vae, images)
    pd.testing.assert_frame_equal(table, before, check_exact=True)
    assert list(table["network"]) == ["encoder"] * 4 + ["decoder"] * 3
    assert list(table.index[table["role"] == "output"]) == ["mean", "log_variance", "logits"]
    assert list(table.index[table["role"] == "hidden"]) == [
        "encoder_1",
        "encoder_2",
        "decoder_1",
        "decoder_2",
    ]


def test_a_unit_is_dead_where_it_is_flat_in_every_image_and_at_every_position():
    dense = np.array([[0.0, 0.0, 1.0, 0.0], [0.0, 2.0, 1.0, 0.0]]) == 0
    assert probes.dead_share(tf.constant(dense)) == 0.5
    convolution = np.full((2, 3, 3, 4), True)
    convolution[1, 2, 0, 1] = False
    assert probes.dead_share(tf.constant(convolution)) == 0.75
