"""The models of a grid as rows: what they say agrees with the models themselves."""

import dataclasses
import types

import numpy as np
import pandas as pd
import pytest

from vaelib import GradientProbe, ImageSet, bounds, grid, metrics, results, runs
from vaelib.backend import keras
from vaelib.grid import Setting

RATES = [1e-7, 1e-5, 3e-2]  # learns nothing, next to nothing, and well
SEEDS = [5, 3]


def build(**fields):
    return runs.build((6, 5, 1), "tanh", Setting(**fields), (8,), latent_dim=3)


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


def train(model, split, rates=RATES, seeds=SEEDS, epochs=3, **fields):
    probe = GradientProbe(split.train[:8])
    return runs.train(model, split, Setting(), rates, seeds, epochs, 16, probe, **fields)


def rows(trained) -> pd.DataFrame:
    return pd.concat([run.tables["runs"] for run in trained], ignore_index=True)


def test_every_rate_and_seed_is_one_run(trained):
    keys = [tuple(row) for row in rows(trained)[["learning_rate", "seed", "point"]].to_numpy()]
    assert keys == [(rate, seed, i) for i, rate in enumerate(RATES) for seed in SEEDS]
    for run in trained:
        row = run.tables["runs"].iloc[0]
        for table in run.tables.values():
            assert list(table.columns[:4]) == results.KEYS
            assert (table[results.KEYS] == row[results.KEYS]).all(axis=None)


def test_points_go_on_from_those_of_the_settings_before(model, split):
    again = list(train(model, split, rates=RATES[:2], seeds=[0], epochs=1, first_point=4))
    for number, run in zip((4, 5), again, strict=True):
        assert {point for table in run.tables.values() for point in table["point"]} == {number}


def test_the_rate_is_chosen_on_validation_images(trained, model, split):
    """At the highest rate the dark images are learned, and the bright ones are far off."""
    table = rows(trained)
    assert list(table["learning_rate"][table["tuned"]].unique()) == RATES[2:]
    assert list(table["learning_rate"][table["fixed"]].unique()) == RATES[:1]
    elbo = table.groupby("learning_rate")["elbo"].mean()
    assert elbo[RATES[0]] > elbo[RATES[2]], "by test images it would be another"
    turned = dataclasses.replace(split, validation=split.test, test=split.validation)
    table = rows(train(model, turned))
    assert list(table["learning_rate"][table["tuned"]].unique()) == RATES[:1]


def test_the_choice_is_that_of_the_losses_in_the_history(trained):
    history = pd.concat([run.tables["history"] for run in trained])
    last = history[history["epoch"] == 3].set_index(["point", "seed"])["val_loss"]
    table = rows(trained).set_index(["point", "seed"])
    pd.testing.assert_series_equal(table["val_elbo"], -last, check_names=False)
    best = last.groupby("point").mean().idxmin()
    assert (table["tuned"] == (table.index.get_level_values("point") == best)).all()


def test_test_images_are_seen_when_all_is_trained_and_in_two_leagues_only(
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
        return fit(*arguments)

    fit = runs.fit
    monkeypatch.setattr(runs, "fit", fitted)
    watched = Watched(name="noise", train=split.train, validation=split.validation)
    seen = []
    for run in train(model, watched, seeds=[0]):
        seen.append((run.tables["runs"]["learning_rate"].item(), "test images" in events))
        if len(seen) == 1:
            assert events[:3] == ["fit"] * 3
            assert events.count("fit") == 3
        events.clear()
    assert seen == [(RATES[0], True), (RATES[1], False), (RATES[2], True)]


def test_what_is_in_no_league_has_no_score_of_a_test_image(trained):
    for run in trained:
        row = run.tables["runs"].iloc[0]
        unseen = not (row["fixed"] or row["tuned"])
        assert unseen == (row["learning_rate"] == RATES[1])
        scored = row[["elbo", "mse", "psnr", "ssim", "kl", "active_units", "train_elbo", "gap"]]
        assert scored.isna().all() == scored.isna().any() == unseen
        assert run.tables["scores"].empty == run.tables["latents"].empty == unseen
        assert (run.reconstructions is None) == unseen
        assert np.isfinite(row["val_elbo"])
        assert row["status"] == "finished"


def summaries(**values: list) -> dict[float, list[dict]]:
    """Return summaries by rate from validation ELBOs; None where a model diverged."""
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
        (summaries(_0_1=[-90.0, -99.0], _0_2=[-1.0, None]), 0.1),  # not where some diverge
        (summaries(_0_1=[None, None], _0_2=[-99.0, None]), 0.2),
        (summaries(_0_1=[None, None], _0_2=[None, None]), 0.1),
        (summaries(_0_3=[-2.0], _0_1=[-2.0]), 0.3),  # of equals the fixed league's
        (summaries(_0_1=[None], _0_2=[3.0]), 0.2),
    ],
)
def test_the_best_rate_has_the_highest_mean_among_those_where_most_finish(given, best):
    assert runs.best_rate(given) == best


