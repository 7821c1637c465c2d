"""All pictures of a folder or an archive as arrays, decoded once."""

import functools
import hashlib
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL

from vaelib.data import archives, arrangement, folders, picture_cache, pictures
from vaelib.data.pictures import Picture, UnreadableError
from vaelib.data.workers import in_parallel

_MOST_UNREADABLE = 0.1  # of all pictures
_FEWEST = 6  # images, of which a tenth is one
_MEASURED = 256  # pictures whose size is read to choose a default


class PictureSet(NamedTuple):
    """Decoded pictures.

    Attributes
    ----------
    arrays : dict of str to array
        ``x_train`` and, where the source has them, ``x_test`` as uint8 [n, height,
        width, 1 or 3]; ``y_train`` and ``y_test`` as text.
    remarks : str
        What was done to the pictures, in words.
    skipped : tuple of str
        Pictures that could not be read, each with the reason.
    """

    arrays: dict[str, np.ndarray]
    remarks: str
    skipped: tuple[str, ...]


def load(location: str, shown: str, image_size: tuple[int, int] | None) -> PictureSet:
    """Decode the pictures of a folder or an archive, or take them from the cache.

    Parameters
    ----------
    location, shown : str
        Path, and what messages call it.
    image_size : tuple of int or None
        Height and width; see `pictures.default_size` for None.

    Raises
    ------
    ValueError
        Where there are no pictures, or too many that cannot be read; where the folder
        changes meanwhile.
    """
    pixels, facts = _cached(location, shown, image_size)
    remarks = f"from {facts['remarks']}"
    print(f"{_printable(Path(shown).name)}: {len(pixels):,} images {remarks}", file=sys.stderr)
    n = facts["n_train"]
    arrays = {"x_train": pixels[:n]}
    if n < len(pixels):
        arrays["x_test"] = pixels[n:]
    if facts["labels"] is not None:
        arrays["y_train"] = np.array(facts["labels"][:n])
        if facts["test_labels"]:
            arrays["y_test"] = np.array(facts["labels"][n:])
    return PictureSet(arrays, remarks, tuple(facts["skipped"]))


def _cached(
    location: str, shown: str, image_size: tuple[int, int] | None
) -> tuple[np.ndarray, dict]:
    """Return pixels and facts of the cache, after they were decoded where they are not there."""

    def entry_of(digest: str) -> str:
        return picture_cache.key([digest, image_size, PIL.__version__, _code()])

    # A folder is walked to tell whether it changed; an archive is opened only to be decoded.
    folder = folders.Folder(location) if Path(location).is_dir() else None
    signature, settled = folder.signature() if folder else archives.signature(location, shown)
    known = picture_cache.key([location, signature])
    digest = picture_cache.known_digest(known)
    found = digest and picture_cache.load(entry_of(digest))
    if found:
        return found
    source = folder or archives.open_archive(location, shown)
    digest = source.digest()
    found = picture_cache.load(entry_of(digest))
    decoded = found or _decode(source, shown, image_size)
    again = folders.Folder(location).signature() if folder else archives.signature(location, shown)
    if again[0] != signature:
        raise ValueError(f"dataset: {shown!r} changed while it was read; allowed: pictures at rest")
    if not found:
        picture_cache.save(entry_of(digest), *decoded)
        # Mapped into memory, as for the next process, in the place of a copy of its own.
        decoded = picture_cache.load(entry_of(digest)) or decoded
    if settled:
        picture_cache.remember(known, digest)
    return decoded


@functools.cache
def _code() -> str:
    """Return a hash of the code that decodes."""
    modules = archives, arrangement, folders, pictures, sys.modules[__name__]
    digest = hashlib.sha256()
    for module in modules:
        digest.update(Path(module.__file__).read_bytes())
    return digest.hexdigest()


