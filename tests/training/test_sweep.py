"""The rows of a block of models agree with the models themselves."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from vaelib import metrics
from vaelib.data.images import ImagePool
from vaelib.models import bounds
from vaelib.results import files, keys
from vaelib.results.keys import Setting
from vaelib.training import evaluate, examples, pca, sweep
from vaelib.training.configuration import NetworkConfiguration, Split, TrainingConfiguration

RATES = [1e-3, 3e-2]
SEEDS = [5, 3]
NETWORK = NetworkConfiguration(activation="tanh", hidden_units=(8,), latent_dim=3)


@pytest.fixture(scope="module")
def pool() -> ImagePool:
    images = np.random.default_rng(0).uniform(0, 0.2, (62, 6, 5, 1))
    return ImagePool("noise", images.astype("float32"))


PLAIN = (Setting(),)


def train(pool, settings=PLAIN, seeds=SEEDS, scored=True, network=NETWORK, **training):
    split = Split(dataset=pool.name, fingerprint=pool.fingerprint)
    training = TrainingConfiguration(
        **{"epochs": 3, "batch_size": 16, "probe_images": 8, **training}
    )
    return sweep.train(pool, split, network, settings, training, seeds, scored)


@pytest.fixture(scope="module")
def trained(pool):
    settings = [Setting(learning_rate=rate) for rate in RATES]
    return [run for *_, run in train(pool, settings)]


def rows(trained) -> pd.DataFrame:
    return pd.concat([run.tables["runs"] for run in trained], ignore_index=True)


def test_every_setting_and_seed_is_one_model(trained):
    table = rows(trained)
    found = [tuple(row) for row in table[["learning_rate", "seed"]].to_numpy()]
    assert found == [(rate, seed) for rate in RATES for seed in SEEDS]
    assert table["model"].is_unique
    for run in trained:
        row = run.tables["runs"].iloc[0]
        for part in run.tables.values():
            assert list(part.columns[:4]) == keys.MODEL_KEYS
            assert (part[keys.MODEL_KEYS] == row[keys.MODEL_KEYS]).all(axis=None)


def test_each_seed_has_a_split_of_its_own_which_all_settings_share(trained, pool):
    splits = rows(trained).groupby("seed")["split"].unique()
    assert {seed: list(found) for seed, found in splits.items()} == {
        seed: [pool.split(seed).fingerprint] for seed in SEEDS
    }


def test_a_model_is_the_same_in_any_block(trained, pool):
    for setting, seeds in ((Setting(learning_rate=RATES[1]), [3]), (Setting(), [3, 5])):
        for *_, alone in train(pool, [setting], seeds):
            model = alone.tables["runs"]["model"].item()
            (within,) = (run for run in trained if run.tables["runs"]["model"].item() == model)
            for name in ("history", "gradients", "latents", "scores"):
                tables = [
                    run.tables[name].drop(columns="seconds", errors="ignore")
                    for run in (alone, within)
                ]
                assert len(tables[0])
                pd.testing.assert_frame_equal(*tables, check_exact=True)
            np.testing.assert_array_equal(alone.reconstructions, within.reconstructions)


def test_a_model_that_is_not_scored_sees_no_test_image(pool, monkeypatch):
    def split(self, *arguments):
        made = original(self, *arguments)
        return dataclasses.replace(made, test=np.full_like(made.test, np.nan))

    original = ImagePool.split
    ((_, _, scored),) = train(pool, seeds=[3], epochs=1)
    monkeypatch.setattr(ImagePool, "split", split)
    ((_, _, run),) = train(pool, seeds=[3], epochs=1, scored=False)
    row = run.tables["runs"].iloc[0]
    unseen = ["elbo", "bound", "mse", "gap", "constant_elbo", "sliced_wasserstein", "train_elbo"]
    unseen += evaluate.PCA_COLUMNS
    assert row[unseen].isna().all()
    assert run.tables["scores"].empty
    assert run.tables["latents"].empty
    assert run.reconstructions is None
    assert run.pictures is None
    assert row["val_elbo"] == scored.tables["runs"]["val_elbo"].item()
    assert row["model"] != scored.tables["runs"]["model"].item()


def test_the_rows_describe_the_trained_model(pool):
    for model, split, run in train(pool):
        row = run.tables["runs"].iloc[0]
        assert tuple(row[["activation", "status", "epochs"]]) == ("tanh", "finished", 3)
        assert (row["dataset"], row["hidden_units"], row["ended"]) == ("noise", "8", False)
        assert (row["output_activation"], row["saturation"]) == ("sigmoid", 0.01)
        assert model.seed == row["seed"]
        reconstructions = model.reconstruct(split.test)
        np.testing.assert_array_equal(run.reconstructions, reconstructions)
        scores = run.tables["scores"]
        assert list(scores["image"]) == list(range(len(split.test)))
        np.testing.assert_array_equal(scores["mse"], metrics.mse(split.test, reconstructions))
        np.testing.assert_array_equal(scores["elbo"], model.elbo(split.test))
        for column in ("elbo", "mse", "psnr", "ssim"):
            assert row[column] == pytest.approx(scores[column].mean())
        assert row["bound"] == pytest.approx(model.importance_bound(split.test, 100).mean())
        assert row["kl"] == pytest.approx(run.tables["latents"]["kl"].sum())
        assert row["active_units"] == run.tables["latents"]["active"].sum()
        samples = model.sample(len(split.test), seed=row["seed"])
        assert row["sliced_wasserstein"] == metrics.sliced_wasserstein(samples, split.test)


def test_the_gap_is_less_that_of_a_constant_image(pool):
    ((model, split, run),) = train(pool, seeds=[3])
    row = run.tables["runs"].iloc[0]
    on_train, on_validation, on_test = (
        bounds.ConstantImage.fit(split.train, "bernoulli").elbo(part)
        for part in (split.train, split.validation, split.test)
    )
    assert (row["constant_train_elbo"], row["constant_elbo"]) == (on_train, on_test)
    assert row["constant_val_elbo"] == on_validation != on_train
    raw = model.elbo(split.train).mean() - model.elbo(split.test).mean()
    assert row["gap"] == pytest.approx(raw - (on_train - on_test), rel=1e-4)
    mean = np.broadcast_to(split.train.mean(axis=0), split.test.shape)
    for column in ("mse", "psnr", "ssim"):
        expected = getattr(metrics, column)(split.test, mean).mean()
        assert row[f"constant_{column}"] == pytest.approx(expected, rel=1e-4)
    assert row["pixel_entropy"] == metrics.pixel_entropy(split.test)


def test_pca_is_scored_on_the_test_images_of_the_split(pool):
    ((_, split, run),) = train(pool, seeds=[3])
    row = run.tables["runs"].iloc[0]
    fitted = pca.fit(split.train, NETWORK.latent_dim)
    for column, mean in fitted.score(split.test).mean().items():
        assert row[f"pca_{column}"] == mean
    assert (row["pca_components"], row["pca_images"]) == (3, 50)


def test_all_activations_of_a_replicate_show_the_same_images_and_noise(pool):
    labels = np.arange(62) % 2
    pool = dataclasses.replace(pool, labels=labels)
    kept = {}
    for name in ("tanh", "relu"):
        network = dataclasses.replace(NETWORK, activation=name)
        ((model, split, run),) = train(pool, seeds=[3], epochs=1, network=network)
        own = kept[name] = run.pictures
        errors = pca.fit(split.train, NETWORK.latent_dim).score(split.test)["mse"]
        chosen = examples.choose(errors.to_numpy(), split.test_labels, 64)
        np.testing.assert_array_equal(own.index, chosen)
        np.testing.assert_array_equal(own.reconstruction, run.reconstructions[own.index])
        ssim = run.tables["scores"]["ssim"].to_numpy()
        assert list(own.ranked_ssim) == [ssim.min(), np.sort(ssim)[len(ssim) // 2], ssim.max()]
        np.testing.assert_array_equal(ssim[own.ranked_index], own.ranked_ssim)
        ranked = run.reconstructions[own.ranked_index]
        np.testing.assert_array_equal(own.ranked_reconstruction, ranked)
        noise = np.random.default_rng([0]).standard_normal((8, 3), dtype="float32")
        np.testing.assert_array_equal(own.samples, model.decode(noise))
    np.testing.assert_array_equal(kept["tanh"].index, kept["relu"].index)
    np.testing.assert_array_equal(kept["tanh"].pca, kept["relu"].pca)


def test_the_rows_name_the_setting(pool):
    setting = Setting(decoder_activation="relu", weight_decay=0.5, depth=2, train_size=20)
    ((_, _, run),) = train(pool, [setting], [0], epochs=1)
    row = run.tables["runs"].iloc[0]
    assert {name: row[name] for name in keys.SETTING_KEYS} == dataclasses.asdict(setting)
    ((_, _, plain),) = train(pool, seeds=[0], epochs=1)
    row = plain.tables["runs"].iloc[0]
    assert (row["decoder_activation"], row["train_size"]) == ("same", 50)
    assert (row["most_epochs"], row["patience"], row["batch_size"]) == (1, None, 16)


def test_a_diverged_model_is_a_row_that_says_so(pool):
    settings = [Setting(learning_rate=rate) for rate in (1e20, 1e-3)]
    table = rows(made := [run for *_, run in train(pool, settings, [5], patience=2)])
    assert list(table["status"]) == ["diverged", "finished"]
    diverged = ["elbo", "mse", "gap", "active_units", "val_elbo", "gradient_flow"]
    assert table.loc[0, diverged].isna().all()
    assert table.loc[1, diverged].notna().all()
    assert made[0].tables["scores"].empty
    assert made[0].reconstructions is None
    assert made[0].pictures is None
    assert not made[0].tables["history"].empty


def test_the_tables_survive_their_files(trained, tmp_path):
    joined = {
        name: pd.concat([run.tables[name] for run in trained], ignore_index=True)
        for name in files.FILES
    }
    files.write(tmp_path, joined)
    read = files.read(tmp_path)
    for name, table in joined.items():
        assert list(read[name].columns) == list(table.columns)
        assert len(read[name]) == len(table)
    for column in ("model", "start", "split", "ended", "scored", "hidden_units"):
        assert list(read["runs"][column]) == list(joined["runs"][column])
