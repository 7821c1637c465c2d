"""The rows of a sweep agree with the models themselves."""

import dataclasses
import types

import numpy as np
import pandas as pd
import pytest

from vaelib import ImageSet, metrics
from vaelib.models import bounds
from vaelib.results import files, keys
from vaelib.results.keys import Setting
from vaelib.training import fit, sweep
from vaelib.training.configuration import NetworkConfiguration, TrainingConfiguration

RATES = [1e-7, 1e-5, 3e-2]  # learns nothing, almost nothing, and well
SEEDS = [5, 3]


def build(**fields):
    network = NetworkConfiguration(activation="tanh", hidden_units=(8,), latent_dim=3)
    return fit.build((6, 5, 1), network, Setting(**fields))


@pytest.fixture(scope="module")
def model():
    return build()


@pytest.fixture(scope="module")
def split() -> ImageSet:
    """Dark images to train and to choose on, bright ones to test on."""
    rng = np.random.default_rng(0)
    dark, bright = rng.uniform(0, 0.2, (60, 6, 5, 1)), rng.uniform(0.8, 1, (10, 6, 5, 1))
    return ImageSet("noise", *(part.astype("float32") for part in (dark[:50], dark[50:], bright)))


@pytest.fixture(scope="module")
def trained(model, split):
    return list(train(model, split))


def train(model, split, rates=RATES, seeds=SEEDS, epochs=3, setting=None, **options):
    training = TrainingConfiguration(
        learning_rate=rates[0],
        learning_rates=rates[1:],
        seeds=seeds,
        epochs=epochs,
        batch_size=16,
        probe_images=8,
    )
    return sweep.train(model, split, setting or Setting(), training, **options)


def rows(trained) -> pd.DataFrame:
    return pd.concat([run.tables["runs"] for run in trained], ignore_index=True)


def test_every_rate_and_seed_is_one_run(trained):
    found = [tuple(row) for row in rows(trained)[["learning_rate", "seed", "point"]].to_numpy()]
    assert found == [(rate, seed, i) for i, rate in enumerate(RATES) for seed in SEEDS]
    for run in trained:
        row = run.tables["runs"].iloc[0]
        for table in run.tables.values():
            assert list(table.columns[:4]) == keys.MODEL_KEYS
            assert (table[keys.MODEL_KEYS] == row[keys.MODEL_KEYS]).all(axis=None)


def test_points_are_numbered_from_the_first_one_given(model, split):
    again = list(train(model, split, rates=RATES[:2], seeds=[0], epochs=1, first_point=4))
    for number, run in zip((4, 5), again, strict=True):
        assert {point for table in run.tables.values() for point in table["point"]} == {number}


def test_the_rate_is_chosen_on_validation_images(trained, model, split):
    """At the highest rate the dark images are learned, so that bright ones have a low ELBO."""
    table = rows(trained)
    assert list(table["learning_rate"][table["tuned_rate"]].unique()) == RATES[2:]
    assert list(table["learning_rate"][table["default_rate"]].unique()) == RATES[:1]
    elbo = table.groupby("learning_rate")["elbo"].mean()
    assert elbo[RATES[0]] > elbo[RATES[2]], "test images would choose another rate"
    swapped = dataclasses.replace(split, validation=split.test, test=split.validation)
    table = rows(train(model, swapped))
    assert list(table["learning_rate"][table["tuned_rate"]].unique()) == RATES[:1]


def test_the_choice_follows_from_the_losses_in_the_history(trained):
    history = pd.concat([run.tables["history"] for run in trained])
    last = history[history["epoch"] == 3].set_index(["point", "seed"])["val_loss"]
    table = rows(trained).set_index(["point", "seed"])
    pd.testing.assert_series_equal(table["val_elbo"], -last, check_names=False)
    best = last.groupby("point").mean().idxmin()
    assert (table["tuned_rate"] == (table.index.get_level_values("point") == best)).all()


def test_test_images_are_seen_after_all_training_and_at_chosen_rates_only(
    model, split, monkeypatch
):
    events = []

    class Watched(types.SimpleNamespace):
        @property
        def test(self):
            events.append("test images")
            return split.test

    def fitted(*arguments):
        events.append("fit")
        return original(*arguments)

    original = sweep.fit
    monkeypatch.setattr(sweep, "fit", fitted)
    watched = Watched(name="noise", train=split.train, validation=split.validation)
    seen = []
    for run in train(model, watched, seeds=[0]):
        seen.append((run.tables["runs"]["learning_rate"].item(), "test images" in events))
        if len(seen) == 1:
            assert events[:3] == ["fit"] * 3
            assert events.count("fit") == 3
        events.clear()
    assert seen == [(RATES[0], True), (RATES[1], False), (RATES[2], True)]


def test_a_rate_that_is_not_chosen_has_no_score_of_a_test_image(trained):
    for run in trained:
        row = run.tables["runs"].iloc[0]
        unseen = not (row["default_rate"] or row["tuned_rate"])
        assert unseen == (row["learning_rate"] == RATES[1])
        scored = row[["elbo", "mse", "psnr", "ssim", "kl", "active_units", "train_elbo", "gap"]]
        assert scored.isna().all() == scored.isna().any() == unseen
        assert run.tables["scores"].empty == run.tables["latents"].empty == unseen
        assert (run.reconstructions is None) == unseen
        assert np.isfinite(row["val_elbo"])
        assert row["status"] == "finished"


