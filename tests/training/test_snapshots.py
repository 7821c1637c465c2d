"""Snapshots: what a model decodes on its way, without a change of the way."""

import numpy as np
import pytest

from vaelib import GradientProbe, ImageSet
from vaelib.results.keys import Setting
from vaelib.training import fit
from vaelib.training.configuration import NetworkConfiguration, TrainingConfiguration
from vaelib.training.snapshots import Snapshots

NETWORK = NetworkConfiguration(activation="tanh", hidden_units=(8,), latent_dim=3)


@pytest.fixture(scope="module")
def model():
    """One model for all tests, as compiling takes longer than their trainings, which reset it."""
    return fit.build((6, 5, 1), NETWORK, Setting())


@pytest.fixture
def train(images, model):
    """Train the model for some epochs; return it, what `fit` returns, and what is watched."""
    split = ImageSet("noise", images[:50], images[50:60], images[60:])

    def run(epochs: int, patience: int | None = None):
        training = TrainingConfiguration(epochs=epochs, patience=patience, batch_size=16)
        probe = GradientProbe(images[:8])
        trained = fit.fit(model, split, 1e-2, 0, training, probe)
        return model, trained, trained.snapshots

    return run


@pytest.mark.parametrize(
    ("epochs", "taken"),
    [
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (12, [0, 1, 2, 3, 5, 10, 12]),
        (41, [0, 1, 2, 3, 5, 10, 20, 40, 41]),
    ],
)
def test_they_are_taken_early_then_at_doubled_epochs_and_at_the_kept_one(train, epochs, taken):
    model, trained, snapshots = train(epochs)
    assert list(snapshots.epochs) == taken
    assert set(taken) <= set(trained.gradients["epoch"]), "gradients of the same epochs"
    assert snapshots.reconstructions.shape == (len(taken), *snapshots.images.shape)
    decoded = model.reconstruct(snapshots.images)
    np.testing.assert_array_equal(snapshots.reconstructions[-1], decoded)


def test_each_is_of_the_weights_of_its_epoch(train):
    _, _, snapshots = train(5)
    for place, epochs in enumerate(snapshots.epochs[1:], start=1):
        model, _, _ = train(int(epochs))
        decoded = model.reconstruct(snapshots.images)
        np.testing.assert_array_equal(snapshots.reconstructions[place], decoded)


def test_the_kept_weights_are_those_of_the_best_epoch(train):
    model, trained, snapshots = train(60, patience=1)
    assert trained.summary["ended"]
    place = list(snapshots.epochs).index(trained.summary["kept_epoch"])
    decoded = model.reconstruct(snapshots.images)
    np.testing.assert_array_equal(snapshots.reconstructions[place], decoded)


def test_they_can_be_taken_of_several_models_in_turn_and_change_no_weight(images, model):
    split = ImageSet("noise", images[:50], images[50:60], images[60:])
    snapshots = Snapshots(images[:3])
    found = []
    for callbacks in ([], [snapshots], [snapshots]):
        model.initialize(0)
        model.fit(split.train, epochs=3, verbose=0, callbacks=callbacks)
        found.append(model.get_weights())
    assert all(map(np.array_equal, found[0], found[1]))
    assert all(map(np.array_equal, found[1], found[2]))
    assert list(snapshots.epochs) == [0, 1, 2, 3]
