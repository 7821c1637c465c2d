"""Closed forms and published figures; the slow ones are measured by `make validate`."""

import math
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.decomposition import PCA

from vaelib import VAE
from vaelib.backend import keras

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))  # scripts, not a package

import keras_example  # noqa: E402
import linear  # noqa: E402
import validate  # noqa: E402

TABLE = pd.read_csv(BENCHMARKS / "validate.csv")
CACHED = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"), "datasets", "mnist.npz")


def all_reached(rows) -> int:
    """Check that each row is within its tolerance; return how many there are."""
    rows = list(rows)
    assert [row for row in rows if not row.passed] == []
    return len(rows)


@pytest.fixture
def mnist():
    """MNIST where it is available without a download."""
    source = os.environ.get("VAELIB_MNIST") or (str(CACHED) if CACHED.is_file() else None)
    if source is None:
        pytest.skip("no MNIST: set VAELIB_MNIST to mnist.npz, or let Keras download it once")
    return validate.MNIST(source)


@pytest.fixture(params=[linear.PLANTED, linear.DIGITS])
def maximum_likelihood(request):
    """Images, pixels, and the maximum-likelihood weights and variance from scikit-learn."""
    setting = linear.SETTINGS[request.param]
    images = setting.images()
    pixels = images.reshape(len(images), -1).astype("float64")
    pca = PCA(setting.latent_dim, svd_solver="full").fit(pixels)
    biased = (len(pixels) - 1) / len(pixels)  # scikit-learn divides by n - 1
    variance = biased * pca.noise_variance_
    lengths = np.sqrt(biased * pca.explained_variance_ - variance)
    return images, pixels, pca.components_ * lengths[:, None], variance


def log_likelihood(pixels, weights, variance) -> float:
    covariance = weights.T @ weights + variance * np.eye(pixels.shape[1])
    return multivariate_normal(pixels.mean(0), covariance).logpdf(pixels).mean()


def test_the_closed_form_is_the_maximum_of_the_likelihood(maximum_likelihood):
    images, pixels, weights, variance = maximum_likelihood
    expected = linear.closed_form(images, len(weights))
    assert expected["variance"] == pytest.approx(variance)
    assert expected["log-likelihood"] == pytest.approx(log_likelihood(pixels, weights, variance))
    for factor in (0.99, 1.01):
        assert log_likelihood(pixels, weights, factor * variance) < expected["log-likelihood"]
        assert log_likelihood(pixels, factor * weights, variance) < expected["log-likelihood"]


def test_the_closed_form_agrees_with_the_explicit_posterior(maximum_likelihood):
    images, pixels, weights, variance = maximum_likelihood
    expected = linear.closed_form(images, len(weights))
    # Bishop 2006, equation 12.42: covariance and mean of the codes given the pixels.
    covariance = variance * np.linalg.inv(weights @ weights.T + variance * np.eye(len(weights)))
    mean = (pixels - pixels.mean(0)) @ weights.T @ covariance / variance
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-9)
    spread = np.diag(covariance)
    kl = 0.5 * (np.mean(mean**2, axis=0) + spread - 1 - np.log(spread))
    np.testing.assert_allclose(expected["KL by unit"], kl, atol=1e-6)
    assert expected["KL"] == pytest.approx(kl.sum())
    assert expected["active units"] == np.sum(mean.var(axis=0) > 0.01)
    residual = np.sum((pixels - pixels.mean(0) - mean @ weights) ** 2, axis=1).mean()
    error = residual + np.trace(weights.T @ covariance @ weights)
    assert expected["expected squared error"] == pytest.approx(error)
    # The ELBO from its two terms.
    d = pixels.shape[1]
    nll = 0.5 * (d * math.log(2 * math.pi * variance) + error / variance)
    assert expected["ELBO"] == pytest.approx(-nll - kl.sum())


def test_planted_images_have_nothing_to_learn_for_two_units():
    expected = linear.closed_form(linear.planted_images(), 5)
    kl = [0.5 * math.log(ratio) for ratio in (100, 30, 8, 1, 1)]
    np.testing.assert_allclose(expected["KL by unit"], kl, atol=1e-6)
    assert expected["active units"] == 3


def test_a_linear_vae_reaches_the_maximum_likelihood_of_ppca():
    rows = all_reached(validate.ppca(names=[linear.PLANTED]))
    assert rows == len(linear.SETTINGS[linear.PLANTED].tolerances) == 7