def summaries(**values: list) -> dict[float, list[dict]]:
    """Return summaries by rate from validation ELBOs; None for a diverged model."""
    return {
        float(rate.strip("_").replace("_", ".")): [
            {"status": "diverged", "val_elbo": np.nan}
            if value is None
            else {"status": "finished", "val_elbo": value}
            for value in group
        ]
        for rate, group in values.items()
    }


@pytest.mark.parametrize(
    ("given", "best"),
    [
        (summaries(_0_1=[-3.0, -1.0], _0_2=[-2.5, -1.0], _0_3=[-9.0, -1.0]), 0.2),
        (
            summaries(_0_1=[-90.0, -99.0], _0_2=[-1.0, None]),
            0.1,
        ),  # not a rate at which a model diverges
        (summaries(_0_1=[None, None], _0_2=[-99.0, None]), 0.2),
        (summaries(_0_1=[None, None], _0_2=[None, None]), 0.1),
        (summaries(_0_3=[-2.0], _0_1=[-2.0]), 0.3),  # of equal rates, the first
        (summaries(_0_1=[None], _0_2=[3.0]), 0.2),
    ],
)
def test_the_best_rate_has_the_highest_mean_among_those_where_most_finish(given, best):
    assert sweep.best_rate(given) == best


def test_the_rows_describe_the_trained_model(model, split):
    for run in train(model, split, rates=[3e-2]):
        row = run.tables["runs"].iloc[0]
        assert tuple(row[["activation", "status", "epochs"]]) == ("tanh", "finished", 3)
        assert tuple(row[["dataset", "point", "default_rate", "tuned_rate"]]) == (
            "noise",
            0,
            True,
            True,
        )
        assert model.seed == row["seed"]
        reconstructions = model.reconstruct(split.test)
        np.testing.assert_array_equal(run.reconstructions, reconstructions)
        scores = run.tables["scores"]
        assert list(scores["image"]) == list(range(10))
        np.testing.assert_array_equal(scores["mse"], metrics.mse(split.test, reconstructions))
        np.testing.assert_array_equal(scores["elbo"], model.elbo(split.test))
        for column in ("elbo", "mse", "psnr", "ssim"):
            assert row[column] == pytest.approx(scores[column].mean())
        assert row["gap"] == pytest.approx(model.elbo(split.train).mean() - row["elbo"], rel=1e-5)
        constant = bounds.constant_elbo(split.train, split.test, model.likelihood)
        assert row["constant_elbo"] == constant
        assert row["kl"] == pytest.approx(run.tables["latents"]["kl"].sum())
        assert row["active_units"] == run.tables["latents"]["active"].sum()


def test_the_rows_name_the_setting(model, split):
    setting = Setting(decoder_activation="relu", weight_decay=0.5, depth=2)
    (run,) = train(model, split, rates=[1e-3], seeds=[0], epochs=1, setting=setting)
    row = run.tables["runs"].iloc[0]
    assert {name: row[name] for name in keys.SETTING_KEYS} == {
        **dataclasses.asdict(setting),
        "train_size": 50,
    }
    (plain,) = train(model, split, rates=[1e-3], seeds=[0], epochs=1)
    assert plain.tables["runs"]["decoder_activation"].item() == "same"


def test_a_model_is_the_same_alone_as_within_a_grid(trained, split):
    (alone,) = train(build(), split, rates=RATES[2:], seeds=SEEDS[1:])
    (within,) = (
        run for run in trained if tuple(run.tables["runs"][["point", "seed"]].iloc[0]) == (2, 3)
    )
    for name in ("history", "gradients", "latents", "scores"):
        tables = [
            run.tables[name].drop(columns=["seconds", "point"], errors="ignore")
            for run in (alone, within)
        ]
        assert len(tables[0])
        pd.testing.assert_frame_equal(*tables, check_exact=True)
    np.testing.assert_array_equal(alone.reconstructions, within.reconstructions)


def test_the_history_has_every_epoch(trained):
    for run in trained:
        history = run.tables["history"]
        assert list(history["epoch"]) == [1, 2, 3]
        assert (history["seconds"] > 0).all()


def test_a_diverged_model_is_a_row_that_says_so(model, split):
    table = rows(made := list(train(model, split, rates=[1e20, 1e-3], seeds=[5])))
    assert list(table["status"]) == ["diverged", "finished"]
    assert list(table["tuned_rate"]) == [False, True]
    diverged = ["elbo", "mse", "gap", "active_units", "val_elbo", "gradient_flow"]
    assert table.loc[0, diverged].isna().all()
    assert table.loc[1, diverged].notna().all()
    assert made[0].tables["scores"].empty
    assert made[0].tables["latents"].empty
    assert made[0].reconstructions is None
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
    for column in ("default_rate", "tuned_rate"):
        assert list(read["runs"][column]) == list(joined["runs"][column])
