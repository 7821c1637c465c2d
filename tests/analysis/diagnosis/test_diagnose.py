"""Faults caused on purpose in a small VAE, and found by the diagnosis."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from vaelib import VAE, GradientProbe, ImageSet
from vaelib.analysis.diagnosis import diagnose as diagnosis
from vaelib.analysis.diagnosis import symptoms
from vaelib.analysis.diagnosis.criteria import Thresholds
from vaelib.backend import keras
from vaelib.formatting import nats
from vaelib.models import bounds
from vaelib.results.keys import SAME
from vaelib.training import evaluate
from vaelib.training import fit as fitting
from vaelib.training.configuration import TrainingConfiguration

TABLES = ("runs", "history", "gradients", "latents")
RATE = 5e-3


def patterns(n: int, seed: int) -> np.ndarray:
    """Six binary patterns of 8 x 8 pixels, with 2 % of the pixels flipped."""
    prototypes = np.random.default_rng(99).integers(0, 2, size=(6, 8, 8, 1))
    rng = np.random.default_rng(seed)
    chosen = prototypes[rng.integers(0, 6, n)]
    return np.abs(chosen - (rng.random(chosen.shape) < 0.02)).astype("float32")


def grey(n: int, seed: int) -> np.ndarray:
    """Noise around one grey: there is nothing for a code to represent."""
    return np.random.default_rng(seed).normal(0.5, 0.1, (n, 8, 8, 1)).clip(0, 1).astype("float32")


def few(n: int, seed: int) -> np.ndarray:
    """Coin flips, to be memorised or not learned at all: forty images, again and again."""
    coins = np.random.default_rng(seed).integers(0, 2, (40, 8, 8, 1))
    return np.resize(coins, (n, 8, 8, 1)).astype("float32")


def large_weights(hidden, others):
    for layer in hidden:
        layer.kernel.assign(6 * layer.kernel)
    for layer in others[:2]:  # the code stays small, and with it the loss
        layer.kernel.assign(1e-3 * layer.kernel)


def low_biases(hidden, others):
    hidden[0].bias.assign(np.full(hidden[0].units, -20.0))


def extreme_biases(hidden, others):
    hidden[0].bias.assign(np.where(np.arange(hidden[0].units) % 2, -20.0, 20.0))


@pytest.fixture(scope="module")
def train():
    """Train two seeds of a model, with a fault planted into the weights they start from."""
    models = {}

    def tables(activation, epochs, draw=patterns, plant=None, rate=RATE) -> dict:
        if activation not in models:  # compiled once
            vae = VAE((8, 8, 1), activation=activation, hidden_units=(24, 16, 12), latent_dim=4)
            vae.compile(optimizer=keras.optimizers.Adam(RATE))
            models[activation] = vae
        vae, initialize = models[activation], VAE.initialize
        training = TrainingConfiguration(epochs=epochs, batch_size=20)

        def one(vae, images, seed, probe) -> dict:
            floor = bounds.ConstantImage.fit(images.train, "bernoulli").elbo(images.test)
            made = evaluate.score(
                vae, images, fitting.fit(vae, images, rate, seed, training, probe)
            )
            keys = {"activation": activation, "seed": seed}
            keys |= {"constant_elbo": floor, "decoder_activation": SAME}
            return {name: table.assign(**keys) for name, table in made.tables.items()}

        def planted(model, seed):
            initialize(model, seed)
            if plant is not None:
                hidden = [x for x in model.kernel_layers if x.name[-1].isdigit()]
                plant(hidden, [x for x in model.kernel_layers if x not in hidden])

        images = ImageSet(draw.__name__, draw(400, 0), draw(60, 1), draw(60, 2))
        probe = GradientProbe(images.train[:64])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(VAE, "initialize", planted)
            made = [one(vae, images, seed, probe) for seed in (0, 1)]
        return {name: pd.concat([t[name] for t in made], ignore_index=True) for name in TABLES}

    return tables


@pytest.fixture(scope="module")
def healthy(train):
    return train("tanh", 15)


@pytest.fixture(scope="module")
def deep_sigmoid(train):
    return train("sigmoid", 5)


def diagnose(tables, **options) -> diagnosis.Diagnosis:
    return diagnosis.diagnose(*(tables[name] for name in TABLES), **options)


def test_a_good_model_has_no_symptom(healthy):
    found = diagnose(healthy, reference=healthy["runs"])
    assert not found.bad
    assert found.causes == ()
    assert [symptom.cause for symptom in found.symptoms] == list(symptoms.Cause)
    assert not any(symptom.present for symptom in found.symptoms)


def test_sigmoid_in_many_layers_has_a_vanishing_gradient(healthy, deep_sigmoid):
    """Which leaves the code unused, so that the posterior collapses too."""
    found = diagnose(deep_sigmoid, reference=healthy["runs"])
    assert found.causes == (symptoms.Cause.VANISHING, symptoms.Cause.COLLAPSE)


@pytest.mark.parametrize(
    ("activation", "fault", "causes"),
    [
        ("tanh", {"epochs": 2, "rate": 1e4}, (symptoms.Cause.DIVERGENCE,)),
        ("relu", {"epochs": 5, "plant": large_weights}, (symptoms.Cause.EXPLODING,)),
        (
            "relu",
            {"epochs": 5, "plant": low_biases},
            (symptoms.Cause.DEAD, symptoms.Cause.COLLAPSE),
        ),
        (
            "tanh",
            {"epochs": 5, "plant": extreme_biases},
            (symptoms.Cause.DEAD, symptoms.Cause.VANISHING, symptoms.Cause.COLLAPSE),
        ),
        ("tanh", {"epochs": 2}, (symptoms.Cause.UNDERFITTING,)),
        ("tanh", {"epochs": 3, "rate": 1e-5}, (symptoms.Cause.UNDERFITTING,)),
    ],
)
def test_a_planted_fault_is_named(train, healthy, activation, fault, causes):
    found = diagnose(train(activation, **fault), reference=healthy["runs"])
    assert found.bad
    assert found.causes == causes


@pytest.mark.parametrize(("decoder", "present"), [("tanh", True), (SAME, False)])
def test_saturation_is_judged_by_the_decoder_activation_of_the_runs(healthy, decoder, present):
    gradients = healthy["gradients"].copy()
    in_decoder = (gradients["network"] == "decoder") & (gradients["role"] == "hidden")
    gradients.loc[in_decoder, "saturated"] = 0.9
    runs = healthy["runs"].assign(activation="relu", decoder_activation=decoder)
    found = diagnose({**healthy, "runs": runs, "gradients": gradients})
    by_cause = {symptom.cause: symptom.present for symptom in found.symptoms}
    assert by_cause[symptoms.Cause.SATURATION] is present


def test_a_posterior_collapses_where_a_code_has_nothing_to_represent(train):
    tables = train("tanh", 5, grey)
    found = diagnose(tables)
    assert found.causes == (symptoms.Cause.COLLAPSE,)
    (symptom,) = (symptom for symptom in found.symptoms if symptom.present)
    row = tables["runs"].mean(numeric_only=True)
    distance = row["elbo"] - row["constant_elbo"]
    assert symptom.numbers["gain"] == pytest.approx(distance)
    assert abs(distance) < 0.1


def test_memorised_images_are_overfitting(train):
    assert diagnose(train("tanh", 12, few)).causes == (symptoms.Cause.OVERFITTING,)


def test_underfitting_tells_the_trend(train, healthy):
    def measured(tables) -> str:
        *_, last = diagnose(tables, reference=healthy["runs"]).symptoms
        assert last.cause is symptoms.Cause.UNDERFITTING
        return last.measured

    tables = train("tanh", 2)
    losses = tables["history"].groupby("epoch")["val_loss"].mean()
    falling = f"; validation loss still falling by {nats(losses[1] - losses[2])} nats an epoch"
    assert measured(tables).endswith(falling)
    level = tables["history"].assign(val_loss=3.0)
    assert measured({**tables, "history": level}).endswith("; validation loss no longer falling")


def test_the_margin_decides_what_is_bad(healthy):
    better = healthy["runs"].copy()
    better[["elbo", "train_elbo"]] += 5
    assert diagnose(healthy, reference=better).causes == (symptoms.Cause.UNDERFITTING,)
    assert not diagnose(healthy, reference=better, margin=5.1).bad
    assert not diagnose(healthy, reference=better, thresholds=Thresholds(margin_share=0.5)).bad
    assert not diagnose(healthy).bad


def test_it_is_behind_the_best_by_the_paired_difference(healthy):
    """As in the table of results, though the best has replicates of its own, too."""
    better = healthy["runs"].copy()
    better["elbo"] += [4.0, 8.0]
    lucky = better.iloc[:1].assign(seed=99, elbo=0.0)
    reference = pd.concat([better, lucky], ignore_index=True)
    assert diagnose(healthy, reference=reference).quality.deficit == pytest.approx(6)
    alone = healthy["runs"]["elbo"].mean()
    assert diagnose(healthy, reference=lucky).quality.deficit == pytest.approx(-alone)


@pytest.fixture
def study(healthy, deep_sigmoid):
    """Both activations on one data set; on another one alone, and one that diverged."""

    def joined(name):
        lost = healthy[name].assign(activation="relu")
        if name == "runs":
            lost = lost.assign(status="diverged", elbo=np.nan, train_elbo=np.nan)
        parts = [
            deep_sigmoid[name].assign(dataset="one"),
            healthy[name].assign(dataset="one"),
            (lost.iloc[:0] if name == "latents" else lost).assign(dataset="two"),
            deep_sigmoid[name].assign(dataset="two"),
        ]
        return pd.concat(parts, ignore_index=True)

    return {name: joined(name) for name in TABLES}


def test_there_is_a_row_for_every_cause_in_every_setting(study, healthy, deep_sigmoid):
    table = diagnosis.diagnose_study(study, setting=["dataset"])
    assert [tuple(row) for row in table[["dataset", "activation", "bad", "cause"]].to_numpy()] == [
        ("one", "tanh", False, ""),
        ("one", "sigmoid", True, "vanishing gradient"),
        ("one", "sigmoid", True, "posterior collapse"),
        ("two", "sigmoid", True, "vanishing gradient"),
        ("two", "sigmoid", True, "posterior collapse"),
        ("two", "relu", True, "divergence"),
    ]
    with_reference = diagnose(deep_sigmoid, reference=healthy["runs"])
    told = [one for one in with_reference.symptoms if one.present]
    assert list(table["measured"][1:3]) == [one.measured for one in told]
    assert list(table["criterion"][1:3]) == [one.criterion for one in told]
    quality = with_reference.quality
    for row, behind in ((1, quality.deficit), (3, 0.0)):
        assert table["behind"][row] == pytest.approx(behind)
        assert table["gain"][row] == pytest.approx(quality.gain)
    assert table["margin"][1] == pytest.approx(0.05 * quality.best_gain)


def test_a_single_setting_needs_no_columns(study):
    one = {name: table[table["dataset"] == "one"] for name, table in study.items()}
    named = diagnosis.diagnose_study(one, setting=["dataset"]).drop(columns="dataset")
    pd.testing.assert_frame_equal(diagnosis.diagnose_study(one), named)


def test_a_study_in_which_nothing_finished_is_described(study):
    two = {name: table[table["activation"] == "relu"] for name, table in study.items()}
    (row,) = diagnosis.diagnose_study(two).to_dict("records")
    assert row["cause"] == "divergence"
    assert row["measured"] == "the loss became NaN or infinite in 2 of 2 runs"
    assert np.isnan([row["behind"], row["gain"]]).all()


def test_tables_are_diagnosed_without_tensorflow():
    code = "import sys, vaelib.analysis.diagnosis.diagnose; print('tensorflow' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip() == "False"
