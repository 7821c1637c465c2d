"""The model of a setting is the one that was asked for."""

import dataclasses

import numpy as np
import pytest

from vaelib import GradientProbe, ImageSet
from vaelib.backend import keras
from vaelib.results.keys import Setting
from vaelib.training import fit
from vaelib.training.configuration import NetworkConfiguration, TrainingConfiguration

NETWORK = NetworkConfiguration(activation="tanh", hidden_units=(8,), latent_dim=3)


def build(**fields):
    return fit.build((6, 5, 1), NETWORK, Setting(**fields))


@pytest.fixture(scope="module")
def plain():
    """One model for several tests, as compiling takes longer than trainings, which reset it."""
    return build()


def step(vae, gradient: float, rate: float) -> list[np.ndarray]:
    """Take a step with equal gradients everywhere; return the variables' changes."""
    vae.optimizer.learning_rate = rate
    before = [variable.numpy() for variable in vae.trainable_variables]
    gradients = [np.full(value.shape, gradient, "float32") for value in before]
    vae.optimizer.apply(gradients, vae.trainable_variables)
    pairs = zip(vae.trainable_variables, before, strict=True)
    return [variable.numpy() - value for variable, value in pairs]


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop", "nadam", "adamax", "adagrad"])
def test_weight_decay_shrinks_kernels_and_nothing_else(optimizer):
    """Without a gradient a kernel shrinks by rate times decay: decoupled decay."""
    decayed, plain = build(optimizer=optimizer, weight_decay=0.1, batch_norm=True), build()
    for vae in (decayed, plain):
        for variable in vae.trainable_variables:
            if variable.name != "kernel":
                variable.assign(np.full(variable.shape, 2.0))
    values = [variable.numpy() for variable in decayed.trainable_variables]
    changes = step(decayed, 0.0, rate=0.5)
    names = [variable.name for variable in decayed.trainable_variables]
    assert set(names) == {"kernel", "bias", "beta", "gamma"}
    for name, value, change in zip(names, values, changes, strict=True):
        expected = -0.5 * 0.1 * value if name == "kernel" else np.zeros_like(value)
        np.testing.assert_allclose(change, expected, rtol=1e-4, atol=1e-7)
    assert not any(change.any() for change in step(plain, 0.0, rate=0.5))


def test_sgd_has_a_momentum_of_nine_tenths():
    vae = build(optimizer="sgd")
    for expected in (-0.01, -0.019, -0.0271):
        for change in step(vae, 1.0, rate=0.01):
            np.testing.assert_allclose(change, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("optimizer", "optimizer_class"),
    [
        ("adam", keras.optimizers.Adam),
        ("rmsprop", keras.optimizers.RMSprop),
        ("nadam", keras.optimizers.Nadam),
        ("adamax", keras.optimizers.Adamax),
        ("adagrad", keras.optimizers.Adagrad),
        ("sgd", keras.optimizers.SGD),
    ],
)
def test_the_optimizer_is_the_named_one_with_the_defaults_of_keras(optimizer, optimizer_class):
    made = build(optimizer=optimizer).optimizer
    assert type(made) is optimizer_class
    options = {"momentum": 0.9} if optimizer == "sgd" else {}
    expected = optimizer_class(**options)
    assert made.get_config() == expected.get_config() | {"name": made.name}


@pytest.mark.parametrize(
    ("depth", "encoder", "decoder"),
    [(1, [8, 4], [4, 8]), (3, [8, 8, 8, 4, 4, 4], [4, 4, 4, 8, 8, 8])],
)
def test_depth_repeats_every_hidden_layer(depth, encoder, decoder):
    network = NetworkConfiguration(activation="relu", hidden_units=(8, 4), latent_dim=3)
    vae = fit.build((6, 5, 1), network, Setting(depth=depth))
    widths = [layer.units for layer in vae.kernel_layers]
    assert widths == [*encoder, 3, 3, *decoder, 30]


def test_the_other_settings_reach_the_model():
    vae = build(decoder_activation="relu", initializer="matched", batch_norm=True)
    assert (vae.activation, vae.decoder_activation) == ("tanh", "relu")
    assert (vae.initializer, vae.batch_norm) == ("matched", True)
    weighted = build(architecture="conv", beta=2.0, kl_warmup=3)
    assert (weighted.architecture, weighted.beta, weighted.kl_warmup) == ("conv", 2.0, 3)
    plain = build()
    assert (plain.decoder_activation, plain.initializer) == ("tanh", "keras")
    assert plain.batch_norm is False