@pytest.mark.parametrize(("channels", "rank"), [(3, 48), (4, 64), (8, 64)])
def test_a_convolution_and_its_mirror_leave_the_dense_layers_free(channels, rank):
    """Of 64 pixels: with four channels there is an encoder and a decoder for every map."""
    network = {**linear.CONVOLUTION, "channels": (channels,)}
    vae = VAE((8, 8, 1), "linear", likelihood="gaussian", output_activation="linear", **network)
    pixels = np.eye(64, dtype="float32").reshape(64, 8, 8, 1)
    features = vae.encoder.get_layer("encoder_1")(pixels).numpy().reshape(64, -1)
    assert np.linalg.matrix_rank(features) == rank
    places = np.eye(16 * channels, dtype="float32").reshape(-1, 4, 4, channels)
    images = vae.decoder.get_layer("logits")(places).numpy().reshape(len(places), 64)
    assert np.linalg.matrix_rank(images) == rank


def test_a_linear_decoder_is_read_off_its_images():
    vae = VAE((4, 4, 1), "linear", (), 3, "gaussian", "linear", seed=1)
    expected, bias = vae.kernel_layers[-1].kernel, np.linspace(-1, 1, 16, dtype="float32")
    vae.kernel_layers[-1].bias.assign(bias)
    weights, found = linear.affine(vae)
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_array_equal(found, bias)


def test_importance_bounds_rise_with_k_to_the_exact_likelihood():
    assert all_reached(validate.bounds()) == 3


def test_the_bound_of_each_image_approaches_its_exact_likelihood():
    images, vae = linear.trained(linear.PLANTED)
    wide, images = linear.widened(vae), images[:100]
    exact = linear.exact_log_likelihood(vae, images)
    gaps = [exact - wide.importance_bound(images, samples=k) for k in (1, 5, 50, 500, 5000)]
    assert np.mean(gaps[0]) > 1
    # z has e times the variance: that of the weights follows from five Gaussian integrals.
    error = math.sqrt((math.e / math.sqrt(2 * math.e - 1)) ** 5 / 5000)
    assert np.abs(gaps[-1]).max() < 5 * error
    assert np.all(np.diff([gap.mean() for gap in gaps]) < 0)


def test_the_network_of_pytorch_s_example_reaches_its_test_loss(mnist):
    loss, tolerance, _ = validate.PYTORCH["relu"]
    assert all_reached(validate.pytorch(mnist, {"relu": (loss, tolerance, (0,))})) == 1


def test_the_network_of_keras_s_example_is_the_published_one():
    vae = keras_example.build_vae()
    assert (vae.encoder.count_params(), vae.decoder.count_params()) == (69_076, 65_089)
    assert not vae.xla
    images = np.random.default_rng(0).random((3, 28, 28, 1), dtype="float32")
    loss, reconstruction, kl = vae.evaluate(images, verbose=0)
    # As the example computes it, of the same noise.
    mean, log_variance = (np.asarray(part) for part in vae.encoder(images))
    noise = np.random.default_rng([0]).standard_normal((256, 2), dtype="float32")[:3]
    pixels = keras.ops.sigmoid(vae.decoder(mean + np.exp(0.5 * log_variance) * noise))
    error = keras.losses.binary_crossentropy(images, pixels).numpy().sum(axis=(1, 2)).mean()
    divergence = -0.5 * (1 + log_variance - mean**2 - np.exp(log_variance)).sum(axis=1).mean()
    assert (reconstruction, kl) == pytest.approx((error, divergence), rel=1e-4)
    assert loss == pytest.approx(error + divergence, rel=1e-4)


@pytest.mark.parametrize(
    ("measured", "passed"), [(1.5, True), (0.5, True), (1.51, False), (math.nan, False)]
)
def test_a_figure_passes_within_its_tolerance_only(measured, passed):
    assert validate.Row("a", "b", measured, 1.0, 0.5, "c").passed is passed


def test_binarized_images_are_ones_as_often_as_they_are_grey():
    grey = np.repeat(np.array([0, 1, 100, 254, 255], "uint8"), 200_000)
    drawn = validate.binarized(grey, np.random.default_rng(0)).reshape(5, -1)
    assert set(np.unique(drawn)) == {0, 1}
    np.testing.assert_allclose(drawn.mean(1), np.array([0, 1, 100, 254, 255]) / 255, atol=4e-3)
    assert drawn[0].max() == 0
    assert drawn[-1].min() == 1


