"""Readers of images: values, shapes and labels, and what is refused."""

import pickle

import numpy as np
import pytest

from vaelib import load_images
from vaelib.backend import keras
from vaelib.data.readers import READERS, Arrays, read
from vaelib.data.sources import BUILT_IN, Kind, Source

GREY = np.arange(40 * 4 * 3).reshape(40, 4, 3).astype("uint8")  # every image differs


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_grey_integers_are_divided_by_255(save, sorted_images, dtype):
    images = load_images(save(x_train=GREY.astype(dtype), x_test=GREY[:8]))
    assert images.name == "own"
    assert (len(images.train), len(images.validation), images.shape) == (35, 5, (4, 3, 1))
    assert sorted_images(images.train, images.validation) == sorted_images(
        (GREY / 255).astype("float32")
    )
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
        ({"images": GREY, "other": GREY}, "has no array x_test, x_train; it has images, other"),
        ({"images": GREY, "x_train": GREY}, "has no array x_test; it has images, x_train"),
        ({"x_train": GREY[0], "x_test": GREY}, r"x_train has shape \(4, 3\)"),
        ({"x_train": GREY, "x_test": GREY[:0]}, r"x_test has shape \(0, 4, 3, 1\)"),
        ({"x_train": np.zeros((9, 4, 3, 2)), "x_test": GREY}, r"shape \(9, 4, 3, 2\)"),
        ({"x_train": GREY * 1.0, "x_test": GREY}, "x_train has values from 0.0 to 255.0"),
        ({"x_train": GREY - 300.0, "x_test": GREY}, "x_train has values from -300.0"),
        ({"x_train": GREY.astype(int) + 99, "x_test": GREY}, "values from 99 to 354"),
        ({"x_train": GREY * np.nan, "x_test": GREY}, "values from nan to nan"),
        ({"x_train": GREY * 1j, "x_test": GREY}, "x_train holds complex128"),
        ({"x_train": GREY.astype(str), "x_test": GREY}, "x_train holds <U"),
        ({"x_train": GREY, "x_test": GREY[:, 1:]}, r"shape \(4, 3, 1\) and .* \(3, 3, 1\)"),
        (
            {"x_train": GREY, "x_test": GREY, "y_test": [1, 2]},
            r"y_test has shape \(2,\) for 40 images",
        ),
        ({"x_train": np.array([{}]), "x_test": GREY}, "has Python objects; allowed: "),
        ({"X_train": GREY, "x_test": GREY}, "has no array x_train; .*; rename X_train to x_train"),
        ({"xtrain": GREY, "x_tst": GREY}, "rename x_tst to x_test and xtrain to x_train"),
        (
            {"x_train": GREY, "x_test": GREY, "y_train": np.array([{}] * 40)},
            "has Python objects; .*as y.astype",
        ),
        (
            {"x_train": GREY, "x_test": GREY, "y_train": np.eye(4)[np.arange(40) % 4]},
            r"y_train has shape \(40, 4\) for 40 images; allowed: .* y_train.argmax\(axis=1\)",
        ),
        (
            {"x_train": GREY, "x_test": GREY, "y_train": np.full(40, np.nan)},
            "y_train has labels that are NaN or infinite",
        ),
        (
            {"x_train": GREY, "x_test": GREY, "y_train": np.zeros(40, "M8[s]")},
            "y_train holds datetime64",
        ),
    ],
)
def test_arrays_in_another_layout_are_refused_in_one_line(save, arrays, message):
    with pytest.raises(ValueError, match=f"^dataset: .*{message}") as caught:
        load_images(save(**arrays))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["text", "nothing", "one array", "half an archive"])
def test_a_file_that_is_no_npz_is_refused_in_one_line(save, tmp_path, content):
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


@pytest.mark.parametrize("names", [["images"], ["x_train"], ["arr_0"], ["x_train", "y_train"]])
def test_one_array_of_images_is_enough(save, names):
    arrays = dict(zip(names, (GREY, np.arange(40) % 2), strict=False))
    images = load_images(save(**arrays))
    assert [len(part) for part in (images.train, images.validation, images.test)] == [32, 4, 4]
    assert (images.test_labels is None) == (len(names) == 1)


def test_an_npy_file_is_one_array(tmp_path):
    np.save(tmp_path / "own.npy", GREY)
    images = load_images(tmp_path / "own.npy")
    assert (images.name, images.shape, len(images.train)) == ("own", (4, 3, 1), 32)


