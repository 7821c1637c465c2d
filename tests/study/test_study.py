"""Studies: defaults, overrides, grids, tuning and the configurations of models."""

import dataclasses
import itertools
import re

import numpy as np
import pytest

from vaelib import Study
from vaelib.data.images import ImagePool
from vaelib.exceptions import StudyError
from vaelib.results import keys
from vaelib.study.tuning import Tuning


def test_the_defaults_are_nine_seeds_of_three_activations():
    made = Study.create()
    assert (made.name, made.dataset) == ("study", ["mnist5k"])
    assert made.activations == ["sigmoid", "tanh", "relu"]
    assert made.seeds == list(range(9))
    assert (made.hidden_units, made.latent_dim) == ([128, 64, 32], 16)
    assert (made.likelihood, made.output_activation) == (None, "sigmoid")
    assert (made.learning_rate, made.batch_size, made.target_loss) == ([0.001], 32, None)
    assert (made.design, made.tune, made.epochs, made.patience) == ("full", None, 400, 15)
    assert (made.margin, made.margins) == (0.01, {})


def test_the_default_grid_is_one_point_of_the_plain_model():
    made = Study.create()
    assert made.settings == [keys.Setting(architecture=None)]


def test_lists_span_a_grid():
    made = Study.create(depth=[1, 2], batch_norm=[False, True], learning_rate=[1e-4, 1e-2])
    found = [(one.depth, one.batch_norm, one.learning_rate) for one in made.settings]
    assert found == list(itertools.product([1, 2], [False, True], [1e-4, 1e-2]))


def test_overrides_take_the_place_of_the_files_fields(write_study):
    path = write_study(
        "epochs: 3\nactivations: [relu, swish]\nlearning_rate: 1e-3\n", "my-study.yml"
    )
    made = Study.from_yaml(path, epochs=5, latent_dim=2)
    assert (made.name, made.epochs, made.latent_dim) == ("my-study-epochs-5-latent_dim-2", 5, 2)
    assert made.activations == ["relu", "silu"]
    assert made.learning_rate == [0.001]
    assert Study.from_yaml(path, name="other").name == "other"


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n"])
def test_an_empty_file_is_the_default_study(write_study, text):
    assert Study.from_yaml(write_study(text)) == Study.create(name="own")


def test_the_configurations_have_the_fields_of_the_study():
    made = Study.create(
        hidden_units=[9, 5], channels=[4], latent_dim=3, likelihood="gaussian", epochs=7,
        patience=2, batch_size=8, probe_images=4, saturation=0.2, test_fraction=0.3,
    )  # fmt: skip
    network, training = made.network("elu"), made.training
    assert dataclasses.asdict(network) == {
        "activation": "elu",
        "hidden_units": [9, 5],
        "channels": [4],
        "latent_dim": 3,
        "likelihood": "gaussian",
        "output_activation": "sigmoid",
        "own_activations": {},
    }
    assert dataclasses.astuple(training) == (7, 2, 8, 4, 0.2)
    pool = ImagePool("noise", np.zeros((4, 2, 2, 1), "float32"))
    split = made.split(pool)
    assert dataclasses.astuple(split) == ("noise", pool.fingerprint, 0.1, 0.3)


def test_tuning_tries_every_combination_and_the_studys_own():
    tune = Tuning(learning_rate=[0.1, 0.2], initializer=["keras", "matched"], seeds=2)
    found = tune.settings(keys.Setting(depth=3, learning_rate=0.3))
    assert {one.depth for one in found} == {3}
    assert [(one.initializer, one.learning_rate) for one in found] == list(
        itertools.product(["keras", "matched"], [0.3, 0.1, 0.2])
    )
    assert tune.replicates == [100_000, 100_001]
    assert list(tune.grid) == ["initializer", "learning_rate"]


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        ({}, "small"),
        ({"epochs": 5}, "small-epochs-5"),
        ({"seeds": 3, "epochs": 5}, "small-epochs-5-seeds-3"),
        ({"dataset": "my photos/cats & dogs.npz"}, "small-dataset-cats-dogs.npz"),
        ({"activations": ["relu", "tanh"]}, "small-activations-relu-tanh"),
        ({"activations": "relu, leaky_relu:0.1"}, "small-activations-relu-leaky_relu-0.1"),
        ({"learning_rate": 1e-3}, "small-learning_rate-0.001"),
        ({"epochs": 5, "name": "mine"}, "mine"),
    ],
)
def test_overrides_have_a_report_of_their_own(tmp_path, overrides, name):
    path = tmp_path / "small.yml"
    path.write_text("dataset: digits\n")
    assert Study.from_yaml(path, **overrides).name == name


def test_many_overrides_are_a_hash(tmp_path):
    path = tmp_path / "small.yml"
    path.write_text("dataset: digits\n")
    names = {
        Study.from_yaml(
            path, activations=["relu", "tanh", "selu", "elu", "gelu", "mish"], **more
        ).name
        for more in ({"hidden_units": [64, 32, 16, 8]}, {"hidden_units": [64, 32, 16, 4]})
    }
    assert len(names) == 2
    assert all(re.fullmatch("small-[0-9a-f]{8}", name) for name in names)


def test_the_question_is_a_line_of_text_or_the_usual_one():
    assert Study.create().question == "Which activation function should this VAE use?"
    assert Study.create(question="Who <wins>?").question == "Who <wins>?"
    for wrong in ("", "two\nlines", "x" * 201):
        with pytest.raises(StudyError, match=r"^question: [^\n]*allowed: [^\n]+$"):
            Study.create(question=wrong)
