"""Pictures in a folder: which there are, their bytes, and whether they changed."""

import dataclasses
import hashlib
import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from vaelib.data.pictures import SUFFIXES, UnreadableError
from vaelib.data.workers import in_parallel

UNSETTLED = (
    2_000_000_000  # ns: a file that was changed so recently may change in the same tick again
)


@dataclasses.dataclass
class Folder:
    """The pictures in a folder and below it.

    Hidden files and folders are left out. A folder that links reach twice is read once,
    so that no loop of links goes on for ever.

    Attributes
    ----------
    location : str
    names : list of str
        Relative paths of the pictures, with ``/``, sorted.
    unreadable : dict of str to str
        Folders that cannot be listed, and why.
    others : Counter of str
        Files of other kinds, by suffix.
    """

    location: str
    names: list[str] = dataclasses.field(default_factory=list)
    unreadable: dict[str, str] = dataclasses.field(default_factory=dict)
    others: Counter = dataclasses.field(default_factory=Counter)

    def __post_init__(self):
        def failed(error: OSError) -> None:
            self.unreadable[self._relative(error.filename)] = error.strerror or "cannot be listed"

        seen = set()
        for folder, below, files in os.walk(self.location, followlinks=True, onerror=failed):
            found = os.stat(folder)
            if (found.st_dev, found.st_ino) in seen:
                below.clear()
                continue
            seen.add((found.st_dev, found.st_ino))
            below[:] = sorted(name for name in below if not is_hidden(name))
            for name in filter(lambda name: not is_hidden(name), files):
                suffix = os.path.splitext(name)[1].lower()
                if suffix in SUFFIXES:
                    self.names.append(self._relative(os.path.join(folder, name)))
                else:
                    self.others[suffix] += 1
        self.names.sort()

    def _relative(self, path: str) -> str:
        return Path(os.path.relpath(path, self.location)).as_posix()

    def signature(self) -> tuple[list, bool]:
        """Return what tells a changed folder, without reading files, and whether it is sure.

        Whatever changes a file also changes its inode's time, which no tool can set; only
        a file changed a moment ago may change once more within the same tick.
        """
        stamps, newest = [], 0
        for name in self.names:
            try:
                found = os.stat(os.path.join(self.location, name))
            except OSError as error:
                stamps.append([name, error.errno])
                continue
            times = found.st_mtime_ns, found.st_ctime_ns
            stamps.append([name, found.st_size, *times, found.st_ino, found.st_dev])
            newest = max(newest, *times)
        return [*stamps, sorted(self.unreadable)], newest + UNSETTLED < time.time_ns()

    def digest(self) -> str:
        """Return the SHA-256 of all pictures and their names."""
        digest = hashlib.sha256()
        hashes = in_parallel(self._hash, self.names, len(self.names), "reading pictures")
        for name, own in zip(self.names, hashes, strict=True):
            digest.update(f"{len(os.fsencode(name))} ".encode() + os.fsencode(name) + own)
        return digest.hexdigest()

    def _hash(self, name: str) -> bytes:
        try:
            return hashlib.sha256(self._read(name)).digest()
        except UnreadableError as error:
            return str(error).encode()

    def contents(self, rows: Iterable[int]) -> Iterator[tuple[int, Callable[[], bytes]]]:
        """Yield the rows of some names, each with a function that reads the picture's bytes."""
        for row in rows:
            yield row, lambda name=self.names[row]: self._read(name)

    def _read(self, name: str) -> bytes:
        path = os.path.join(self.location, name)
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):  # reading a pipe would wait for ever
                raise UnreadableError("no regular file")
            return Path(path).read_bytes()
        except OSError as error:
            raise UnreadableError(error.strerror or "cannot be read") from None


def is_hidden(name: str) -> bool:
    """Whether a file or folder is one that systems hide, or put beside the user's own."""
    return name.startswith(".") or name == "__MACOSX"
