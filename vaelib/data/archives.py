"""Pictures in a zip or tar archive, read without unpacking it to disk."""

import abc
import hashlib
import os
import re
import stat
import tarfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from vaelib.data.folders import UNSETTLED, is_hidden
from vaelib.data.pictures import SUFFIXES, UnreadableError

_LARGEST = 2**29  # bytes of a picture: what claims to be larger would fill the memory
# What the two modules raise for a file that is no archive, or for one that is cut off.
_DAMAGE = (
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


class Archive(abc.ABC):
    """The pictures of an archive; has the attributes and methods of `folders.Folder`.

    Raises
    ------
    ValueError
        For a file that is no archive, and for members that point outside of it.
    """

    def __init__(self, location: str, shown: str):
        self.location = location
        self.unreadable: dict[str, str] = {}
        self.others: Counter = Counter()
        members = []
        with self._reading() as archive:
            for member, name, is_file in self._members(archive):
                path = PurePosixPath(name)
                if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", name):
                    raise ValueError(
                        f"dataset: {shown!r} has a member {name!r}; allowed: members inside of "
                        "the archive's own folder"
                    )
                if any(map(is_hidden, path.parts)):
                    continue
                if path.suffix.lower() not in SUFFIXES:
                    self.others[path.suffix.lower()] += is_file
                elif is_file:
                    members.append((str(path), member))
                else:
                    self.unreadable[str(path)] = "a link or folder"
        order = sorted(range(len(members)), key=lambda position: members[position][0])
        self.names = [members[position][0] for position in order]
        self._found = [members[position][1] for position in order]
        # Going back in a compressed archive would decompress it anew.
        self._rank = order

    def digest(self) -> str:
        """Return the SHA-256 of the archive."""
        with open(self.location, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def contents(self, rows: Iterable[int]) -> Iterator[tuple[int, Callable[[], bytes]]]:
        """Yield the rows of some names, each with a function that returns its bytes."""
        with self._reading() as archive:
            for row in sorted(rows, key=self._rank.__getitem__):
                yield row, self._read(archive, self._found[row])

    def _read(self, archive, member) -> Callable[[], bytes]:
        """Read a member now, as archives are read in order and by one thread."""
        try:
            if self._size(member) > _LARGEST:
                raise UnreadableError(f"{self._size(member):,} bytes, more than {_LARGEST:,}")
            with self._open(archive, member) as file:
                content = file.read()
        except UnreadableError as error:
            return _raising(error)
        except _DAMAGE as error:
            return _raising(UnreadableError(" ".join(str(error).split()) or type(error).__name__))
        return lambda: content

    @abc.abstractmethod
    def _reading(self):
        """Return a context in which the archive is open."""

    @abc.abstractmethod
    def _members(self, archive) -> Iterator[tuple[object, str, bool]]:
        """Yield members but folders: what opens one, its path, whether it is a file."""

    @abc.abstractmethod
    def _size(self, member) -> int:
        """Return the bytes of a member, decompressed."""

    @abc.abstractmethod
    def _open(self, archive, member):
        """Return a context with a member as a file."""


class _Zip(Archive):
    def _reading(self):
        return zipfile.ZipFile(self.location)

    def _members(self, archive):
        for member in archive.infolist():
            if not member.is_dir():
                # Archives made on Windows may have its separator.
                name = member.filename.replace("\\", "/")
                yield member, name, not stat.S_ISLNK(member.external_attr >> 16)

    def _size(self, member) -> int:
        return member.file_size

    def _open(self, archive, member):
        return archive.open(member)


class _Tar(Archive):
    def _reading(self):
        return tarfile.open(self.location)

    def _members(self, archive):
        for member in archive:
            if not member.isdir():
                yield member, member.name, member.isreg()

    def _size(self, member) -> int:
        return member.size

    def _open(self, archive, member):
        return archive.extractfile(member)


def signature(location: str, shown: str) -> tuple[list, bool]:
    """Return what tells a changed archive, and whether it is sure; see `Folder.signature`.

    Raises
    ------
    ValueError
        Where there is no such file.
    """
    try:
        found = os.stat(location)
    except FileNotFoundError:
        raise ValueError(f"dataset: there is no file {shown!r}") from None
    times = found.st_mtime_ns, found.st_ctime_ns
    stamp = [found.st_size, *times, found.st_ino, found.st_dev]
    return stamp, max(times) + UNSETTLED < time.time_ns()


def open_archive(location: str, shown: str) -> Archive:
    """Return the pictures of an archive, whatever its suffix says.

    Parameters
    ----------
    location, shown : str
        Path of the file, and what messages call it.

    Raises
    ------
    ValueError
        See `Archive`.
    """
    try:
        if zipfile.is_zipfile(location):
            return _Zip(location, shown)
        return _Tar(location, shown)
    except ValueError as error:
        if str(error).startswith("dataset: "):
            raise
        cause = error
    except _DAMAGE as error:
        cause = error
    reason = " ".join(str(cause).split()) or type(cause).__name__
    raise ValueError(f"dataset: {shown!r} is no zip or tar archive ({reason})")


def _raising(error: UnreadableError) -> Callable[[], bytes]:
    def fail() -> bytes:
        raise error

    return fail
