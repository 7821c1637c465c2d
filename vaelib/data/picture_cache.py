"""Decoded pictures on disk: the next run, and every worker, starts at once.

An entry is named after all that its pixels depend on: the content of the pictures and
their paths, the size they are resized to, Pillow, and the code that decodes. To hash the
content takes as long as to read it, so an index remembers the hash of a folder by its
files' sizes, times and inodes, which no change leaves as they are.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ENTRIES = 12  # that are kept, the last used ones
_ABANDONED = 86_400  # s after which what another process began to write is litter


def folder() -> Path:
    """Return the cache's folder: of the variable VAELIB_CACHE, or the system's own place."""
    import platformdirs

    given = os.environ.get("VAELIB_CACHE")
    return Path(given).expanduser() if given else platformdirs.user_cache_path("vaelib")


def key(content) -> str:
    """Return the SHA-256 of what JSON can hold."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def known_digest(signature: str) -> str | None:
    """Return the hash of the content of a folder or file with a signature."""
    try:
        return (folder() / "index" / signature).read_text()
    except (OSError, UnicodeDecodeError):
        return None


def remember(signature: str, digest: str) -> None:
    """Note the hash of the content of a folder or file with a signature."""
    with _writing(), _beside(folder() / "index" / signature) as path:
        path.write_text(digest)


def load(name: str) -> tuple[np.ndarray, dict] | None:
    """Return the pixels of an entry, mapped into memory, and its facts; None without one."""
    entry = folder() / "pictures" / name
    try:
        facts = json.loads((entry / "facts.json").read_text())
        pixels = np.load(entry / "pixels.npy", mmap_mode="r")
        if list(pixels.shape) != facts["shape"] or pixels.dtype != np.uint8:
            raise ValueError("another entry's pixels")
    except (OSError, ValueError, KeyError, EOFError):
        return None
    with contextlib.suppress(OSError):
        os.utime(entry)  # used last
    return pixels, facts


def save(name: str, pixels: np.ndarray, facts: dict) -> None:
    """Write an entry, whole or not at all; delete those not used for longest.

    Where the folder cannot be written, nothing is kept.
    """
    entry = folder() / "pictures" / name
    with _writing(), _beside(entry) as path:
        path.mkdir()
        np.save(path / "pixels.npy", pixels)
        (path / "facts.json").write_text(json.dumps({**facts, "shape": pixels.shape}))
    with _writing():
        _prune(entry.parent, ENTRIES)
        _prune(folder() / "index", 8 * ENTRIES)


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    """Go on without a cache where there can be none."""
    with contextlib.suppress(OSError):
        yield


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Give a path to write to, and move what is there into the place of the target."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".", dir=target.parent))
    try:
        yield work / target.name
        if target.is_dir():  # of another process that was faster, or a damaged one
            with contextlib.suppress(OSError):
                target.replace(work / "replaced")
        (work / target.name).replace(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _prune(parent: Path, most: int) -> None:
    if not parent.is_dir():
        return
    by_use = sorted(parent.iterdir(), key=lambda path: path.lstat().st_mtime, reverse=True)
    kept = [path for path in by_use if not path.name.startswith(".")]
    litter = [path for path in by_use if path.name.startswith(".")]
    for path in [p for p in litter if time.time() - p.lstat().st_mtime > _ABANDONED] + kept[most:]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
