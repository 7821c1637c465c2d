"""Fields of a study: what is read from what, and what is refused in one line."""

import os

import numpy as np
import pytest

from vaelib import Study
from vaelib.study import fields
from vaelib.training import examples


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("seeds", 3, [0, 1, 2]),
        ("seeds", [3], [3]),
        ("seeds", np.int64(3), [0, 1, 2]),
        ("seeds", "4,7", [4, 7]),
        ("activations", "tanh, swish", ["tanh", "silu"]),
        ("activations", "relu6", ["relu6"]),
        ("hidden_units", "64,32", [64, 32]),
        ("hidden_units", 64, [64]),
        ("hidden_units", [], []),
        ("dataset", "digits", ["digits"]),
        ("dataset", "digits, mnist5k", ["digits", "mnist5k"]),
        ("depth", 2, [2]),
        ("depth", "1,2,4", [1, 2, 4]),
        ("batch_norm", True, [True]),
        ("batch_norm", "false,true", [False, True]),
        ("train_size", None, [None]),
        ("train_size", "100, null", [100, None]),
        ("initializer", "keras,matched", ["keras", "matched"]),
        ("optimizer", ["sgd", "adam"], ["sgd", "adam"]),
        ("weight_decay", 0, [0.0]),
        ("decoder_activation", "swish,null", ["silu", None]),
        ("learning_rate", "1e-3, 0.01", [0.001, 0.01]),
        ("learning_rate", 0.01, [0.01]),
        ("margins", {"mse": 0.25}, {"mse": 0.25}),
        ("image_size", None, None),
        ("image_size", 32, (32, 32)),
        ("image_size", [8, 128], (8, 128)),
        ("image_size", "24, 32", (24, 32)),
        ("image_size", (24, 32), (24, 32)),
    ],
)
def test_lists_are_read_from_single_values_and_text(field, value, read):
    assert getattr(Study.create(**{field: value}), field) == read


def test_a_file_gets_its_whole_path_and_a_name_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole = str(tmp_path / "own.npz")
    for given in ("own.npz", tmp_path / "own.npz", ["own.npz"]):
        assert Study.create(dataset=given).dataset == [whole]
    assert Study.create(dataset="digits,own.npz").dataset == ["digits", whole]


