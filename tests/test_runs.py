"""One trained model as rows: what they say agrees with the model itself."""

import numpy as np
import pandas as pd
import pytest

from vaelib import GradientProbe, ImageSet, bounds, metrics, results, runs
from vaelib.backend import keras


@pytest.fixture(scope="module")
def split(images) -> ImageSet:
    return ImageSet("noise", images[:50], images[50:60], images[60:])


@pytest.fixture
def run(make_vae, split):
    def train(**fields):
        vae = make_vae(**fields)
        return vae, runs.train(vae, split, 5, 3, 16, GradientProbe(split.train[:8]))

    return train


def test_the_rows_are_those_of_the_trained_model(run, split):
    vae, made = run()
    row = made.tables["runs"].iloc[0]
    assert tuple(row[["activation", "seed", "status", "epochs"]]) == ("tanh", 5, "finished", 3)
    reconstructions = vae.reconstruct(split.test)
    np.testing.assert_array_equal(made.reconstructions, reconstructions)
    scores = made.tables["scores"]
    assert list(scores["image"]) == list(range(10))
    np.testing.assert_array_equal(scores["mse"], metrics.mse(split.test, reconstructions))
    np.testing.assert_array_equal(scores["elbo"], vae.elbo(split.test))
    for column in ("elbo", "mse", "psnr", "ssim"):
        assert row[column] == pytest.approx(scores[column].mean())
    assert row["gap"] == pytest.approx(vae.elbo(split.train).mean() - row["elbo"], rel=1e-5)
    assert row["constant_elbo"] == bounds.constant_elbo(split.train, split.test, vae.likelihood)
    assert row["kl"] == pytest.approx(made.tables["latents"]["kl"].sum())
    assert row["active_units"] == made.tables["latents"]["active"].sum()


def test_the_history_has_every_epoch_and_repeats_with_the_seed(run, split):
    vae, made = run(seed=1)
    history = made.tables["history"]
    assert list(history["epoch"]) == [1, 2, 3]
    assert (history["seconds"] > 0).all()
    again = runs.train(vae, split, 5, 3, 16, GradientProbe(split.train[:8]))
    for name in ("history", "gradients", "latents", "scores"):
        tables = [t.tables[name].drop(columns="seconds", errors="ignore") for t in (made, again)]
        pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_a_diverged_model_is_a_row_that_says_so(run):
    _, made = run(optimizer=keras.optimizers.SGD(1e20), activation="linear")
    row = made.tables["runs"].iloc[0]
    assert row["status"] == "diverged"
    assert row[["elbo", "mse", "gap", "active_units"]].isna().all()
    assert made.tables["scores"].empty
    assert not made.tables["history"].empty


def test_the_tables_survive_their_files(run, tmp_path):
    _, made = run()
    results.write(tmp_path, made.tables)
    read = results.read(tmp_path)
    for name, table in made.tables.items():
        assert list(read[name].columns) == list(table.columns)
        assert len(read[name]) == len(table)


def test_the_gradient_ratio_is_first_over_last_hidden_layer():
    layers = ["encoder_1", "encoder_2", "mean", "log_variance", "decoder_1", "decoder_2", "logits"]
    rows = [
        {"epoch": epoch, "depth": depth, "layer": layer, "gradient_rms": scale * depth}
        for epoch, scale in ((0, 1.0), (1, 2.0))
        for depth, layer in enumerate(layers, start=1)
    ]
    table = pd.DataFrame(rows)
    table.loc[(table["epoch"] == 1) & (table["layer"] == "encoder_1"), "gradient_rms"] = 3.0
    assert runs.gradient_ratio(table) == pytest.approx((1 / 6, 3 / 12))
    without = table[~table["layer"].str.contains("coder")]
    assert np.isnan(runs.gradient_ratio(without)).all()
