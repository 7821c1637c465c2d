"""Decode one picture of any usual format to 8-bit grey or colour of a given size."""

import contextlib
import io
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
SUFFIXES = frozenset(
    ".png .jpg .jpeg .jpe .jfif .tif .tiff .bmp .dib .gif .webp".split()  # noqa: SIM905
)
SMALLEST, LARGEST = 8, 128  # pixels on a side
_LARGEST_BY_DEFAULT = 64
_COMMON = 0.9  # share of pictures of one size from which on that size is kept


class UnreadableError(ValueError):
    """A picture that cannot be decoded; the message is the reason in a line."""


class Picture(NamedTuple):
    """A decoded picture.

    Attributes
    ----------
    pixels : array of uint8 [height, width, 1 or 3]
        One channel where all pixels are grey.
    size : tuple of int
        Height and width of the file's picture, upright.
    transparent : bool
        Whether it was composited over white.
    """

    pixels: np.ndarray
    size: tuple[int, int]
    transparent: bool


@contextlib.contextmanager
def decoding() -> Iterator[None]:
    """Let Pillow refuse what is too large, and keep its other warnings to itself.

    Filters of warnings belong to the process: enter this once, around all threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def decode(content: bytes, size: tuple[int, int]) -> Picture:
    """Decode a picture, resize it and crop its centre.

    Parameters
    ----------
    content : bytes
        Of a file of one of `FORMATS`; of several frames the first is taken.
    size : tuple of int
        Height and width to resize to; what does not fit their ratio is cropped on
        both sides alike.

    Returns
    -------
    Picture

    Raises
    ------
    UnreadableError
        For another format, damage, more than 89 million pixels (Pillow's limit, against
        decompression bombs), or pixels of no known range.
    """
    height, width = size
    with _opened(content) as image:
        upright = _size(image)
        # A JPEG decodes to 1/2, 1/4 or 1/8 at once; twice the size leaves the rest to fit().
        image.draft(None, (2 * max(size), 2 * max(size)))
        image = _upright(image)
        image, transparent = _eight_bits(image)
        image = ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
        pixels = np.asarray(image)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    elif (pixels == pixels[..., :1]).all():
        pixels = pixels[..., :1]
    return Picture(pixels, upright, transparent)


def size_of(content: bytes) -> tuple[int, int]:
    """Return height and width of a picture, upright.

    Raises
    ------
    UnreadableError
        Where its beginning is that of no picture.
    """
    with _opened(content) as image:
        return _size(image)


def default_size(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Choose the size that pictures are resized to, where the user names none.

    Parameters
    ----------
    sizes : sequence of (height, width)
        Of some pictures.

    Returns
    -------
    tuple of int
        Height and width. Pictures of which nine tenths have one size keep its ratio, and
        the size itself up to 64 pixels on the longer side; others become squares of the
        median of their shorter sides, at most 64 pixels. At least 8.

    Examples
    --------
    >>> default_size([(28, 28)] * 9)
    (28, 28)
    >>> default_size([(480, 640)] * 9)
    (48, 64)
    >>> default_size([(480, 640), (500, 400), (30, 90)])
    (64, 64)
    """
    (common, times), *_ = Counter(sizes).most_common(1)
    if times >= _COMMON * len(sizes):
        factor = min(1, _LARGEST_BY_DEFAULT / max(common))
        height, width = (max(SMALLEST, round(factor * side)) for side in common)
        return height, width
    side = int(np.median([min(size) for size in sizes]))
    side = min(max(side, SMALLEST), _LARGEST_BY_DEFAULT)
    return side, side


def fit(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize images and crop their centre.

    Parameters
    ----------
    images : array of uint8 or float32 [n, height, width, channels]
    size : tuple of int
        Height and width; as in `decode`.

    Returns
    -------
    array of the same type
        Reals within the range that they had.
    """
    height, width = size
    fitted = np.empty((len(images), height, width, images.shape[-1]), images.dtype)
    for image, place in zip(images, fitted, strict=True):
        for channel in range(image.shape[-1]):  # Pillow has no colour of reals
            grey = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            place[..., channel] = ImageOps.fit(grey, (width, height), Image.Resampling.BICUBIC)
    return np.clip(fitted, images.min(), images.max(), out=fitted)


@contextlib.contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            yield image
    except Image.UnidentifiedImageError:
        raise UnreadableError(f"no {', '.join(FORMATS)} picture") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UnreadableError(f"over {Image.MAX_IMAGE_PIXELS:,} pixels") from None
    except UnreadableError:
        raise
    except Exception as error:  # damage makes the decoders raise errors of many types
        cause = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableError(cause) from None


def _size(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    return (width, height) if _orientation(image) >= 5 else (height, width)


def _orientation(image: Image.Image) -> int:
    """Return how a camera was held, 1 to 8; from 5 on height and width are exchanged."""
    try:
        found = image.getexif().get(0x0112, 1)
    except Exception:  # damaged metadata leave the picture as it is stored
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _upright(image: Image.Image) -> Image.Image:
    return image if _orientation(image) == 1 else ImageOps.exif_transpose(image)


def _eight_bits(image: Image.Image) -> tuple[Image.Image, bool]:
    """Return a picture of mode L or RGB, and whether it had transparent pixels."""
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_levels(np.asarray(image))), False
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema()[0] < 255:
            white = Image.new("RGBA", image.size, "white")
            return Image.alpha_composite(white, image).convert("RGB"), True
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    return image if image.mode == mode else image.convert(mode), False


def _levels(pixels: np.ndarray) -> np.ndarray:
    """Return 8-bit levels of 16-bit ones, or of reals in [0, 1]."""
    low, high = pixels.min(), pixels.max()
    most = 1 if pixels.dtype.kind == "f" else 65535
    if not (low >= 0 and high <= most):
        raise UnreadableError(f"pixels from {low:g} to {high:g}; allowed: 0 to {most}")
    return np.rint(pixels * (255 / most)).astype("uint8")
