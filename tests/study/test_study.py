"""Studies: what is read, what is refused in one line, what a run's identity depends on."""

import pytest

from vaelib import Study, StudyError
from vaelib.results import keys, provenance

TRAINING = (
    *("activation", "dataset", "validation_fraction", "test_fraction", "train_size"),
    *("split_seed", "seeds", "decoder_activation", "hidden_units", "depth", "batch_norm"),
    *("latent_dim", "likelihood", "output_activation", "initializer", "optimizer"),
    *("weight_decay", "learning_rate", "learning_rates", "batch_size", "epochs"),
    *("probe_images", "saturation", "gallery_images"),
)


@pytest.fixture
def write(tmp_path):
    def to_yaml(text: str, name: str = "own.yml"):
        path = tmp_path / name
        path.write_bytes(text.encode("latin-1"))
        return path

    return to_yaml


def refusal(make, *args, **fields) -> str:
    with pytest.raises(StudyError) as caught:
        make(*args, **fields)
    assert "\n" not in str(caught.value)
    return str(caught.value)


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


def test_overrides_take_the_place_of_the_files_fields(write):
    path = write("epochs: 3\nactivations: [relu, swish]\nlearning_rate: 1e-3\n", "my-study.yml")
    made = Study.from_yaml(path, epochs=5, latent_dim=2)
    assert (made.name, made.epochs, made.latent_dim) == ("my-study", 5, 2)
    assert made.activations == ["relu", "silu"]
    assert made.learning_rate == 0.001  # text, to YAML
    assert Study.from_yaml(path, name="other").name == "other"


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n"])
def test_an_empty_file_is_the_default_study(write, text):
    assert Study.from_yaml(write(text)) == Study.create(name="own")


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("seeds", 3, [0, 1, 2]),
        ("seeds", [3], [3]),
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
        ("learning_rates", "1e-3, 0.01", [0.001, 0.01]),
        ("learning_rates", 0.01, [0.01]),
        ("learning_rates", [], []),
    ],
)
def test_lists_are_read_from_what_is_handy(field, value, read):
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
        ({"activations": "rellu"}, "activation: 'rellu' is unknown", "did you mean 'relu'?"),
        ({"activations": ["softmax"]}, "activation: 'softmax' is not element-wise", "mixes"),
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
        ({"output_activation": "linear"}, "output_activation: 'linear'", "likelihood: gaussian"),
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
        ({"learning_rates": [0.1, 0]}, "learning_rates: 0", "greater than 0"),
        ({"learning_rates": [0.1, 0.1]}, "learning_rates: 0.1 is there twice", "each once"),
        ({"decoder_activation": "rellu"}, "activation: 'rellu' is unknown", "'relu'?"),
        (
            {"decoder_activation": ["silu", "swish"]},
            "decoder_activation: 'swish' is an alias of 'silu'",
            "each once",
        ),
        ({"dataset": ["digits", "digits"]}, "dataset: 'digits' is there twice", "each once"),
        ({"dataset": ["a/x.npz", "b/x.npz"]}, "dataset: [", "has a name twice"),
        ({"dataset": 3}, "dataset: 3", "valid string"),
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
def test_a_wrong_field_is_told_in_one_line_with_its_value(fields, start, part):
    message = refusal(Study.create, **fields)
    assert message.startswith(start)
    assert part in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs: [1,\n - {", "is not YAML"),
        ("epochs: \x01", "is not YAML"),
        ("\xff\xfe\x80", "it is not text"),
        ("[1, 2]", "holds a list; allowed: fields and values"),
        ("[]", "holds a list; allowed: fields and values"),
        ("epochs", "holds a str; allowed: fields and values"),
        ("7777: 2", "7777"),
        ("dataset: 2020-13-45", "is not YAML"),
    ],
)
def test_a_file_that_is_no_study_is_told_in_one_line(write, text, message):
    assert message in refusal(Study.from_yaml, write(text))


def test_a_missing_file_and_a_bad_file_name_are_told(write, tmp_path):
    assert "cannot read" in refusal(Study.from_yaml, tmp_path / "nowhere.yml")
    assert refusal(Study.from_yaml, write("", "my study.yml")).startswith("name: 'my study'")


def test_training_parameters_are_all_that_a_notebook_needs():
    made = Study.create(target_loss=99.0, epochs=7, dataset=["mnist5k", "digits"], depth=[1, 2])
    parameters = made.training_parameters("relu", "digits")
    assert set(parameters) == set(TRAINING)
    assert (parameters["activation"], parameters["dataset"]) == ("relu", "digits")
    assert (parameters["epochs"], parameters["depth"]) == (7, [1, 2])


def test_margins_that_are_not_named_keep_their_defaults():
    expected = {"elbo": 1.0, "mse": 0.25, "psnr": 0.1, "ssim": 0.01, "gap": 1.0}
    assert Study.create(margins={"mse": 0.25}).margins == expected


@pytest.fixture(scope="module")
def reference() -> str:
    return Study.create(likelihood="gaussian").identity("relu", "f" * 16)


def identity(**fields) -> str:
    return Study.create(**{"likelihood": "gaussian", **fields}).identity("relu", "f" * 16)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("seeds", 8), ("hidden_units", [128]), ("latent_dim", 8), ("likelihood", "bernoulli")),
        *(("output_activation", "linear"), ("initializer", "matched"), ("optimizer", "sgd")),
        *(("learning_rate", 0.002), ("batch_size", 64), ("epochs", 21), ("probe_images", 64)),
        *(("saturation", 0.02), ("gallery_images", 4), ("train_size", 100)),
        *(("depth", [1, 2]), ("batch_norm", True), ("weight_decay", 0.1)),
        *(("learning_rates", [0.01]), ("decoder_activation", "tanh")),
    ],
)
def test_identity_changes_with_what_determines_the_result(reference, field, value):
    assert identity(**{field: value}) != reference


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", "other"), ("target_loss", 99.0), ("activations", ["relu", "elu"])),
        ("margins", {"elbo": 2.0}),
        # The fingerprint of the images stands for where they come from:
        *(("dataset", "digits"), ("split_seed", 1), ("test_fraction", 0.2)),
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
