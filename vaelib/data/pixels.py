"""Images kept as bytes that are used as float32 in [0, 1]."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

WHITE = np.float32(255)
_AT_ONCE = 2**23  # pixels that are converted at once: 32 MB as float32


class Pixels(np.lib.mixins.NDArrayOperatorsMixin):
    """Images as 8-bit levels, a quarter of the memory, with the face of an array of float32.

    What is taken out of it, by an index, an operator, a function of NumPy or
    ``np.asarray``, is an array of float32, equal in bits to
    ``levels.astype("float32") / 255``. Only `take` keeps bytes, and copies none.

    Parameters
    ----------
    pool : array of uint8 [m, height, width, channels]
        Not copied, and not to be changed.
    rows : array of int [n], optional
        Which images of the pool these are, in order; all by default.

    Examples
    --------
    >>> images = Pixels(np.array([[[[0], [51]]], [[[102], [255]]]], "uint8"))
    >>> images.shape, images.dtype
    ((2, 1, 2, 1), dtype('float32'))
    >>> images[1].ravel()
    array([0.4, 1. ], dtype=float32)
    """

    dtype = np.dtype("float32")
    ndim = 4

    def __init__(self, pool: np.ndarray, rows: np.ndarray | None = None):
        if pool.dtype != np.uint8 or pool.ndim != self.ndim:
            raise ValueError(
                f"pool: {pool.dtype} of shape {pool.shape}; allowed: uint8 [n, height, width, "
                "channels]"
            )
        self.pool = pool
        self._rows = rows
        self._derived: dict[Callable, Any] = {}

    @property
    def rows(self) -> np.ndarray:
        """Positions of the images in the pool, [n]."""
        return np.arange(len(self.pool)) if self._rows is None else self._rows

    @property
    def levels(self) -> np.ndarray:
        """The images as uint8 [n, height, width, channels]; a copy, but for a whole pool."""
        return self.pool if self._rows is None else self.pool[self._rows]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Number, height, width and channels of the images."""
        return (len(self), *self.pool.shape[1:])

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    def take(self, rows) -> "Pixels":
        """Return some of the images, by an index of the first axis, as bytes of the same pool."""
        taken = Pixels(self.pool, self.rows[rows])
        taken._derived = self._derived
        return taken

    def of_pool(self, function: Callable) -> Any:
        """Return what a function makes of the pool, once for all `Pixels` of that pool."""
        if function not in self._derived:
            self._derived[function] = function(self.pool)
        return self._derived[function]

    def __len__(self) -> int:
        return len(self.pool) if self._rows is None else len(self._rows)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, key):
        if self._rows is None:
            return _reals(self.pool[key])
        first, *others = key if isinstance(key, tuple) and key else (key,)
        if isinstance(first, slice):
            return _reals(self.pool[self._rows[first]][(slice(None), *others)])
        if not others and first is not None and first is not Ellipsis:
            return _reals(self.pool[self._rows[first]])
        return _reals(self.levels[key])

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        if copy is False:
            raise ValueError("Pixels are bytes: an array of reals is always a copy")
        return _reals(self.levels).astype(dtype or self.dtype, copy=False)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        arrays = [np.asarray(x) if isinstance(x, Pixels) else x for x in inputs]
        if out is not None and not any(isinstance(x, Pixels) for x in out):
            kwargs["out"] = out  # else of x += 1, which makes a new array of x
        return getattr(ufunc, method)(*arrays, **kwargs)

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)  # methods of an array, such as mean

    def __reduce__(self):
        return Pixels, (self.levels,)

    def __repr__(self) -> str:
        return f"<{len(self)} images of {' x '.join(map(str, self.shape[1:]))} bytes>"


def take(images: "np.ndarray | Pixels", rows) -> "np.ndarray | Pixels":
    """Return some images, by an index of the first axis; bytes stay bytes."""
    return images.take(rows) if isinstance(images, Pixels) else images[rows]


def in_chunks(images: "np.ndarray | Pixels", at_once: int | None = None) -> Iterator[np.ndarray]:
    """Yield images in order as arrays of at most so many pixels, and at least one image."""
    rows = max(1, (at_once or _AT_ONCE) // math.prod(images.shape[1:]))
    for start in range(0, len(images), rows):
        yield images[start : start + rows]


def mean_image(images: "np.ndarray | Pixels") -> np.ndarray:
    """Return the mean over images, float64 [height, width, channels]."""
    total = sum(np.sum(chunk, axis=0, dtype="float64") for chunk in in_chunks(images))
    return total / len(images)


def mean_square(images: "np.ndarray | Pixels", center: np.ndarray | float = 0.0) -> float:
    """Return the mean square of the pixels of all images, less a center."""
    squares = (np.sum(np.square(chunk - center), dtype="float64") for chunk in in_chunks(images))
    return float(sum(squares)) / math.prod(images.shape)


def _reals(levels):
    return levels.astype("float32") / WHITE
