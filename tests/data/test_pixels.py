"""Images as bytes: in use, arrays of float32 with the bits of the division."""

import copy
import operator
import pickle

import numpy as np
import pytest

from vaelib.data.pixels import Pixels, in_chunks, mean_image, mean_square, take

POOL = np.random.default_rng(0).integers(0, 256, (9, 4, 3, 2), "uint8")
ROWS = np.array([7, 2, 2, 5, 0])
CASES = {
    "whole pool": (Pixels(POOL), POOL),
    "some rows": (Pixels(POOL, ROWS), POOL[ROWS]),
    "taken twice": (Pixels(POOL).take(ROWS).take(slice(1, 4)), POOL[ROWS][1:4]),
}


@pytest.fixture(params=CASES)
def case(request):
    """Return images as bytes, and the array that they are to be in use."""
    pixels, levels = CASES[request.param]
    return pixels, levels.astype("float32") / np.float32(255)


def test_every_level_has_the_bits_of_the_division():
    levels = np.arange(256, dtype="uint8").reshape(1, 16, 16, 1)
    np.testing.assert_array_equal(np.asarray(Pixels(levels)), levels.astype("float32") / 255)


def test_it_has_the_face_of_an_array(case):
    pixels, array = case
    for name in ("shape", "dtype", "ndim", "size"):
        assert getattr(pixels, name) == getattr(array, name)
    assert len(pixels) == len(array)
    assert not isinstance(pixels, np.ndarray)


@pytest.mark.parametrize(
    "key",
    [
        0,
        -1,
        slice(2),
        slice(None, None, -1),
        [2, 0, 2],
        np.array([1, 0]),
        np.array([True, False, True] * 3),
        (1, 2, 0, 1),
        (slice(1, 3), 0),
        (slice(None), [1, 0], [2, 1]),
        ([1, 0], [2, 1]),
        (..., 0),
        ...,
        None,
        (slice(None), slice(1), None),
        (),
    ],
    ids=str,
)
def test_an_index_gives_an_array_of_reals(case, key):
    pixels, array = case
    if isinstance(key, np.ndarray) and key.dtype == bool:
        key = key[: len(array)]
    np.testing.assert_array_equal(pixels[key], array[key], strict=True)
    assert isinstance(pixels[key], np.ndarray | np.float32)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 2,
        lambda x: 1 - x,
        lambda x: x - x[0],
        lambda x: x + x,
        lambda x: x > 0.5,
        lambda x: -x,
        lambda x: x[1] @ x[2].swapaxes(-1, -2),
        np.square,
        np.abs,
        np.mean,
        np.ravel,
        np.concatenate,
        lambda x: np.concatenate([x, x]),
        lambda x: np.clip(x, 0.2, 0.8),
        lambda x: np.mean(x, axis=0, dtype="float64"),
        lambda x: np.add.reduce(x, axis=(1, 2)),
        lambda x: np.where(x > 0.3, x, 0),
        lambda x: np.asarray(x, "float64"),
        lambda x: np.array(list(x)),
        lambda x: x.min(),
        lambda x: x.reshape(len(x), -1).T,
        lambda x: x.astype("float16"),
        lambda x: x.std(axis=0),
    ],
)
def test_functions_and_operators_see_reals(case, function):
    pixels, array = case
    np.testing.assert_array_equal(function(pixels), function(array), strict=True)


def test_an_operator_in_place_makes_an_array(case):
    pixels, array = case
    images = operator.iadd(pixels, 1)
    np.testing.assert_array_equal(images, array + 1, strict=True)
    np.testing.assert_array_equal(pixels, array)
    out = np.empty_like(array)
    assert np.add(pixels, 1, out=out) is out
    np.testing.assert_array_equal(out, images)


def test_bytes_are_shared_until_they_are_used(case):
    pixels, _ = case
    assert pixels.pool is POOL
    assert take(pixels, slice(1)).pool is POOL
    calls = []

    def count(pool):
        calls.append(pool)
        return len(pool)

    assert pixels.of_pool(count) == pixels.take([1]).of_pool(count) == 9
    assert len(calls) == 1


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_a_copy_is_equal(case, copied):
    pixels, array = case
    np.testing.assert_array_equal(copied(pixels), array)


def test_it_refuses_what_no_array_of_bytes_can_do(case):
    pixels, _ = case
    with pytest.raises(TypeError, match="does not support item assignment"):
        pixels[0] = 0
    with pytest.raises(ValueError, match="always a copy"):
        np.asarray(pixels, copy=False)
    with pytest.raises(ValueError, match="^pool: float32 of shape .*; allowed: uint8"):
        Pixels(np.zeros((2, 2, 2, 1), "float32"))
    with pytest.raises(AttributeError):
        _ = pixels.no_such_attribute


def test_tensorflow_takes_reals(case):
    from vaelib.backend import tf

    pixels, array = case
    np.testing.assert_array_equal(tf.constant(pixels).numpy(), array)


@pytest.mark.parametrize("at_once", [1, 24, 100, 10**6])
def test_chunks_are_all_images_in_order(case, at_once):
    pixels, array = case
    chunks = list(in_chunks(pixels, at_once))
    np.testing.assert_array_equal(np.concatenate(chunks), array)
    assert all(chunk.size <= max(at_once, 24) for chunk in chunks)


def test_means_are_those_of_all_images_at_once(case, monkeypatch):
    monkeypatch.setattr("vaelib.data.pixels._AT_ONCE", 48)
    pixels, array = case
    mean = array.mean(axis=0, dtype="float64")
    np.testing.assert_allclose(mean_image(pixels), mean, rtol=1e-12)
    expected = np.mean((array.astype("float64") - mean) ** 2)
    np.testing.assert_allclose(mean_square(pixels, mean), expected, rtol=1e-7)
    np.testing.assert_allclose(mean_square(array), np.mean(array.astype("f8") ** 2), rtol=1e-6)