class _Explosive:
    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


@pytest.mark.parametrize("content", ["objects", "pickle", "text", "nothing", "npz", "half"])
def test_what_is_no_npy_is_refused_in_one_line_and_never_unpickled(tmp_path, content):
    path = tmp_path / "own.npy"
    if content == "objects":
        np.save(path, np.array([_Explosive()]), allow_pickle=True)
    elif content == "npz":
        with open(path, "wb") as file:
            np.savez(file, x_train=GREY, x_test=GREY)
    elif content == "half":
        np.save(path, GREY)
        path.write_bytes(path.read_bytes()[:300])
    else:
        texts = {"pickle": pickle.dumps(_Explosive()), "text": b"hello", "nothing": b""}
        path.write_bytes(texts[content])
    with pytest.raises(
        ValueError, match="^dataset: '.*own.npy' (has Python objects|is not a)"
    ) as no:
        load_images(path)
    assert "\n" not in str(no.value)


@pytest.mark.parametrize("source", ["digits", GREY, {"x_train": GREY, "x_test": GREY}])
def test_arrays_are_resized_where_a_size_is_given(source):
    images = load_images(source, image_size=[12, 16])
    assert images.shape == (12, 16, 1)
    assert images.test.max() <= 1
    assert "resized and centre-cropped from" in images.scale


def test_arrays_that_are_not_needed_are_not_read(save):
    images = load_images(save(x_train=GREY, x_test=GREY, notes=np.array([{"camera": 1}])))
    assert len(images.test) == 40


def test_labels_of_text_are_kept(save):
    labels = np.array(["cat", "dog"] * 20)
    images = load_images(save(x_train=GREY, x_test=GREY, y_train=labels[:, None], y_test=labels))
    np.testing.assert_array_equal(images.test_labels, labels)
    assert set(images.train_labels) == {"cat", "dog"}


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_a_keras_dataset_keeps_its_own_test_images(monkeypatch, name):
    labels = np.arange(40)[:, None] % 2  # a column, as CIFAR has them
    pairs = (GREY, labels), (GREY[:6], labels[:6])
    monkeypatch.setattr(getattr(keras.datasets, name), "load_data", lambda: pairs)
    images = load_images(name)
    np.testing.assert_allclose(images.test[..., 0], GREY[:6] / 255, rtol=1e-6)
    assert (len(images.train), len(images.validation)) == (35, 5)
    np.testing.assert_array_equal(images.test_labels, [0, 1, 0, 1, 0, 1])
    assert images.train_labels.shape == (35,)


def test_every_kind_of_source_has_a_reader():
    assert {*READERS, Kind.FOLDER, Kind.ARCHIVE} == set(Kind)


@pytest.mark.parametrize("name", [n for n, kind in BUILT_IN.items() if kind == Kind.EMBEDDED])
def test_embedded_images_have_labels(name):
    arrays = read(Source.parse(name))
    assert isinstance(arrays, Arrays)
    assert len(arrays.images) == len(arrays.labels)
    assert (arrays.test is None) == (arrays.test_labels is None) == (name != "photos")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nowhere.npz", "dataset: there is no file 'nowhere.npz'"),
        ("./nowhere.npz", "dataset: there is no file 'nowhere.npz'"),
        (
            "pictures",
            "dataset: 'pictures' is unknown; allowed: mnist5k, digits, photos, mnist, "
            "fashion_mnist, cifar10, cifar100, or the path of a folder, .zip or .tar of pictures, "
            "or of a .npz or .npy file",
        ),
        ("no/where", "dataset: there is no folder 'no/where'"),
        ("nowhere.zip", "dataset: there is no archive 'nowhere.zip'"),
        ("nowhere.npy", "dataset: there is no file 'nowhere.npy'"),
    ],
)
def test_a_source_that_cannot_be_found_is_refused(given, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        read(Source.parse(given))


def test_a_file_in_the_home_folder_is_found(save, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    save(x_train=GREY, x_test=GREY[:8])
    assert len(read(Source.parse("~/own.npz")).images) == 40


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("MNIST", "mnist"),
        ("fashion-mnist", "fashion_mnist"),
        ("cifar_10", "cifar10"),
        ("cifar_100", "cifar100"),
        ("photo", "photos"),
    ],
)
def test_the_nearest_name_is_proposed(given, name):
    with pytest.raises(ValueError, match=f"^dataset: '{given}' is unknown, did you mean '{name}'?"):
        read(Source.parse(given))