def _decode(source, shown: str, image_size: tuple[int, int] | None) -> tuple[np.ndarray, dict]:
    """Return all pixels, training images first, and what is known of them."""
    found = arrangement.arrange(source.names)
    unreadable = dict(source.unreadable)
    if not found.rows:
        _refuse_unreadable(unreadable, len(unreadable), shown)
        raise ValueError(f"dataset: {shown!r} has no pictures{_instead(source)}")
    with pictures.decoding():
        size = image_size or _default_size(source, found.rows, shown)
        pixels, decoded = _decode_all(source, found.rows, size)
    there = np.array([isinstance(one, Picture) for one in decoded])
    for row, one in zip(found.rows, decoded, strict=True):
        if isinstance(one, UnreadableError):
            unreadable[source.names[row]] = str(one)
    _refuse_unreadable(unreadable, len(found.rows) + len(source.unreadable), shown)
    pixels = _only(pixels, there)
    n_train = int(there[: found.n_train].sum())
    own_test = found.n_train < len(there)
    if len(pixels) < _FEWEST or n_train == 0 or (own_test and n_train == len(pixels)):
        sets = f" and {len(pixels) - n_train} for testing" if own_test else ""
        raise ValueError(
            f"dataset: {shown!r} has too few pictures: {n_train}{sets}; allowed: at least "
            f"{_FEWEST}, some in every set"
        )
    labels = found.labels
    if labels is not None:
        labels = [_printable(label) for label, kept in zip(labels, there, strict=True) if kept]
    kept = [one for one in decoded if isinstance(one, Picture)]
    sizes, transparent = {one.size for one in kept}, sum(one.transparent for one in kept)
    facts = {
        "n_train": n_train,
        "labels": labels,
        "test_labels": found.test_labels,
        "remarks": _remarks(
            sizes, size, image_size is None, transparent, unreadable, found.remarks
        ),
        "skipped": [f"{_printable(name)}: {unreadable[name]}" for name in sorted(unreadable)],
    }
    return pixels, facts


def _decode_all(source, rows: Sequence[int], size: tuple[int, int]) -> tuple[np.ndarray, list]:
    """Return pixels in the order of the rows; of each a `Picture` without them, or an error."""
    place = {row: i for i, row in enumerate(rows)}
    pixels = np.zeros((len(rows), *size, 3), "uint8")
    decoded: list = [None] * len(rows)
    work = functools.partial(_decoded, size=size)
    colour = False
    for row, one in in_parallel(work, source.contents(rows), len(rows), "decoding"):
        if isinstance(one, Picture):
            pixels[place[row]] = one.pixels
            colour = colour or one.pixels.shape[-1] == 3
            one = one._replace(pixels=None)
        decoded[place[row]] = one
    return pixels if colour else np.ascontiguousarray(pixels[..., :1]), decoded


def _only(pixels: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return some images in the place of all: a copy would need as much memory again."""
    for to, row in enumerate(np.flatnonzero(there)):
        if to != row:
            pixels[to] = pixels[row]
    return pixels[: there.sum()]


def _decoded(item, size: tuple[int, int]):
    row, read = item
    try:
        return row, pictures.decode(read(), size)
    except UnreadableError as error:
        return row, error


def _default_size(source, rows: Sequence[int], shown: str) -> tuple[int, int]:
    """Choose a size by the beginnings of pictures that are spread evenly over all."""
    step = math.ceil(len(rows) / _MEASURED)
    sizes, reasons = [], {}
    for row, read in source.contents(rows[::step]):
        try:
            sizes.append(pictures.size_of(read()))
        except UnreadableError as error:
            reasons[source.names[row]] = str(error)
    if not sizes:
        _refuse_unreadable(reasons, len(reasons), shown)
    return pictures.default_size(sizes)


def _refuse_unreadable(unreadable: dict[str, str], total: int, shown: str) -> None:
    if len(unreadable) > _MOST_UNREADABLE * total:
        name, reason = next(iter(sorted(unreadable.items())))
        raise ValueError(
            f"dataset: {shown!r}: {len(unreadable):,} of {total:,} pictures cannot be read "
            f"({_printable(name)!r}: {reason}); allowed: at most a tenth"
        )


def _instead(source) -> str:
    """Return what a source without pictures has, and what it may have."""
    kinds = [f"{count:,} {suffix or 'without suffix'}" for suffix, count in source.others.items()]
    having = f"; it has {', '.join(sorted(kinds))}" if kinds else ", it is empty"
    return f"{having}; allowed: files of {', '.join(sorted(pictures.SUFFIXES))}"


def _remarks(sizes, size, chosen, transparent, unreadable, others) -> str:
    height, width = size
    if sizes == {size}:
        parts = [f"pictures of {height} x {width} pixels"]
    else:
        smallest, largest = min(sizes, key=math.prod), max(sizes, key=math.prod)
        span = f"{smallest[0]} x {smallest[1]}"
        if len(sizes) > 1:
            span += f" to {largest[0]} x {largest[1]}"
        how = ", chosen from their sizes" if chosen else ""
        parts = [
            f"pictures of {span} pixels, resized and centre-cropped to {height} x {width}{how} "
            f"(image_size, {pictures.SMALLEST} to {pictures.LARGEST})"
        ]
    if transparent:
        parts.append(f"transparency of {transparent:,} composited over white")
    if unreadable:
        parts.append(f"{len(unreadable):,} skipped, as they cannot be read")
    return "; ".join([*parts, *others])


def _printable(name: str) -> str:
    """Return a name in a line, with escapes for bytes that are no text and for line breaks."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in name)
