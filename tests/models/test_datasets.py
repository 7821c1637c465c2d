"""Data sets: what they may be, and that every batch of them is checked."""

import contextlib

import numpy as np
import pytest

from vaelib.backend import keras, tf
from vaelib.models.datasets import Batches


class Sequence(keras.utils.PyDataset):
    """Batches of 32 with labels, as Keras users write them."""

    def __init__(self, images):
        super().__init__()
        self.images = images

    def __len__(self):
        return -(-len(self.images) // 32)

    def __getitem__(self, index):
        batch = self.images[32 * index : 32 * (index + 1)]
        return batch, np.zeros(len(batch))


def batched(images, size=32):
    return tf.data.Dataset.from_tensor_slices(images).batch(size)


def generated(*batches):
    """Return a data set of unknown length."""
    signature = tf.TensorSpec([None, 6, 5, 1], tf.float32)
    return tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=signature)


SOURCES = {
    "batches": batched,
    "labelled": lambda x: tf.data.Dataset.from_tensor_slices((x, np.zeros(len(x)))).batch(32),
    "dictionaries": lambda x: tf.data.Dataset.from_tensor_slices({"image": x}).batch(32),
    "unknown length": lambda x: generated(x[:32], x[32:64], x[64:]),
    "PyDataset": Sequence,
}


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_has_the_images_of_the_array(make_vae, images, kind):
    vae = make_vae()
    for method in ("encode", "elbo", "reconstruct"):
        np.testing.assert_array_equal(
            getattr(vae, method)(SOURCES[kind](images)), getattr(vae, method)(images)
        )


@pytest.mark.parametrize("kind", ["batches", "unknown length", "PyDataset"])
def test_data_sets_train_and_evaluate_like_the_array(make_vae, images, kind):
    dataset, array = make_vae(), make_vae()
    options = {"epochs": 2, "verbose": 0}
    if kind == "unknown length":
        dataset.block_length = 4
    with pytest.warns() if kind == "unknown length" else contextlib.nullcontext():
        dataset.fit(SOURCES[kind](images), validation_data=SOURCES[kind](images), **options)
    array.fit(images, batch_size=32, shuffle=False, validation_data=images, **options)
    for a, b in zip(dataset.get_weights(), array.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6)


def spoiled(images, change) -> np.ndarray:
    """Change the images of the last of three batches."""
    return np.concatenate([images[:64], change(images[64:])])


@pytest.mark.parametrize("output", ["sigmoid", "linear"])
@pytest.mark.parametrize("kind", SOURCES)
def test_nan_in_any_batch_is_refused(make_vae, images, kind, output):
    vae = make_vae(likelihood="gaussian", output_activation=output)
    wrong = SOURCES[kind](spoiled(images, lambda x: x * np.nan))
    line = "x, batch 3: values from nan to nan is not allowed; allowed: "
    for use in (vae.fit, vae.evaluate, vae.elbo):
        with pytest.raises(ValueError, match=f"^{line}") as refused:
            use(wrong)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda x: x - 0.5, r"values from -0.\d+ to 0.\d+ is not allowed; allowed: \[0, 1\]"),
        (lambda x: 255 * x, r"values from .* is not allowed; allowed: \[0, 1\]"),
        (lambda x: np.repeat(x, 2, 0), "12 images is not allowed; allowed: at most 10, as in the"),
    ],
)
def test_a_later_batch_is_checked_as_the_first(make_vae, images, change, line):
    wrong = generated(images[:10], images[10:20], change(images[20:26]))
    with pytest.raises(ValueError, match=f"^x, batch 3: {line}"):
        make_vae().fit(wrong, verbose=0)
    with pytest.raises(ValueError, match=f"^validation_data, batch 3: {line}"):
        make_vae().fit(images, validation_data=wrong, verbose=0)


@pytest.mark.parametrize(
    ("x", "line"),
    [
        (lambda x: iter([x]), "x: a generator is not allowed; allowed: an array, a tf.data"),
        (lambda x: batched(x).repeat(), "x: a data set without an end is not allowed; allowed: "),
        (lambda x: batched(x[:0]), "x: an empty data set is not allowed; "),
        (lambda x: batched(x[:, 1:]), r"x, batch 1: shape \(32, 5, 5, 1\) is not allowed; "),
        (lambda x: batched(np.uint8(255 * x)), "x, batch 1: values from .* is not allowed; "),
        (lambda x: batched({"pixels": x}), "x, batch 1: a dictionary of pixels is not allowed; "),
        (lambda x: 1j * x, "x: complex64 is not allowed; allowed: real numbers"),
        (lambda x: x.astype(str), "x: <U.* is not allowed; allowed: real numbers"),
    ],
)
def test_what_holds_no_images_is_refused_in_one_line(make_vae, images, x, line):
    for method in ("fit", "evaluate", "elbo"):
        with pytest.raises(ValueError, match=f"^{line}") as refused:
            getattr(make_vae(), method)(x(images))
        assert "\n" not in str(refused.value)


def test_steps_divide_an_endless_data_set_into_epochs(make_vae, images):
    stepped, whole = make_vae(), make_vae()
    endless = batched(images[:64]).repeat()
    log = stepped.fit(
        endless,
        epochs=4,
        steps_per_epoch=3,
        validation_data=endless,
        validation_steps=2,
        verbose=0,
    ).history
    assert int(stepped.optimizer.iterations) == 12
    whole.fit(images[:64], batch_size=32, epochs=6, shuffle=False, verbose=0)
    assert len(log["loss"]) == 4
    seen = whole.evaluate(images[:64], verbose=0)
    assert stepped.evaluate(endless, steps=2, verbose=0) != seen, "the noise is another"
    assert log["val_loss"][-1] == pytest.approx(stepped.evaluate(images[:64], verbose=0)[0])


def test_an_epoch_goes_on_where_the_last_one_ended(images):
    batches = Batches(batched(images, 10).repeat(), lambda x, _: np.asarray(x), "x", steps=4)
    first, second = (np.concatenate(list(batches)) for _ in range(2))
    np.testing.assert_array_equal(first, images[:40])
    np.testing.assert_array_equal(second, np.concatenate([images[40:], images[:10]]))


def test_validation_begins_anew(images):
    batches = Batches(batched(images, 10), lambda x, _: np.asarray(x), "x", steps=2, restart=True)
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate(list(batches)), images[:20])


def test_a_data_set_that_ends_too_early_is_named(make_vae, images):
    line = "^x: a data set that ended after 1 of 2 steps of an epoch is not allowed; .* repeat"
    with pytest.raises(ValueError, match=line):
        make_vae().fit(batched(images), epochs=2, steps_per_epoch=2, verbose=0)
