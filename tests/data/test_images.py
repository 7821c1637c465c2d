"""Images: the split is disjoint, stratified and repeatable; wrong files are told in a line."""

import re

import numpy as np
import pytest

from vaelib import ImageSet, load_images
from vaelib.backend import keras

GREY = np.arange(40 * 4 * 3).reshape(40, 4, 3).astype("uint8")  # every image differs


@pytest.fixture(scope="module")
def mnist5k():
    return load_images("mnist5k")


@pytest.fixture
def save(tmp_path):
    def to_npz(**arrays) -> str:
        np.savez(tmp_path / "own.npz", **arrays)
        return str(tmp_path / "own.npz")

    return to_npz


def rows(*sets) -> list[bytes]:
    return sorted(image.tobytes() for images in sets for image in images)


def test_mnist5k_is_split_4000_500_500(mnist5k):
    assert (mnist5k.name, mnist5k.shape) == ("mnist5k", (28, 28, 1))
    assert [len(s) for s in (mnist5k.train, mnist5k.validation, mnist5k.test)] == [4000, 500, 500]
    for images in (mnist5k.train, mnist5k.validation, mnist5k.test):
        assert images.dtype == np.float32
        assert (images.min(), images.max()) == (0, 1)


def test_the_three_sets_are_disjoint(mnist5k):
    assert len(set(rows(mnist5k.train, mnist5k.validation, mnist5k.test))) == 5000


@pytest.mark.parametrize(("part", "each"), [("train", 400), ("validation", 50), ("test", 50)])
def test_every_class_has_its_share_of_every_set(mnist5k, part, each):
    np.testing.assert_array_equal(np.bincount(getattr(mnist5k, f"{part}_labels")), [each] * 10)


def test_labels_stay_with_their_images(save):
    labels = GREY[:, 0, 0] % 2
    images = load_images(save(x_train=GREY, x_test=GREY, y_train=labels, y_test=labels))
    for part in ("train", "validation", "test"):
        pixels = np.rint(255 * getattr(images, part)[:, 0, 0, 0])
        np.testing.assert_array_equal(getattr(images, f"{part}_labels"), pixels % 2)


def test_the_split_depends_on_its_seed_alone():
    prints = [load_images("digits", split_seed=seed).fingerprint for seed in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]
    assert re.fullmatch("[0-9a-f]{16}", prints[0])


@pytest.mark.parametrize("part", range(3))
def test_the_fingerprint_changes_with_a_pixel(part):
    sets = [np.zeros((n, 2, 2, 1), "float32") for n in (4, 3, 2)]
    before = ImageSet("grey", *sets).fingerprint
    sets[part][-1, 1, 1] = 1e-3
    assert ImageSet("grey", *sets).fingerprint != before


def test_the_fractions_are_shares_of_all_images():
    images = load_images("digits", validation_fraction=0.2, test_fraction=0.3)
    assert (len(images.validation), len(images.test)) == (359, 539)
    assert len(images.train) == 1797 - 359 - 539
    assert images.shape == (8, 8, 1)
    assert images.train.max() == 1


def test_train_size_keeps_some_of_the_training_images_only(save):
    path = save(x_train=GREY, x_test=GREY[:10])
    every, some = load_images(path), load_images(path, train_size=12)
    assert len(some.train) == 12
    assert set(rows(some.train)) < set(rows(every.train))
    np.testing.assert_array_equal(some.validation, every.validation)
    np.testing.assert_array_equal(some.test, every.test)


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_grey_integers_are_divided_by_255(save, dtype):
    images = load_images(save(x_train=GREY.astype(dtype), x_test=GREY[:8]))
    assert images.name == "own"
    assert (len(images.train), len(images.validation), images.shape) == (35, 5, (4, 3, 1))
    assert rows(images.train, images.validation) == rows((GREY / 255).astype("float32"))
    np.testing.assert_allclose(images.test[..., 0], GREY[:8] / 255, rtol=1e-6)
    assert images.train_labels is images.test_labels is None


