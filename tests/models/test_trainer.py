"""Compiled blocks, compared with a plain loop, and the behaviour Keras users expect."""

import subprocess
import sys

import numpy as np
import pytest

from vaelib import VAE
from vaelib.backend import keras, tf
from vaelib.data.pixels import Pixels
from vaelib.models import input_pipeline

CONV = {"architecture": "conv", "channels": (4, 3)}


def plain_loop(vae, images, epochs, batch_size):
    """Train step by step without compiling, on the batches and noise of `fit`."""
    vae.optimizer.build(vae.trainable_variables)
    feed = input_pipeline.training_feed(vae, images, batch_size)
    steps = -(-len(images) // batch_size)
    for _ in range(epochs):
        for number in feed.numbers():
            block = feed.block(int(number))
            for i in range(int(block["batches"])):
                size = int(block["sizes"][i])
                batch = images[block["rows"][i][:size]]
                noise = block["noise"][i][:size]
                weights = tf.fill([size], 1.0 / size)
                step = int(vae.optimizer.iterations)
                rise = min(1, step / (vae.kl_warmup * steps)) if vae.kl_warmup else 1
                with tf.GradientTape() as tape:
                    terms = vae.objective(batch, noise, weights, training=True)
                    loss = terms[0] + rise * vae.beta * terms[1]
                variables = vae.trainable_variables
                vae.optimizer.apply_gradients(
                    zip(tape.gradient(loss, variables), variables, strict=True)
                )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"likelihood": "gaussian"},
        {"batch_norm": True},
        {"beta": 3.0, "kl_warmup": 2},
        CONV,
        {**CONV, "likelihood": "gaussian", "batch_norm": True},
    ],
    ids=str,
)
def test_fit_is_the_plain_loop(make_vae, images, fields):
    fitted, looped = make_vae(**fields), make_vae(**fields)
    fitted.fit(images, epochs=3, batch_size=32, verbose=0)
    plain_loop(looped, images, epochs=3, batch_size=32)
    assert int(fitted.optimizer.iterations) == int(looped.optimizer.iterations) == 9
    for a, b in zip(fitted.trainable_variables, looped.trainable_variables, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6)
    for norm, plain in zip(fitted.norm_layers, looped.norm_layers, strict=True):
        np.testing.assert_allclose(norm.moving_mean, plain.moving_mean, rtol=1e-4, atol=2e-6)
    np.testing.assert_allclose(fitted.variance, looped.variance, rtol=1e-4)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.Adam(1e-2, clipnorm=0.1),
        lambda: keras.optimizers.SGD(1e-3, momentum=0.9, nesterov=True, clipvalue=0.5),
        lambda: keras.optimizers.RMSprop(
            keras.optimizers.schedules.ExponentialDecay(1e-2, decay_steps=2, decay_rate=0.5)
        ),
    ],
    ids=["clipped Adam", "clipped SGD", "decaying RMSprop"],
)
def test_clipping_and_schedules_work_as_in_the_plain_loop(make_vae, images, optimizer):
    fitted, looped = make_vae(optimizer=optimizer()), make_vae(optimizer=optimizer())
    fitted.fit(images, epochs=2, batch_size=32, verbose=0)
    plain_loop(looped, images, epochs=2, batch_size=32)
    for a, b in zip(fitted.get_weights(), looped.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize(
    ("length", "fields"), [(1, {}), (2, {}), (5, {}), (1, CONV), (5, CONV)], ids=str
)
def test_bits_do_not_depend_on_the_length_of_blocks(make_vae, images, same_weights, length, fields):
    whole, parts = make_vae(**fields), make_vae(**fields)
    parts.block_length = length
    for vae in (whole, parts):
        vae.fit(images, epochs=2, batch_size=8, verbose=0)
    assert int(parts.optimizer.iterations) == 18
    assert same_weights(whole, parts)


@pytest.mark.parametrize("fields", [{}, {"likelihood": "gaussian"}, {"batch_norm": True}], ids=str)
def test_bytes_train_to_the_bits_of_reals(make_vae, same_weights, fields):
    """Of a split that shares its pool with others, and of all levels, whose last bits differ."""
    levels = np.random.default_rng(0).integers(0, 256, (90, 6, 5, 1), "uint8")
    levels.flat[:256] = np.arange(256)
    pool = Pixels(levels)
    train, validation = pool.take(np.arange(0, 90, 2)[::-1]), pool.take(slice(1, None, 2))
    of_bytes, of_reals = make_vae(**fields), make_vae(**fields)
    log = of_bytes.fit(train, epochs=2, validation_data=validation, verbose=0).history
    reals = np.asarray(train), np.asarray(validation)
    expected = of_reals.fit(reals[0], epochs=2, validation_data=reals[1], verbose=0).history
    assert same_weights(of_bytes, of_reals)
    assert log == expected
    for method in ("elbo", "reconstruct"):
        given, wanted = (getattr(of_bytes, method)(x) for x in (train, reals[0]))
        np.testing.assert_array_equal(given, wanted)
    bounds = (of_bytes.importance_bound(x, samples=3) for x in (train, reals[0]))
    np.testing.assert_array_equal(*bounds)


def test_the_last_bytes_may_be_the_validation(make_vae, same_weights):
    levels = np.random.default_rng(0).integers(0, 256, (40, 6, 5, 1), "uint8")
    one, other = make_vae(), make_vae()
    one.fit(Pixels(levels), validation_split=0.25, verbose=0)
    other.fit(np.asarray(Pixels(levels)), validation_split=0.25, verbose=0)
    assert same_weights(one, other)


def test_bytes_of_another_shape_are_refused(make_vae):
    with pytest.raises(ValueError, match=r"^x: shape \(3, 4, 4, 1\) is not allowed"):
        make_vae().fit(Pixels(np.zeros((3, 4, 4, 1), "uint8")))


def test_every_image_is_trained_on_once_an_epoch(make_vae, images):
    vae = make_vae()
    vae.optimizer.build(vae.trainable_variables)
    feed = input_pipeline.training_feed(vae, images, batch_size=32)
    (block,) = (feed.block(int(number)) for number in feed.numbers())
    rows = [row[:size] for row, size in zip(block["rows"], block["sizes"], strict=True)]
    assert [len(row) for row in rows] == [32, 32, 6]
    assert sorted(np.concatenate(rows)) == list(range(70))
    assert not np.array_equal(np.concatenate(rows), np.arange(70)), "shuffled"


def test_every_epoch_has_a_new_order_and_new_noise(make_vae, images):
    vae = make_vae()
    vae.optimizer.build(vae.trainable_variables)
    feed = input_pipeline.training_feed(vae, images, batch_size=32)
    (number,) = map(int, feed.numbers())
    first = feed.block(number)
    vae.optimizer.iterations.assign(3)
    second = feed.block(number)
    for part in ("rows", "noise"):
        assert not np.array_equal(first[part], second[part])


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # Keras, when it cannot count
def test_a_data_set_of_batches_trains_like_an_array(make_vae, images, labelled, counted):
    from_array, from_dataset = make_vae(), make_vae()
    from_array.fit(images, epochs=3, batch_size=32, shuffle=False, verbose=0)
    parts = (images, np.arange(len(images))) if labelled else images
    dataset = tf.data.Dataset.from_tensor_slices(parts).batch(32)
    if not counted:
        dataset = dataset.filter(lambda *_: True)
    from_dataset.block_length = 2
    from_dataset.fit(dataset, epochs=3, verbose=0)
    assert int(from_dataset.optimizer.iterations) == 9
    for a, b in zip(from_array.get_weights(), from_dataset.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_an_empty_data_set_is_refused(make_vae):
    empty = tf.data.Dataset.from_tensor_slices(np.zeros((0, 6, 5, 1), "float32")).batch(4)
    with pytest.raises(ValueError, match="^x: an empty data set is not allowed"):
        make_vae().fit(empty, verbose=0)


def test_equal_seeds_give_equal_bits_and_different_seeds_different_ones(
    make_vae, images, same_weights
):
    first, again, other = make_vae(seed=1), make_vae(seed=1), make_vae(seed=2)
    for vae in (first, again, other):
        vae.fit(images, epochs=2, batch_size=32, verbose=0)
    assert same_weights(first, again)
    assert not same_weights(first, other)


def test_initialize_resets_the_model_to_another_seed(make_vae, images, same_weights):
    used, fresh = make_vae(seed=5), make_vae(seed=1)
    used.fit(images, epochs=1, batch_size=32, verbose=0)
    compiled = used.train_function
    used.initialize(1)
    assert same_weights(used, fresh)
    for vae in (used, fresh):
        vae.fit(images, epochs=2, batch_size=32, verbose=0)
    assert same_weights(used, fresh)
    assert used.train_function is compiled, "no second compilation"


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Nadam", "Adagrad", "AdamW"])
def test_any_optimizer_is_reset_with_the_weights(make_vae, images, name):
    make = getattr(keras.optimizers, name)
    vae = make_vae(optimizer=make(1e-3))
    vae.optimizer.build(vae.trainable_variables)
    start = [v.numpy() for v in vae.optimizer.variables]
    vae.fit(images, epochs=1, batch_size=32, verbose=0)
    moved = [v.numpy() for v in vae.optimizer.variables]
    assert not all(map(np.array_equal, start, moved))
    vae.initialize(0)
    assert all(map(np.array_equal, start, [v.numpy() for v in vae.optimizer.variables]))


def test_the_terms_of_the_log_add_up_in_training_and_validation(make_vae, images):
    log = (
        make_vae()
        .fit(images, epochs=2, batch_size=32, validation_data=images[:9], verbose=0)
        .history
    )
    assert set(log) == {
        "loss",
        "reconstruction",
        "kl",
        "val_loss",
        "val_reconstruction",
        "val_kl",
    }
    for prefix in ("", "val_"):
        total = np.add(log[f"{prefix}reconstruction"], log[f"{prefix}kl"])
        np.testing.assert_allclose(log[f"{prefix}loss"], total, rtol=1e-6)


def test_what_is_minimised_is_logged_where_it_is_not_the_negative_elbo(make_vae, images):
    vae = make_vae(beta=4.0, kl_warmup=2)
    log = vae.fit(images, epochs=4, batch_size=32, validation_data=images[:9], verbose=0).history
    assert set(log) == {
        f"{prefix}{name}"
        for prefix in ("", "val_")
        for name in ("loss", "reconstruction", "kl", "objective")
    }
    for prefix in ("", "val_"):
        total = np.add(log[f"{prefix}reconstruction"], log[f"{prefix}kl"])
        np.testing.assert_allclose(log[f"{prefix}loss"], total, rtol=1e-6)
    # Validation has the whole weight from the start, training when it has risen.
    for name, start in (("val_", 0), ("", 2)):
        weighted = np.add(log[f"{name}reconstruction"], np.multiply(4, log[f"{name}kl"]))
        np.testing.assert_allclose(log[f"{name}objective"][start:], weighted[start:], rtol=1e-6)
    assert np.all(np.array(log["objective"])[:2] < weighted[:2])


def test_a_warmup_needs_epochs_of_known_length(make_vae, images):
    data = tf.data.Dataset.from_tensor_slices(images).filter(lambda _: True).batch(32)
    with pytest.raises(ValueError, match="kl_warmup: 1 is not allowed; allowed: 0 for data of"):
        make_vae(kl_warmup=1).fit(data, verbose=0)


def test_validation_may_be_the_last_images(make_vae, images, same_weights):
    split, given = make_vae(), make_vae()
    one = split.fit(images, batch_size=32, validation_split=0.2, verbose=0)
    two = given.fit(images[:56], batch_size=32, validation_data=(images[56:], None), verbose=0)
    assert one.history == two.history
    assert same_weights(split, given)


def test_evaluate_is_the_mean_elbo_and_is_repeatable(make_vae, images):
    vae = make_vae()
    log = vae.evaluate(images, batch_size=32, return_dict=True, verbose=0)
    assert log == vae.evaluate(images, batch_size=16, return_dict=True, verbose=0) | {
        key: pytest.approx(value, rel=1e-5) for key, value in log.items()
    }
    assert log["loss"] == pytest.approx(-vae.elbo(images).mean(), rel=1e-5)


@pytest.mark.parametrize("fields", [{"kl_warmup": 3}, CONV], ids=str)
def test_resumed_training_has_the_same_bits(make_vae, images, same_weights, tmp_path, fields):
    whole, interrupted = make_vae(**fields), make_vae(**fields)
    whole.fit(images, epochs=4, batch_size=32, verbose=0)
    interrupted.fit(images, epochs=2, batch_size=32, verbose=0)
    interrupted.save(tmp_path / "interrupted.keras")
    resumed = keras.saving.load_model(tmp_path / "interrupted.keras")
    resumed.fit(images, epochs=4, initial_epoch=2, batch_size=32, verbose=0)
    assert same_weights(whole, resumed)


class Interruption(keras.callbacks.Callback):
    """Interrupt training at the end of an epoch, as a power cut would."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def test_backup_and_restore_resumes_with_the_same_bits(make_vae, images, same_weights, tmp_path):
    whole, broken, resumed = make_vae(), make_vae(), make_vae()
    whole.fit(images, epochs=4, batch_size=32, verbose=0)

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    with pytest.raises(KeyboardInterrupt):
        broken.fit(
            images, epochs=4, batch_size=32, verbose=0, callbacks=[backup(), Interruption(2)]
        )
    log = resumed.fit(images, epochs=4, batch_size=32, verbose=0, callbacks=[backup()])
    assert log.epoch == [3]
    assert same_weights(whole, resumed)


TRAINING = """
import hashlib
from vaelib import VAE, load_images
from vaelib.backend import keras
images = load_images("digits")
for architecture in ("dense", "conv"):
    vae = VAE(images.shape, hidden_units=(32, 16), seed=3, architecture=architecture)
    vae.compile(keras.optimizers.Adam(1e-3))
    vae.fit(images.train[:500], epochs=2, verbose=0)
    print(hashlib.sha256(b"".join(w.tobytes() for w in vae.get_weights())).hexdigest())
"""


def test_bits_are_the_same_alone_and_in_parallel():
    def start():
        command = [sys.executable, "-c", TRAINING]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    alone = start().communicate()[0]
    parallel = [process.communicate()[0] for process in [start(), start()]]
    assert [len(line) for line in alone.splitlines()] == [64, 64]
    assert parallel == [alone, alone]


def test_early_stopping_and_checkpoints_work(make_vae, images, tmp_path):
    vae = make_vae(optimizer=keras.optimizers.SGD(0.0))
    log = vae.fit(
        images,
        epochs=9,
        batch_size=32,
        validation_data=images,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping(patience=1),
            keras.callbacks.ModelCheckpoint(tmp_path / "best.keras"),
        ],
    )
    assert len(log.epoch) == 2
    assert isinstance(keras.saving.load_model(tmp_path / "best.keras"), VAE)


def test_a_diverging_training_is_stopped(make_vae, images):
    vae = make_vae(optimizer=keras.optimizers.SGD(1e20), activation="linear")
    log = vae.fit(
        images, epochs=9, batch_size=32, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()]
    )
    assert len(log.epoch) < 9


def test_single_batches_and_plain_keras_fit_work_too(make_vae, images):
    vae = make_vae()
    before = vae.train_on_batch(images[:32], return_dict=True)
    keras.Model.fit(vae, images, batch_size=32, epochs=20, verbose=0)
    after = vae.test_on_batch(images[:32], return_dict=True)
    assert after["loss"] < before["loss"]
    assert after["loss"] == pytest.approx(after["reconstruction"] + after["kl"], rel=1e-6)


def test_the_noise_of_a_batch_is_the_same_with_and_without_an_optimizer(make_vae, images):
    """An untrained model has made no step."""
    trainable, fixed = make_vae(), make_vae()
    fixed.compile(optimizer=None)
    assert fixed.test_on_batch(images[:32]) == trainable.test_on_batch(images[:32])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((4, 5, 6, 1)), r"x: shape \(4, 5, 6, 1\) .*allowed: \[n, 6, 5, 1\]"),
        (np.full((4, 6, 5, 1), 255.0), r"x: values from 255 to 255 .*allowed: \[0, 1\]"),
        (np.full((4, 6, 5, 1), np.nan), r"x: values from nan"),
        (np.zeros((0, 6, 5, 1)), r"x: shape \(0, 6, 5, 1\)"),
    ],
)
def test_wrong_images_are_refused_in_a_line(make_vae, wrong, message):
    vae = make_vae()
    for use in (vae.fit, vae.evaluate, vae.elbo):
        with pytest.raises(ValueError, match=message):
            use(wrong)


def test_arguments_without_meaning_for_a_vae_are_refused(make_vae, images):
    vae = make_vae()
    with pytest.raises(ValueError, match="^y: float32 array of shape .* is not allowed"):
        vae.fit(images, images)
    with pytest.raises(ValueError, match=r"validation_split: 0.001 is not allowed"):
        vae.fit(images, validation_split=0.001)
    vae.compile("adam", steps_per_execution=2)
    with pytest.raises(ValueError, match=r"steps_per_execution: 2 .* block_length"):
        vae.fit(images)
    vae.compile("adam", loss="mse")
    with pytest.raises(ValueError, match="loss: one given to compile"):
        vae.fit(images)
    vae.compile("adam", metrics=["mae"])
    with pytest.raises(ValueError, match="metrics: those given to compile is not allowed"):
        vae.fit(images)
    for field in ("sample_weight", "class_weight"):
        with pytest.raises(
            ValueError, match=f"^{field}: .* is not allowed; allowed: none, as a VAE"
        ):
            make_vae().fit(images, **{field: np.ones(70)})


@pytest.mark.parametrize(
    "arguments",
    [
        {"batch_size": 0},
        {"batch_size": -1},
        {"batch_size": 2.5},
        {"batch_size": "32"},
        {"epochs": 0},
        {"epochs": 1.5},
        {"initial_epoch": -1},
        {"validation_split": 1.5},
        {"validation_split": -0.1},
        {"validation_freq": 0},
        {"validation_batch_size": 0},
        {"shuffle": "no"},
        {"steps_per_epoch": 5},
    ],
    ids=str,
)
def test_arguments_of_fit_are_checked(make_vae, images, arguments):
    vae = make_vae()
    before = vae.get_weights()
    field = "steps" if "steps_per_epoch" in arguments else next(iter(arguments))
    with pytest.raises(ValueError, match=f"^{field}: .* is not allowed; allowed: ") as refused:
        vae.fit(images, **arguments)
    assert "\n" not in str(refused.value)
    assert all(map(np.array_equal, before, vae.get_weights()))


def test_a_data_set_has_batches_of_its_own(make_vae, images):
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(32)
    with pytest.raises(ValueError, match="^batch_size: 16 is not allowed; allowed: none with a "):
        make_vae().fit(dataset, batch_size=16)


def test_a_strategy_is_refused_in_one_line(images):
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        vae = VAE((6, 5, 1), hidden_units=(8,), latent_dim=3)
        vae.compile("adam")
    with pytest.raises(ValueError, match="^strategy: MirroredStrategy is not allowed; allowed: "):
        vae.fit(images)


class Evaluation(keras.callbacks.Callback):
    """Evaluate other images at the end of every epoch."""

    def __init__(self, images):
        super().__init__()
        self.images = images

    def on_epoch_end(self, epoch, logs=None):
        self.model.evaluate(self.images, verbose=0)


def test_evaluating_in_a_callback_does_not_change_the_validation(make_vae, images):
    logs = [
        make_vae()
        .fit(
            images,
            epochs=3,
            batch_size=32,
            validation_data=images[:20],
            callbacks=callbacks,
            verbose=0,
        )
        .history
        for callbacks in ([], [Evaluation(images[50:])])
    ]
    assert logs[0] == logs[1]
