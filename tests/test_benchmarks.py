"""The benchmarks compare like with like; how fast things are is measured by `make bench`."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vaelib import VAE
from vaelib.results import files
from vaelib.study import workspace
from vaelib.study.tasks import Planner, pools_of

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))  # scripts, not a package

import checks  # noqa: E402
import contenders  # noqa: E402
import convolutions  # noqa: E402
import processors  # noqa: E402
import scale  # noqa: E402
import throughput  # noqa: E402
import torch_step  # noqa: E402

SMALL = {"channels": (4, 8), "latent_dim": 3, "likelihood": "gaussian"}
SHAPES = {"784": (28, 28, 1), "16": (32, 32, 3), "32": (32, 32, 3)}
NETWORKS = {**contenders.NETWORKS, **contenders.CONVOLUTIONS}


def test_the_products_of_a_small_network_are_those_by_hand():
    assert contenders.products((8, 8, 3), SMALL, 10) == [
        (10 * 4 * 4, 4 * 4 * 3, 4),
        (10 * 2 * 2, 4 * 4 * 4, 8),
        (10, 2 * 2 * 8, 2 * 3),
        (10, 3, 2 * 2 * 8),
        (10 * 2 * 2, 8, 4 * 4 * 4),
        (10 * 4 * 4, 4, 4 * 4 * 3),
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_products_have_the_kernels_of_the_network(name):
    shape = SHAPES[name.partition("-")[0]]
    vae = VAE(shape, **NETWORKS[name])
    kernels = [layer.kernel.shape.num_elements() for layer in vae.kernel_layers]
    products = contenders.products(shape, NETWORKS[name], 1)
    assert sum(inputs * outputs for _, inputs, outputs in products) == sum(kernels)


@pytest.mark.parametrize("name", contenders.CONVOLUTIONS)
def test_pytorch_trains_the_same_convolutions(name):
    torch = pytest.importorskip("torch", reason="PyTorch is installed by `make bench` only")
    network = contenders.CONVOLUTIONS[name]
    vae = VAE(convolutions.SHAPE, **network)
    model = torch_step.training(convolutions.SHAPE, network).model
    encoder, mean, _, decoder = model
    theirs = [layer for layer in model.modules() if hasattr(layer, "weight")]
    last = network["channels"][-1]
    with torch.no_grad():
        for ours, layer in zip(vae.kernel_layers, theirs, strict=True):
            kernel, bias = torch.from_numpy(ours.kernel.numpy()), ours.bias.numpy()
            if kernel.ndim == 4:
                kernel = kernel.permute(3, 2, 0, 1)
            elif layer.in_features == last * 16:  # from places of channels
                kernel = kernel.unflatten(0, (4, 4, last)).permute(3, 2, 0, 1).flatten(1)
            else:  # to places of channels
                kernel = kernel.unflatten(1, (4, 4, last)).permute(3, 1, 2, 0).flatten(0, 2)
            layer.weight.copy_(kernel)
            layer.bias.copy_(torch.from_numpy(bias))
        images = convolutions.noise(3) / np.float32(255)
        x = torch_step.tensor(images, network)
        code = mean(encoder(x))
        logits = decoder(code).permute(0, 2, 3, 1).numpy()
    assert x.is_contiguous(memory_format=torch.channels_last)
    expected = vae.encode(images)[0]
    np.testing.assert_allclose(code.numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(logits, vae.decoder(expected).numpy(), atol=1e-5)


@pytest.mark.parametrize("name", ["vaelib fit", "Keras fit"])
def test_contenders_train_an_epoch(name):
    images = convolutions.noise(6) / np.float32(255)
    contenders.CONVOLUTIONAL[name](images, {"architecture": "conv", **SMALL}, 4)()


def test_ratios_are_taken_within_rounds():
    speeds = {"vaelib fit": (100, 30), "Keras fit": (50, 10), "floor": (200, 100)}
    speeds["floor, AVX-512"] = (400, 50)
    rows = [
        (name, number, speed, 3.0, 1.0, 10.0 + number)
        for name, values in speeds.items()
        for number, speed in enumerate(values)
    ]
    columns = ["contender", "round", "images_per_second", "first_epoch_seconds", "epoch_seconds"]
    table = pd.DataFrame(rows, columns=[*columns, "peak_mib"])
    table = table.assign(network="a", batch=32, processes=1)
    summary = throughput.summarize(table).set_index("contender")
    assert list(summary.index) == list(speeds)
    keras = summary.loc["Keras fit"]
    assert list(keras[["vaelib_ratio", "vaelib_ratio_min", "vaelib_ratio_max"]]) == [2.5, 2, 3]
    # The faster floor of each round counts.
    assert keras["share_of_floor"] == pytest.approx((50 / 400 + 10 / 100) / 2)
    assert keras[["compile_seconds", "peak_mib"]].to_list() == [2.0, 11.0]
    assert summary.loc["floor", "compile_seconds"] == 0


def test_what_bytes_cost_is_measured_on_equal_images(monkeypatch):
    trained = []
    monkeypatch.setattr(checks, "training", lambda source, *_, **__: trained.append(source))
    monkeypatch.setattr(checks, "noise", lambda n: convolutions.noise(2))
    monkeypatch.setattr(checks.tf.data.Dataset, "from_tensor_slices", lambda x: _Batched())
    checks.comparisons(np.linspace(0, 1, 2 * 64, dtype="float32").reshape(2, 8, 8, 1))
    for of_bytes, of_reals in (trained[4:6], trained[6:8]):
        assert isinstance(of_bytes, checks.Pixels)
        assert isinstance(of_reals, np.ndarray)
        np.testing.assert_array_equal(of_bytes[:], of_reals)


@pytest.mark.parametrize(("models", "comparisons"), [(100, 1), (1000, 10), (10_000, 100)])
def test_a_simulated_study_has_as_many_models_as_it_says(models, comparisons):
    study = scale.study(models)
    settings = len(study.learning_rate) * len(study.weight_decay)
    assert settings == comparisons
    assert settings * len(study.activations) * len(study.seeds) == models


def test_a_simulated_run_is_a_finished_one_of_its_model(tmp_path):
    study = scale.study(1000)
    planner = Planner(study, pools_of(study))
    models = planner.plan(pd.DataFrame()).models[-2:]
    simulation = scale.Simulation(study, planner)
    for model, block in zip(models, scale.singly(study, models), strict=True):
        folder = tmp_path / block.run_name
        simulation.write(block, folder)
        assert workspace.models_of(folder) == [model.identity]
        assert workspace.is_finished(folder)
    tables = files.collect(tmp_path.iterdir(), [model.identity for model in models])
    published = files.read(scale.PUBLISHED)
    for name, table in tables.items():
        assert list(table) == list(published[name])
        assert list(table["model"].unique()) == [model.identity for model in models]
    assert tables["runs"]["learning_rate"].eq(study.learning_rate[-1]).all()
    assert (tables["scores"].groupby("model")["image"].nunique() == 1000).all()
    of_one, of_other = (rows["elbo"].to_numpy() for _, rows in tables["scores"].groupby("model"))
    assert not np.isclose(of_one, of_other).any(), "noise of their own"


class _Batched:
    def batch(self, size):
        return self


def test_models_of_two_processors_are_compared_by_activation_and_seed():
    given = {"seed": [0, 1, 2], "start": list("abc"), "elbo": [-1.0, -2.0, -3.0]}
    first = pd.DataFrame({"activation": "elu", **given, "scored": True, "learning_rate": 1e-3})
    second = first.iloc[:2].assign(elbo=[-1.0, -2.5])
    elbo = processors.compare(first, second)
    assert list(elbo["same_given"]) == [1, 1, 0], "the last has no other"
    assert processors.summary(elbo).loc["elu"].to_dict() == {
        "models": 2, "alike": 1, "median": 0.25, "largest": 0.5
    }  # fmt: skip
    elbo = processors.compare(first, second.assign(start=["a", "z"]))
    assert processors.summary(elbo).loc["elu", "models"] == 1
    elbo = processors.compare(first, second.assign(learning_rate=[2e-3, 1e-3]))
    assert list(elbo["same_given"]) == [0, 1, 0]
    served = second.assign(scored=[True, False])
    assert processors.compare(first, served)["elbo_second"].count() == 1