def test_the_rows_are_those_of_the_trained_model(model, split):
    for run in train(model, split, rates=[3e-2]):
        row = run.tables["runs"].iloc[0]
        assert tuple(row[["activation", "status", "epochs"]]) == ("tanh", "finished", 3)
        assert tuple(row[["dataset", "point", "fixed", "tuned"]]) == ("noise", 0, True, True)
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
    probe = GradientProbe(split.train[:8])
    (run,) = runs.train(model, split, setting, [1e-3], [0], 1, 16, probe)
    row = run.tables["runs"].iloc[0]
    assert {name: row[name] for name in grid.SETTINGS} == {
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
    assert list(table["tuned"]) == [False, True]
    diverged = ["elbo", "mse", "gap", "active_units", "val_elbo", "gradient_ratio"]
    assert table.loc[0, diverged].isna().all()
    assert table.loc[1, diverged].notna().all()
    assert made[0].tables["scores"].empty
    assert made[0].tables["latents"].empty
    assert made[0].reconstructions is None
    assert not made[0].tables["history"].empty


def test_the_tables_survive_their_files(trained, tmp_path):
    joined = {
        name: pd.concat([run.tables[name] for run in trained], ignore_index=True)
        for name in results.FILES
    }
    results.write(tmp_path, joined)
    read = results.read(tmp_path)
    for name, table in joined.items():
        assert list(read[name].columns) == list(table.columns)
        assert len(read[name]) == len(table)
    for column in ("fixed", "tuned"):
        assert list(read["runs"][column]) == list(joined["runs"][column])


def step(vae, gradient: float, rate: float) -> list[np.ndarray]:
    """Take a step with equal gradients everywhere; return the variables' changes."""
    vae.optimizer.learning_rate = rate
    before = [variable.numpy() for variable in vae.trainable_variables]
    gradients = [np.full(value.shape, gradient, "float32") for value in before]
    vae.optimizer.apply(gradients, vae.trainable_variables)
    pairs = zip(vae.trainable_variables, before, strict=True)
    return [variable.numpy() - value for variable, value in pairs]


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop", "nadam", "adamax", "adagrad"])
def test_weight_decay_shrinks_kernels_and_nothing_else(optimizer):
    """With no gradient, what is left is the decay: by rate times decay, decoupled."""
    decayed, plain = build(optimizer=optimizer, weight_decay=0.1, batch_norm=True), build()
    for vae in (decayed, plain):
        for variable in vae.trainable_variables:
            if variable.name != "kernel":
                variable.assign(np.full(variable.shape, 2.0))
    values = [variable.numpy() for variable in decayed.trainable_variables]
    changes = step(decayed, 0.0, rate=0.5)
    kinds = [variable.name for variable in decayed.trainable_variables]
    assert set(kinds) == {"kernel", "bias", "beta", "gamma"}
    for kind, value, change in zip(kinds, values, changes, strict=True):
        expected = -0.5 * 0.1 * value if kind == "kernel" else np.zeros_like(value)
        np.testing.assert_allclose(change, expected, rtol=1e-4, atol=1e-7)
    assert not any(change.any() for change in step(plain, 0.0, rate=0.5))


def test_sgd_goes_on_with_nine_tenths_of_its_last_step():
    vae = build(optimizer="sgd")
    for expected in (-0.01, -0.019, -0.0271):
        for change in step(vae, 1.0, rate=0.01):
            np.testing.assert_allclose(change, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("optimizer", "kind"),
    [
        *(("adam", keras.optimizers.Adam), ("rmsprop", keras.optimizers.RMSprop)),
        *(("nadam", keras.optimizers.Nadam), ("adamax", keras.optimizers.Adamax)),
        *(("adagrad", keras.optimizers.Adagrad), ("sgd", keras.optimizers.SGD)),
    ],
)
def test_the_optimizer_is_the_one_named_with_keras_defaults(optimizer, kind):
    made = build(optimizer=optimizer).optimizer
    assert type(made) is kind
    expected = kind(momentum=0.9) if optimizer == "sgd" else kind()
    assert made.get_config() == expected.get_config() | {"name": made.name}


@pytest.mark.parametrize(
    ("depth", "encoder", "decoder"),
    [(1, [8, 4], [4, 8]), (3, [8, 8, 8, 4, 4, 4], [4, 4, 4, 8, 8, 8])],
)
def test_depth_repeats_every_hidden_layer(depth, encoder, decoder):
    vae = runs.build((6, 5, 1), "relu", Setting(depth=depth), (8, 4), latent_dim=3)
    widths = [layer.units for layer in vae.dense_layers]
    assert widths == [*encoder, 3, 3, *decoder, 30]


def test_the_other_settings_reach_the_model():
    vae = build(decoder_activation="relu", initializer="matched", batch_norm=True)
    assert (vae.activation, vae.decoder_activation) == ("tanh", "relu")
    assert (vae.initializer, vae.batch_norm) == ("matched", True)
    plain = build()
    assert (plain.decoder_activation, plain.initializer, plain.batch_norm) == (
        *("tanh", "keras", False),
    )