@pytest.mark.parametrize(
    ("fields", "start", "part"),
    [
        ({"epoch": 3}, "epoch: unknown field (value 3)", "did you mean 'epochs'?"),
        ({"latent_dims": 3}, "latent_dims: unknown field (value 3)", "did you mean 'latent_dim'?"),
        ({"activations": "rellu"}, "activations: 'rellu' is unknown", "did you mean 'relu'?"),
        ({"activations": ["softmax"]}, "activations: 'softmax' is not element-wise", "mixes"),
        ({"activations": ["swish", "silu"]}, "activations: 'swish' is an alias", "of 'silu'"),
        ({"activations": "elu,elu"}, "activations: 'elu' is there twice;", "each once"),
        ({"activations": []}, "activations: []", "at least 1"),
        ({"activations": 3}, "activations: 3", "valid string"),
        ({"activations": "[relu,tanh"}, "activations: ", "[relu"),
        ({"epochs": 0}, "epochs: 0", "greater than 0"),
        ({"epochs": True}, "epochs: True", "valid integer"),
        ({"epochs": 2.5}, "epochs: 2.5", "valid integer"),
        ({"latent_dim": "many"}, "latent_dim: 'many'", "valid integer"),
        ({"hidden_units": [8, 0]}, "hidden_units: 0", "greater than 0"),
        ({"hidden_units": True}, "hidden_units: True", "valid integer"),
        ({"seeds": 0}, "seeds: 0", "1 to 1000"),
        ({"seeds": []}, "seeds: []", "at least 1"),
        ({"seeds": True}, "seeds: True", "valid integer"),
        ({"seeds": [1, -1]}, "seeds: -1", "greater than or equal to 0"),
        ({"seeds": [2, 2]}, "seeds: 2 is there twice", "each once"),
        ({"likelihood": "poisson"}, "likelihood: 'poisson'", "'bernoulli' or 'gaussian'"),
        (
            {"output_activation": "linear", "likelihood": "bernoulli"},
            "output_activation: 'linear'",
            "likelihood: gaussian",
        ),
        ({"channels": []}, "channels: [] is not allowed", "at least 1"),
        ({"beta": 0}, "beta: 0 is not allowed", "greater than 0"),
        ({"architecture": "cnn"}, "architecture: 'cnn' is not allowed", "'dense' or 'conv'"),
        ({"kl_warmup": 5, "epochs": 5}, "kl_warmup: 5 of 5 epochs", "fewer than those"),
        (
            {"kl_warmup": 3, "epochs": 5, "tune": {"initializer": ["matched"], "epochs": 3}},
            "kl_warmup: 3 of 3 epochs",
            "fewer than those",
        ),
        ({"optimizer": "adm"}, "optimizer: 'adm'", "'adam'"),
        ({"learning_rate": 0}, "learning_rate: 0", "greater than 0"),
        ({"learning_rate": float("inf")}, "learning_rate: inf", "finite"),
        ({"learning_rate": True}, "learning_rate: True", "number"),
        ({"depth": [1, 2, 1]}, "depth: 1 is there twice", "each once"),
        ({"depth": []}, "depth: []", "at least 1"),
        ({"depth": [1, 0]}, "depth: 0", "greater than 0"),
        ({"depth": [1, True]}, "depth: True", "valid integer"),
        ({"batch_norm": [0]}, "batch_norm: 0", "valid boolean"),
        ({"initializer": ["keras", "he"]}, "initializer: 'he'", "'keras' or 'matched'"),
        ({"train_size": [None, 0]}, "train_size: 0", "greater than 0"),
        ({"train_size": [None, None]}, "train_size: None is there twice", "each once"),
        ({"weight_decay": [0, -0.1]}, "weight_decay: -0.1", "greater than or equal to 0"),
        ({"weight_decay": False}, "weight_decay: False", "number"),
        ({"learning_rate": [0.1, 0]}, "learning_rate: 0", "greater than 0"),
        ({"learning_rate": [0.1, 0.1]}, "learning_rate: 0.1 is there twice", "each once"),
        ({"learning_rates": [0.1]}, "learning_rates: unknown field", "'learning_rate'?"),
        ({"patience": 0}, "patience: 0", "greater than 0"),
        ({"design": "rase"}, "design: 'rase'", "'full' or 'race'"),
        ({"tune": {}}, "tune: nothing to choose", "learning_rate"),
        ({"tune": {"epochs": 3}}, "tune: nothing to choose", "lists of"),
        ({"tune": {"rate": [1]}}, "tune.rate: unknown field (value [1])", ""),
        ({"tune": {"learning_rate": [0.1, -1]}}, "tune.learning_rate: -1", "greater than 0"),
        ({"tune": {"initializer": ["he"]}}, "tune.initializer: 'he'", "'keras' or 'matched'"),
        (
            {"tune": {"learning_rate": [0.1]}, "learning_rate": [0.1, 0.2]},
            "tune: 'learning_rate' is a list in the study, too",
            "one value there",
        ),
        (
            {"tune": {"learning_rate": [0.1]}, "seeds": [1, 100_001]},
            "seeds: 100001 serves to tune",
            "below 100000",
        ),
        ({"gallery_images": 65}, "gallery_images: 65", "64"),
        ({"margin": 1}, "margin: 1", "less than 1"),
        ({"name": "runs"}, "name: 'runs' is what all studies have in common", "another"),
        ({"name": "claims.html"}, "name: 'claims.html' is what all studies have", "another"),
        (
            {"activations": [{"leaky_relu": 0.1}]},
            "activations: {'leaky_relu': 0.1} is no",
            "string",
        ),
        ({"activations": [["relu"]]}, "activations: ['relu'] is not allowed", "allowed: "),
        ({"tune": {"foo": 1}}, "tune.foo: unknown field (value 1); did you mean", "initializer"),
        ({"dataset": os.devnull}, f"dataset: '{os.devnull}' is neither a file nor", "allowed"),
        ({"decoder_activation": "rellu"}, "decoder_activation: 'rellu' is unknown", "'relu'?"),
        (
            {"decoder_activation": ["silu", "swish"]},
            "decoder_activation: 'swish' is an alias of 'silu'",
            "each once",
        ),
        ({"dataset": ["digits", "digits"]}, "dataset: 'digits' is there twice", "each once"),
        ({"dataset": ["a/x.npz", "b/x.npz"]}, "dataset: [", "has a name twice"),
        ({"dataset": "b\udce4d"}, "dataset: 'b\\udce4d' has bytes that are no UTF-8", "a link"),
        ({"dataset": 3}, "dataset: 3", "valid string"),
        ({"image_size": 7}, "image_size: 7 is", "whole number from 8 to 128, or [height, width]"),
        ({"image_size": "24,129"}, "image_size: [24, 129] is", "from 8 to 128"),
        ({"image_size": [8, 8, 3]}, "image_size: [8, 8, 3] is", "[height, width]"),
        ({"image_size": "small"}, "image_size: 'small' is", "from 8 to 128"),
        ({"image_size": True}, "image_size: True is", "from 8 to 128"),
        ({"margins": {"elbow": 1}}, "margins: 'elbow' is unknown", "elbo, mse, psnr, ssim, gap"),
        ({"margins": {"elbo": -1}}, "margins.elbo: -1", "greater than or equal to 0"),
        ({"test_fraction": 1}, "test_fraction: 1", "less than 1"),
        (
            {"validation_fraction": 0.5, "test_fraction": 0.5},
            "validation_fraction: 0.5 with test_fraction: 0.5",
            "a sum under 1",
        ),
        ({"name": "../up"}, "name: '../up'", "pattern"),
        ({"epochs": 0, "seeds": 0}, "seeds: 0", "(and 1 more)"),
    ],
)
def test_a_wrong_field_is_refused_in_one_line_with_its_value(refusal, fields, start, part):
    message = refusal(Study.create, **fields)
    assert message.startswith(start)
    assert part in message


def test_as_many_images_can_be_asked_for_as_a_run_keeps():
    assert fields.MOST_IMAGES == examples.MOST_IMAGES


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("digits, own.npz", ["digits", "own.npz"]),
        ("Lab, 2024/faces.npz", ["Lab, 2024/faces.npz"]),
        ("a.npz,b.npz", ["a.npz", "b.npz"]),
        (["a,b.npz", "digits"], ["a,b.npz", "digits"]),
        ("here,too.npz,there.npz", ["here,too.npz,there.npz"]),
    ],
)
def test_commas_separate_sources_or_belong_to_a_path(tmp_path, monkeypatch, given, names):
    monkeypatch.chdir(tmp_path)
    locations = [name if name == "digits" else str(tmp_path / name) for name in names]
    assert fields.to_locations(given) == locations


def test_a_file_that_exists_is_one_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.npz,b.npz").touch()
    assert fields.to_locations("a.npz,b.npz") == [str(tmp_path / "a.npz,b.npz")]
