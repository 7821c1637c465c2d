"""Studies: defaults, overrides, parameters of a run and what its identity depends on."""

import re

import pytest

from vaelib import Study
from vaelib.results import keys, provenance

TRAINING = {
    "activation",
    "dataset",
    "validation_fraction",
    "test_fraction",
    "train_size",
    "split_seed",
    "seeds",
    "decoder_activation",
    "hidden_units",
    "depth",
    "batch_norm",
    "latent_dim",
    "likelihood",
    "output_activation",
    "initializer",
    "optimizer",
    "weight_decay",
    "learning_rate",
    "learning_rates",
    "batch_size",
    "epochs",
    "probe_images",
    "saturation",
    "gallery_images",
}


def test_the_defaults_are_nine_seeds_of_three_activations():
    made = Study.create()
    assert (made.name, made.dataset) == ("study", ["mnist5k"])
    assert made.activations == ["sigmoid", "tanh", "relu"]
    assert made.seeds == list(range(9))
    assert (made.hidden_units, made.latent_dim) == ([128, 64, 32], 16)
    assert (made.likelihood, made.output_activation) == ("bernoulli", "sigmoid")
    assert (made.learning_rate, made.batch_size, made.target_loss) == (0.001, 32, None)


def test_the_default_grid_is_one_point_of_the_plain_model():
    made = Study.create()
    points = keys.settings(**{name: getattr(made, name) for name in keys.SETTING_KEYS})
    assert points == [keys.Setting()]
    assert made.rates == [0.001]
    assert made.models_in_a_run == 9


def test_a_run_trains_every_setting_rate_and_seed():
    made = Study.create(
        depth=[1, 2], batch_norm=[False, True], learning_rates=[1e-4, 1e-3, 1e-2], seeds=5
    )
    assert made.rates == [1e-3, 1e-4, 1e-2]
    assert made.models_in_a_run == 2 * 2 * 3 * 5


def test_overrides_take_the_place_of_the_files_fields(write_study):
    path = write_study(
        "epochs: 3\nactivations: [relu, swish]\nlearning_rate: 1e-3\n", "my-study.yml"
    )
    made = Study.from_yaml(path, epochs=5, latent_dim=2)
    assert (made.name, made.epochs, made.latent_dim) == ("my-study-epochs-5-latent_dim-2", 5, 2)
    assert made.activations == ["relu", "silu"]
    assert made.learning_rate == 0.001
    assert Study.from_yaml(path, name="other").name == "other"


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n"])
def test_an_empty_file_is_the_default_study(write_study, text):
    assert Study.from_yaml(write_study(text)) == Study.create(name="own")


def test_training_parameters_are_all_that_a_notebook_needs():
    made = Study.create(target_loss=99.0, epochs=7, dataset=["mnist5k", "digits"], depth=[1, 2])
    parameters = made.training_parameters("relu", "digits")
    assert set(parameters) == TRAINING
    assert (parameters["activation"], parameters["dataset"]) == ("relu", "digits")
    assert (parameters["epochs"], parameters["depth"]) == (7, [1, 2])


@pytest.fixture(scope="module")
def reference() -> str:
    return Study.create(likelihood="gaussian").identity("relu", "f" * 16)


def identity(**fields) -> str:
    return Study.create(**{"likelihood": "gaussian", **fields}).identity("relu", "f" * 16)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seeds", 8),
        ("hidden_units", [128]),
        ("latent_dim", 8),
        ("likelihood", "bernoulli"),
        ("output_activation", "linear"),
        ("initializer", "matched"),
        ("optimizer", "sgd"),
        ("learning_rate", 0.002),
        ("batch_size", 64),
        ("epochs", 21),
        ("probe_images", 64),
        ("saturation", 0.02),
        ("gallery_images", 4),
        ("train_size", 100),
        ("depth", [1, 2]),
        ("batch_norm", True),
        ("weight_decay", 0.1),
        ("learning_rates", [0.01]),
        ("decoder_activation", "tanh"),
    ],
)
def test_identity_changes_with_what_determines_the_result(reference, field, value):
    assert identity(**{field: value}) != reference


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "other"),
        ("target_loss", 99.0),
        ("activations", ["relu", "elu"]),
        ("margins", {"elbo": 2.0}),
        # What these determine is in the fingerprint of the images:
        ("dataset", "digits"),
        ("split_seed", 1),
        ("test_fraction", 0.2),
    ],
)
def test_identity_does_not_change_with_the_rest(reference, field, value):
    assert identity(**{field: value}) == reference


def test_identity_changes_with_activation_images_code_and_versions(reference, monkeypatch):
    made = Study.create(likelihood="gaussian")
    found = {reference, made.identity("elu", "f" * 16), made.identity("relu", "e" * 16)}
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "code_digest", lambda: "other")
        found.add(identity())
    monkeypatch.setattr(provenance, "versions", lambda: {"keras": "0"})
    found.add(identity())
    assert len(found) == 5
    assert {len(digest) for digest in found} == {12}


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        ({}, "small"),
        ({"epochs": 5}, "small-epochs-5"),
        ({"seeds": 3, "epochs": 5}, "small-epochs-5-seeds-3"),
        ({"dataset": "my photos/cats & dogs.npz"}, "small-dataset-cats-dogs.npz"),
        ({"activations": ["relu", "tanh"]}, "small-activations-relu-tanh"),
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
