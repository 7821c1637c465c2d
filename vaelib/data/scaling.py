"""Pixels in [0, 1]: one scale for all arrays of a source, by their type."""

from collections.abc import Mapping

import numpy as np

from vaelib.data.pixels import Pixels

# The largest grey level of each type. Other integers hold 8-bit levels, as arrays
# of integers often do that were not read from a file.
_LEVELS = {"uint8": 255, "uint16": 65535}
_OTHER_LEVELS = 255
_CHANNELS = (1, 3, 4)
_TOLERANCE = 1e-6  # of float32 and float64, whose rounding errors are smaller


def to_unit_range(
    arrays: Mapping[str, np.ndarray],
) -> tuple[dict[str, np.ndarray | Pixels], str]:
    """Convert the pixels of a source to float32 in [0, 1]; 8-bit levels stay bytes.

    Parameters
    ----------
    arrays : mapping of str to array
        By what messages call them. [n, height, width] or [n, height, width, 1, 3 or
        4]; also [n, 1, 3 or 4, height, width] where no other axis can be that of
        channels. ``bool`` is 0 and 1, ``uint8`` is divided by 255, ``uint16`` by
        65535, and other integers by 255. Reals are in [0, 1]; rounding errors
        beyond are clipped.

    Returns
    -------
    arrays : dict of str to array of float32 or Pixels [n, height, width, channels]
    scale : str
        What was done, in words.

    Raises
    ------
    ValueError
        For another shape, type or range, with how to rescale.
    """
    given = arrays
    arrays = {where: _with_channels(pixels, where) for where, pixels in arrays.items()}
    levels = {where: _levels(pixels, where) for where, pixels in arrays.items()}
    scales = {level for level in levels.values() if level > 1}
    if len(scales) > 1:
        types = ", ".join(f"{where} {pixels.dtype}" for where, pixels in arrays.items())
        raise ValueError(
            f"dataset: {types} have different grey levels; allowed: one type for all arrays"
        )
    if scales:
        _refuse_binary_integers(arrays, levels)
    scaled = {where: _scaled(pixels, levels[where], where) for where, pixels in arrays.items()}
    divided = f", divided by {scales.pop()}" if scales else ""
    moved = any(
        np.ndim(before) == 4 and np.shape(before) != arrays[where].shape
        for where, before in given.items()
    )
    channels = ", channels moved to the end" if moved else ""
    return scaled, f"{_types(arrays)}{divided}{channels}"


def _with_channels(pixels: np.ndarray, where: str) -> np.ndarray:
    if np.ma.is_masked(pixels):
        raise ValueError(f"dataset: {where} has masked pixels; allowed: arrays without a mask")
    pixels = np.asarray(pixels)
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    elif pixels.ndim == 4 and pixels.shape[1] in _CHANNELS and min(pixels.shape[2:]) > 4:
        pixels = np.moveaxis(pixels, 1, -1)
    if pixels.ndim != 4 or pixels.shape[-1] not in _CHANNELS or 0 in pixels.shape:
        raise ValueError(
            f"dataset: {where} has shape {pixels.shape}; allowed: [n, height, width] or "
            "[n, height, width, 1, 3 or 4]"
        )
    return pixels


def _levels(pixels: np.ndarray, where: str) -> int:
    """Return what pixels of this type are divided by."""
    kind = pixels.dtype.kind
    if kind in "bf":
        return 1
    if kind in "iu":
        return _LEVELS.get(pixels.dtype.name, _OTHER_LEVELS)
    raise ValueError(
        f"dataset: {where} holds {pixels.dtype}; allowed: booleans, integers or real numbers"
    )


def _refuse_binary_integers(arrays: dict[str, np.ndarray], levels: dict[str, int]) -> None:
    """Refuse integers that are all 0 or 1: binary images, or the two darkest greys?"""
    integers = {where: pixels for where, pixels in arrays.items() if levels[where] > 1}
    if max(pixels.max() for pixels in integers.values()) == 1:
        raise ValueError(
            f"dataset: {', '.join(integers)}: the integers are all 0 or 1, which may be binary "
            "images or nearly black ones; allowed: x.astype(bool) for binary images"
        )


def _scaled(pixels: np.ndarray, level: int, where: str) -> np.ndarray | Pixels:
    low, high = pixels.min(), pixels.max()
    tolerance = 0.0
    if pixels.dtype.kind == "f":
        tolerance = max(_TOLERANCE, 4 * float(np.finfo(pixels.dtype).eps))
    if not (-tolerance <= low and high <= level + tolerance):
        raise ValueError(
            f"dataset: {where} has values from {low} to {high}; allowed: {_remedy(pixels, level)}"
        )
    if pixels.dtype.kind == "b":
        return Pixels(pixels * np.uint8(255))
    if level == 255:
        return Pixels(np.ascontiguousarray(pixels, "uint8"))  # channels may have been first
    scaled = pixels.astype("float32") / np.float32(level)
    if low < 0 or high > level:
        np.clip(scaled, 0, 1, out=scaled)
    return scaled


def _remedy(pixels: np.ndarray, level: int) -> str:
    """Return how to bring pixels that are out of range to [0, 1]."""
    low, high = float(pixels.min()), float(pixels.max())
    if pixels.dtype.kind in "iu":
        if low >= 0 and high <= 65535:
            return f"integers in [0, {level}], or x.astype('uint16') for 16-bit grey levels"
        return f"integers in [0, {level}]"
    if not np.isfinite([low, high]).all():
        return "finite reals in [0, 1]"
    if -1 <= low < 0 and high <= 1:
        return "reals in [0, 1], here (x + 1) / 2"
    if low >= 0 and high <= 255:
        return "reals in [0, 1], here x / 255"
    if low >= 0 and high <= 65535:
        return "reals in [0, 1], here x / 65535"
    return "reals in [0, 1], here (x - low) / (high - low) with one low and high for all arrays"


def _types(arrays: dict[str, np.ndarray]) -> str:
    return " and ".join(dict.fromkeys(pixels.dtype.name for pixels in arrays.values()))