def test_rises_are_counted_between_means():
    values = [np.array(pair) for pair in ([0, 4], [5, 0], [1, 4], [9, 9])]
    assert validate.rises(values) == 2


def test_without_mnist_its_checks_are_skipped_with_the_reason(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(validate, "RESULTS", tmp_path / "validate.csv")
    assert validate.main(["--images", "nowhere.npz", "--only", "pytorch"]) == 1
    captured = capsys.readouterr()
    assert "skipped: pytorch; dataset: there is no file 'nowhere.npz'" in captured.err
    assert not validate.RESULTS.exists()


@pytest.mark.parametrize(("measured", "passed", "code"), [(1.2, True, 0), (1.6, False, 1)])
def test_a_complete_run_is_written_with_its_verdicts(tmp_path, monkeypatch, measured, passed, code):
    figures = {"one": 0.9, "two": measured}

    def check(name):
        row = f"{name}: figure", "here", figures[name], 1.0, 0.5, "a source"
        return lambda mnist: [validate.Row(*row)]

    monkeypatch.setattr(validate, "RESULTS", tmp_path / "validate.csv")
    monkeypatch.setattr(validate, "CHECKS", {name: check(name) for name in figures})
    assert validate.main(["--only", "two"]) == code
    assert not validate.RESULTS.exists(), "no table of some checks alone"
    assert validate.main([]) == code
    written = pd.read_csv(validate.RESULTS)
    assert list(written.columns) == list(TABLE.columns)
    assert list(written["measured"]) == [0.9, measured]
    assert list(written["passed"]) == [True, passed]
    monkeypatch.setitem(validate.CHECKS, "one", lambda mnist: [])
    monkeypatch.setitem(figures, "two", 1.1)
    monkeypatch.setitem(validate.CHECKS, "two", check("two"))
    assert validate.main(["--only", "two"]) == 0
    assert list(pd.read_csv(validate.RESULTS)["measured"]) == [0.9, 1.1]


def test_an_end_is_expected_between_the_published_logs_of_keras():
    expected = {"loss": (148.675, 1.725), "KL": (6.63, 0.17), "reconstruction": (142.045, 1.895)}
    assert validate.published_by_keras().keys() == expected.keys()
    for what, figures in validate.published_by_keras().items():
        assert figures == pytest.approx(expected[what])


def stated() -> dict[tuple[str, str], tuple[float, float]]:
    """Return expected figure and tolerance by check and setting, where no measurement is needed."""
    rows = {}
    for name, setting in linear.SETTINGS.items():
        expected = linear.closed_form(setting.images(), setting.latent_dim)
        expected[linear.UNIT_BY_UNIT] = 0
        for what, tolerance in setting.tolerances.items():
            rows[f"ppca: {what}", name] = (expected[what], tolerance)
    for activation, (loss, tolerance, seeds) in validate.PYTORCH.items():
        for seed in seeds:
            rows["pytorch: test loss", f"{activation}, seed {seed}"] = (loss, tolerance)
    for what, figures in validate.BURDA.items():
        rows[f"burda: {what}", validate.BURDA_SETTING] = figures
    for what, figures in validate.published_by_keras().items():
        rows[f"keras: {what}", validate.KERAS_SETTING] = figures
    return rows


def test_the_committed_table_has_every_check_as_the_script_states_it():
    rows = TABLE.set_index(["check", "setting"])
    assert rows.index.is_unique
    assert TABLE.notna().all(axis=None)
    for key, figures in stated().items():
        assert tuple(rows.loc[key, ["expected", "tolerance"]]) == pytest.approx(figures, 1e-4, 1e-6)
    others = TABLE[~rows.index.isin(list(stated()))]
    assert list(others["check"]) == ["bounds: rises of L_k", "bounds: L_5000", "bounds: L_50"]
    order = TABLE["check"].str.partition(":")[0].drop_duplicates()
    assert list(order) == list(validate.CHECKS)


def test_the_committed_verdicts_follow_from_the_figures():
    within = (TABLE["measured"] - TABLE["expected"]).abs() <= TABLE["tolerance"]
    assert list(TABLE["passed"]) == list(within)
