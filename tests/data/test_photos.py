"""Patches of photographs: where they are cut, and what they show."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from sklearn.datasets import load_sample_image

from vaelib import load_images
from vaelib.data.photos import PHOTOGRAPHS, load, patches
from vaelib.data.pixels import Pixels

# How many columns of patches are left of the band, in it, and right of it; and rows.
LAYOUTS = {  # height, width
    "astronaut": ((512, 512), (2, 3, 10), 16),
    "chelsea": ((300, 451), (1, 3, 9), 9),
    "coffee": ((400, 600), (2, 3, 12), 12),
    "rocket": ((427, 640), (2, 4, 13), 13),
    "china": ((427, 640), (2, 4, 13), 13),
    "flower": ((427, 640), (2, 4, 13), 13),
}


def photograph(name: str) -> np.ndarray:
    """Return a photograph as the readers of the two packages do."""
    if hasattr(skimage.data, name):
        return getattr(skimage.data, name)()
    return load_sample_image(f"{name}.jpg")


def corners(cut: np.ndarray) -> list[tuple[int, int]]:
    return [tuple(map(int, patch[0, 0])) for patch in cut]


@pytest.fixture(scope="module")
def arrays():
    return load()


@pytest.mark.parametrize("size", [*{size for size, _, _ in LAYOUTS.values()}, (32, 256), (70, 999)])
def test_no_test_patch_touches_a_training_patch(size):
    """Cut from an image whose pixels hold their own place."""
    training, test = patches(np.stack(np.indices(size), axis=-1))
    for patch in (*training, *test):
        np.testing.assert_array_equal(patch - patch[0, 0], np.stack(np.indices((32, 32)), -1))
    for (y, x), (other_y, other_x) in itertools.combinations(corners([*training, *test]), 2):
        assert abs(y - other_y) >= 32 or abs(x - other_x) >= 32, "patches overlap"
    for (_, x), (_, other_x) in itertools.product(corners(training), corners(test)):
        assert abs(x - other_x) >= 32 + 16, "a margin of 16 pixels"


@pytest.mark.parametrize("name", LAYOUTS)
def test_patches_are_those_cut_by_hand(arrays, name):
    (height, width), (before, of_test, after), rows = LAYOUTS[name]
    label = [one.file.partition(".")[0] for one in PHOTOGRAPHS].index(name)
    pixels = photograph(name)
    assert pixels.shape == (height, width, 3)
    right = width - 32 * after
    band = (32 * before + right - 32 * of_test) // 2
    starts = {
        "train": [[32 * n for n in range(before)], [right + 32 * n for n in range(after)]],
        "test": [[band + 32 * n for n in range(of_test)]],
    }
    for part, regions in starts.items():
        expected = [
            pixels[32 * row : 32 * row + 32, x : x + 32]
            for columns in regions
            for row in range(rows)
            for x in columns
        ]
        found = arrays[f"x_{part}"][arrays[f"y_{part}"] == label]
        np.testing.assert_array_equal(found, expected)


def test_a_test_patch_is_nowhere_in_a_training_patch(arrays):
    training, test = ({patch.tobytes() for patch in arrays[name]} for name in ("x_train", "x_test"))
    assert not training & test
    assert len(test) == len(arrays["x_test"])
    assert len(training) == len(arrays["x_train"]) - 2  # a helmet has three black ones


def test_training_and_test_patches_have_as_much_contrast(arrays):
    contrast = [np.var(arrays[name] / 255, axis=(1, 2)).mean() for name in ("x_train", "x_test")]
    assert contrast[1] == pytest.approx(contrast[0], rel=0.1)


def test_photos_are_images_like_any_other():
    images, again = (load_images("photos", split_seed=3) for _ in range(2))
    assert (images.name, images.shape) == ("photos", (32, 32, 3))
    assert [len(part) for part in (images.train, images.validation, images.test)] == [905, 130, 267]
    assert all(isinstance(part, Pixels) for part in (images.train, images.validation, images.test))
    assert images.fingerprint == again.fingerprint
    other = load_images("photos", split_seed=4)
    np.testing.assert_array_equal(images.test, other.test)
    np.testing.assert_array_equal(np.bincount(images.test_labels), [48, 27, 36, 52, 52, 52])
    share = np.bincount(images.validation_labels) / [192, 90, 168, 195, 195, 195]
    np.testing.assert_allclose(share, 130 / 1035, atol=0.01)


@pytest.mark.parametrize("photograph", PHOTOGRAPHS, ids=lambda photograph: photograph.file)
def test_every_licence_is_in_the_documentation(photograph):
    licence, name = re.fullmatch(r"(.*) \((\w+(?: \w+)*)\)", photograph.licence).groups()
    assert licence in ("CC0", "CC BY 2.0", "public domain")
    readme = (Path(__file__).parents[2] / "docs" / "studies.md").read_text()
    assert f"({name})" in readme
    assert licence in readme