def test_the_network_configuration_reaches_the_model():
    network = NetworkConfiguration(
        activation="elu",
        hidden_units=(9, 5),
        channels=(4, 3),
        latent_dim=2,
        likelihood="gaussian",
        output_activation="linear",
    )
    config = fit.build((6, 5, 1), network, Setting()).get_config()
    given = dataclasses.asdict(network)
    assert given.pop("own_activations") == {}  # which registers them, not the model
    assert {name: config[name] for name in given} == given


def test_gradient_flow_is_measured_before_and_after_training(images):
    network = NetworkConfiguration(activation="tanh", hidden_units=(8, 7), latent_dim=3)
    vae = fit.build((6, 5, 1), network, Setting())
    split = ImageSet("noise", images[:50], images[50:60], images[60:])
    training = TrainingConfiguration(epochs=2, batch_size=16)
    trained = fit.fit(vae, split, 1e-2, 0, training, GradientProbe(images[:8]))
    rms = trained.gradients.set_index(["epoch", "layer"])["gradient_rms"]
    flow = {
        epoch: rms[epoch, "encoder_1"]
        / rms[epoch, "encoder_2"]
        * rms[epoch, "decoder_1"]
        / rms[epoch, "decoder_2"]
        for epoch in (0, 2)
    }
    assert flow[0] != pytest.approx(flow[2])
    assert trained.summary["gradient_flow_start"] == pytest.approx(flow[0])
    assert trained.summary["gradient_flow"] == pytest.approx(flow[2])


class Losses(keras.callbacks.Callback):
    """Replace the validation loss by given ones, before other callbacks see it."""

    def __init__(self, losses):
        super().__init__()
        self.losses, self.weights = losses, []

    def on_epoch_end(self, epoch, logs=None):
        logs["val_loss"] = self.losses[epoch]
        self.weights.append(self.model.get_weights())


@pytest.mark.parametrize(
    ("losses", "patience", "epochs", "kept", "ended"),
    [
        ([5, 4, 3, 3.5, 3.2, 9], 2, 5, 3, True),
        ([5, 4, 3, 3.5, 2.9, 9], 2, 6, 5, False),  # the most epochs come first
        ([5, 4, 3, 3.5, 3.2, 9], None, 6, 6, False),  # the last weights
        ([1, 2, 3, 0, 0, 0], 2, 3, 1, True),
    ],
)
def test_training_ends_when_validation_stops_improving_and_keeps_the_best(
    plain, images, monkeypatch, losses, patience, epochs, kept, ended
):
    watch = Losses(losses)
    split = ImageSet("noise", images[:50], images[50:60], images[60:])
    probe, original = GradientProbe(images[:8]), type(plain).fit

    def fitted(self, *arguments, callbacks, **options):
        return original(self, *arguments, callbacks=[watch, *callbacks], **options)

    monkeypatch.setattr(type(plain), "fit", fitted)
    training = TrainingConfiguration(epochs=6, patience=patience, batch_size=16)
    trained = fit.fit(plain, split, 1e-2, 0, training, probe)
    summary = trained.summary
    assert (summary["epochs"], summary["kept_epoch"], summary["ended"]) == (epochs, kept, ended)
    assert summary["val_elbo"] == -losses[kept - 1]
    assert all(map(np.array_equal, trained.weights, watch.weights[kept - 1]))
    assert len(trained.history) == epochs
    assert trained.gradients["epoch"].max() == epochs


@pytest.mark.parametrize(("epochs", "median"), [(1, 9.0), (2, 1.0), (4, 2.0)])
def test_the_first_epoch_which_compiles_is_no_measure_of_time(
    plain, images, monkeypatch, epochs, median
):
    class Clock(keras.callbacks.Callback):
        seconds = (9.0, 1.0, 2.0, 4.0)[:epochs]

    monkeypatch.setattr(fit, "_Clock", Clock)
    split = ImageSet("noise", images[:50], images[50:60], images[60:])
    training = TrainingConfiguration(epochs=epochs, patience=None, batch_size=16)
    trained = fit.fit(plain, split, 1e-2, 0, training, GradientProbe(images[:8]))
    assert trained.summary["seconds_per_epoch"] == median
    assert list(trained.history["seconds"]) == list(Clock.seconds)


def test_the_start_tells_initial_weights_apart(plain, images):
    split = ImageSet("noise", images[:50], images[50:60], images[60:])
    training, probe = TrainingConfiguration(epochs=1), GradientProbe(images[:8])
    starts = [
        fit.fit(plain, split, rate, seed, training, probe).summary["start"]
        for rate, seed in ((1e-2, 0), (1e-3, 0), (1e-2, 1))
    ]
    assert starts[0] == starts[1] != starts[2]
