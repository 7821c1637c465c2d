"""The split of images: disjoint, stratified and repeatable."""

import re

import numpy as np
import pytest

from vaelib import ImageSet, load_images
from vaelib.data.images import ImagePool, load_pool

GREY = np.arange(40 * 4 * 3).reshape(40, 4, 3).astype("uint8")  # every image differs


@pytest.fixture(scope="module")
def mnist5k():
    return load_images("mnist5k")


def test_mnist5k_is_split_4000_500_500(mnist5k):
    assert (mnist5k.name, mnist5k.shape) == ("mnist5k", (28, 28, 1))
    assert [len(s) for s in (mnist5k.train, mnist5k.validation, mnist5k.test)] == [4000, 500, 500]
    for images in (mnist5k.train, mnist5k.validation, mnist5k.test):
        assert images.dtype == np.float32
        assert (images.min(), images.max()) == (0, 1)


def test_the_three_sets_are_disjoint(mnist5k, sorted_images):
    assert len(set(sorted_images(mnist5k.train, mnist5k.validation, mnist5k.test))) == 5000


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


def test_train_size_keeps_some_of_the_training_images_only(save, sorted_images):
    path = save(x_train=GREY, x_test=GREY[:10])
    every, some = load_images(path), load_images(path, train_size=12)
    assert len(some.train) == 12
    assert set(sorted_images(some.train)) < set(sorted_images(every.train))
    np.testing.assert_array_equal(some.validation, every.validation)
    np.testing.assert_array_equal(some.test, every.test)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("digits", {"train_size": 1438}, "train_size: 1438 is too many; allowed: 1 to 1437"),
        ("digits", {"test_fraction": 1e-6}, "test_fraction: 0 of 1797 .* too few"),
        ("digits", {"validation_fraction": 0.9}, "validation_fraction: 1617 of 1617 .* too few"),
    ],
)
def test_a_split_that_leaves_too_few_images_is_refused(source, options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        load_images(source, **options)


TWO = (GREY, GREY[:8])
LABELS = GREY[:, 0, 0] % 2


@pytest.mark.parametrize(
    ("source", "sizes"),
    [
        (GREY, (32, 4, 4)),
        (GREY.tolist(), (32, 4, 4)),
        (TWO, (35, 5, 8)),
        ({"x_train": GREY, "y_train": LABELS}, (32, 4, 4)),
        ({"x_train": GREY, "x_test": GREY[:8], "y_train": LABELS, "y_test": None}, (35, 5, 8)),
    ],
)
def test_arrays_are_sources_too(source, sizes):
    images = load_images(source)
    assert images.name == "array"
    assert images.scale.endswith(", divided by 255")
    assert (len(images.train), len(images.validation), len(images.test)) == sizes
    assert (images.train_labels is None) == (not isinstance(source, dict))


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (GREY[0], "dataset: x_train has shape (4, 3); allowed: "),
        (GREY * 1.0, "dataset: x_train has values from 0.0 to 255.0; allowed: "),
        ((GREY, LABELS), "dataset: x_test has shape (40,); allowed: "),
        ((GREY, GREY[:, 1:]), "dataset: x_train has images of shape (4, 3, 1) and x_test of "),
        ({"images": GREY}, "source: a mapping with images; allowed: x_train, and any of "),
        (None, "source: None is not allowed; allowed: mnist5k, "),
        (5, "source: 5 is not allowed; allowed: mnist5k, "),
    ],
)
def test_what_is_no_source_is_refused_in_one_line(source, line):
    with pytest.raises(ValueError, match=f"^{re.escape(line)}") as refused:
        load_images(source)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250, "no array is printed"


@pytest.mark.parametrize(
    "fields",
    [{"train_size": 0}, {"train_size": 2.5}, {"split_seed": -1}, {"test_fraction": 1.0}],
)
def test_fields_of_the_split_are_checked(fields):
    (field,) = fields
    with pytest.raises(ValueError, match=f"^{field}: .* is not allowed; allowed: "):
        load_images(GREY, **fields)


def test_a_pool_splits_as_loading_does():
    pool = load_pool("digits")
    split = pool.split(3, validation_fraction=0.2, test_fraction=0.3, train_size=50)
    loaded = load_images(
        "digits", validation_fraction=0.2, test_fraction=0.3, train_size=50, split_seed=3
    )
    assert split.fingerprint == loaded.fingerprint
    assert pool.sizes(0.2, 0.3) == (1797 - 359 - 539, 359, 539)
    assert (len(loaded.validation), len(loaded.test)) == (359, 539)


@pytest.mark.parametrize("fixed", [False, True], ids=["one set", "own test images"])
def test_a_replicate_redraws_all_but_test_images_of_the_source(fixed, sorted_images):
    pool = load_pool(TWO if fixed else GREY)
    first, second = pool.split(0), pool.split(1)
    for part in ("train", "validation", "test"):
        same = sorted_images(getattr(first, part)) == sorted_images(getattr(second, part))
        assert same == (fixed and part == "test"), part
    assert first.fingerprint != second.fingerprint
    assert (pool.test is None) != fixed


@pytest.mark.parametrize("change", ["pixel", "label", "test"])
def test_the_fingerprint_of_a_pool_is_that_of_all_images(change):
    def make(**fields) -> ImagePool:
        images = np.zeros((4, 2, 2, 1), "float32")
        given = {"images": images, "labels": np.arange(4), "test": images[:1]}
        return ImagePool("grey", **given | fields)

    other = {
        "pixel": {"images": np.full((4, 2, 2, 1), 1e-3, "float32")},
        "label": {"labels": np.array([0, 1, 2, 0])},
        "test": {"test": None},
    }[change]
    assert make().fingerprint == make().fingerprint != make(**other).fingerprint


@pytest.mark.parametrize("moved", [np.array, lambda images: np.moveaxis(images, 1, -1)])
def test_bytes_with_channels_first_are_those_with_channels_last(moved):
    """As Keras gives CIFAR: a view of an array with channels first."""
    first = np.random.default_rng(0).integers(0, 256, (20, 3, 8, 9), "uint8")
    images = load_images(moved(first))
    last = load_images(np.ascontiguousarray(np.moveaxis(first, 1, -1)))
    assert images.fingerprint == last.fingerprint
    np.testing.assert_array_equal(images.train, last.train)