def test_colour_reals_are_kept(save):
    colour = np.random.default_rng(0).uniform(size=(20, 5, 4, 3))
    images = load_images(save(x_train=colour, x_test=colour[:3]))
    assert images.shape == (5, 4, 3)
    np.testing.assert_array_equal(images.test, colour[:3].astype("float32"))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_test": GREY}, "has no array x_train; it has x_test"),
        ({"images": GREY}, "has no array x_test, x_train; it has images"),
        ({"x_train": GREY[0], "x_test": GREY}, r"x_train has shape \(4, 3\)"),
        ({"x_train": GREY, "x_test": GREY[:0]}, r"x_test has shape \(0, 4, 3, 1\)"),
        ({"x_train": np.zeros((9, 4, 3, 2)), "x_test": GREY}, r"shape \(9, 4, 3, 2\)"),
        ({"x_train": GREY * 1.0, "x_test": GREY}, "x_train has values from 0.0 to 255.0"),
        ({"x_train": GREY - 300.0, "x_test": GREY}, "x_train has values from -300.0"),
        ({"x_train": GREY.astype(int) + 99, "x_test": GREY}, "values from 99 to 354"),
        ({"x_train": GREY * np.nan, "x_test": GREY}, "values from nan to nan"),
        ({"x_train": GREY > 9, "x_test": GREY}, "x_train holds bool"),
        ({"x_train": GREY.astype(str), "x_test": GREY}, "x_train holds <U"),
        ({"x_train": GREY, "x_test": GREY[:, 1:]}, r"shape \(4, 3, 1\) and .* \(3, 3, 1\)"),
        ({"x_train": GREY, "x_test": GREY, "y_test": [1, 2]}, "has 2 labels in y_test for 40"),
        ({"x_train": np.array([{}]), "x_test": GREY}, "is not a .npz file"),
    ],
)
def test_arrays_in_another_layout_are_told_in_one_line(save, arrays, message):
    with pytest.raises(ValueError, match=f"^dataset: .*{message}") as caught:
        load_images(save(**arrays))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["text", "nothing", "one array", "half an archive"])
def test_a_file_that_is_no_npz_is_told_in_one_line(save, tmp_path, content):
    path = tmp_path / "own.npz"
    save(x_train=GREY, x_test=GREY)
    if content == "one array":
        np.save(tmp_path / "array.npy", GREY)
        (tmp_path / "array.npy").replace(path)
    else:
        archive = path.read_bytes()
        path.write_bytes({"text": b"hello", "nothing": b""}.get(content, archive[:1000]))
    with pytest.raises(ValueError, match="^dataset: '.*own.npz' is not a .npz file") as caught:
        load_images(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("nowhere.npz", {}, "dataset: there is no file 'nowhere.npz'"),
        ("mnist6k", {}, "dataset: 'mnist6k' is unknown; allowed: mnist5k, digits"),
        ("digits", {"train_size": 1438}, "train_size: 1438 is too many; allowed: 1 to 1437"),
        ("digits", {"test_fraction": 1e-6}, "test_fraction: 0 of 1797 .* too few"),
        ("digits", {"validation_fraction": 0.9}, "validation_fraction: 1617 of 1617 .* too few"),
    ],
)
def test_what_cannot_be_loaded_or_split_is_told(source, options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        load_images(source, **options)


def test_a_failed_download_is_one_line(monkeypatch):
    def no_network():
        raise Exception("URL fetch failure")  # what Keras raises

    monkeypatch.setattr(keras.datasets.mnist, "load_data", no_network)
    with pytest.raises(OSError, match="^dataset: 'mnist' could not be downloaded") as caught:
        load_images("mnist")
    assert "\n" not in str(caught.value)


def test_a_keras_dataset_keeps_its_own_test_images(monkeypatch):
    labels = np.arange(40)[:, None] % 2  # a column, as CIFAR-10 has them
    pairs = (GREY, labels), (GREY[:6], labels[:6])
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: pairs)
    images = load_images("cifar10")
    np.testing.assert_allclose(images.test[..., 0], GREY[:6] / 255, rtol=1e-6)
    assert (len(images.train), len(images.validation)) == (35, 5)
    np.testing.assert_array_equal(images.test_labels, [0, 1, 0, 1, 0, 1])
    assert images.train_labels.shape == (35,)
