"""Sources of images: kind, location and name, from the text that a user gives.

Needs neither NumPy nor a file to exist, so that a study can be checked at once;
`data.readers` reads what a source names.
"""

import dataclasses
import difflib
import enum
import os
from pathlib import Path


class Kind(enum.StrEnum):
    """What a source is, which decides the reader; see `data.readers.READERS`."""

    EMBEDDED = "embedded"  # in an installed package
    KERAS = "keras"  # in `keras.datasets`, downloaded once
    NPZ = "npz"  # a file of NumPy arrays
    NPY = "npy"  # a file of one NumPy array
    FOLDER = "folder"  # of pictures
    ARCHIVE = "archive"  # of such a folder


BUILT_IN = {
    "mnist5k": Kind.EMBEDDED,
    "digits": Kind.EMBEDDED,
    "photos": Kind.EMBEDDED,
    "mnist": Kind.KERAS,
    "fashion_mnist": Kind.KERAS,
    "cifar10": Kind.KERAS,
    "cifar100": Kind.KERAS,
}
FILE_SUFFIXES = {
    ".npz": Kind.NPZ,
    ".npy": Kind.NPY,
    ".zip": Kind.ARCHIVE,
    ".tar": Kind.ARCHIVE,
    ".tar.gz": Kind.ARCHIVE,
    ".tgz": Kind.ARCHIVE,
    ".tar.bz2": Kind.ARCHIVE,
    ".tar.xz": Kind.ARCHIVE,
}


@dataclasses.dataclass(frozen=True)
class Source:
    """A source of images.

    Attributes
    ----------
    given : str
        A built-in name or a path, as the user wrote it; messages show this.
    kind : Kind or None
        None for text that is neither; reading it is refused.

    Examples
    --------
    >>> Source.parse("digits").name
    'digits'
    >>> Source.parse("photos/cats.npz").name
    'cats'
    >>> Source.parse("photos/cats/").name
    'cats'
    """

    given: str
    kind: Kind | None

    @classmethod
    def parse(cls, given: str | os.PathLike) -> "Source":
        """Recognise a built-in name, a folder that is there, or the suffix of a file.

        Other text with a separator is the path of a folder that is missing. A built-in
        name goes before a folder of that name, which ``./`` before it names.
        """
        text = os.fspath(given)
        if text in BUILT_IN and isinstance(given, str):
            return cls(text, BUILT_IN[text])
        if _is_folder(text):
            return cls(text, Kind.FOLDER)
        suffix = _suffix(text)
        if not suffix and os.sep in text and not Path(text).suffix:
            return cls(text, Kind.FOLDER)
        return cls(text, FILE_SUFFIXES.get(suffix))

    @property
    def is_path(self) -> bool:
        """Whether the source is a file or a folder of the user's."""
        return self.kind is not None and self.kind not in BUILT_IN.values()

    @property
    def exists(self) -> bool:
        """Whether it is the path of a file or folder that is there."""
        return self.is_path and os.path.exists(self.location)

    @property
    def location(self) -> str:
        """The absolute path of a file or folder, valid anywhere; else the text given."""
        return _absolute(self.given) if self.is_path else self.given

    @property
    def name(self) -> str:
        """The name of the data set in tables and on the page."""
        if self.kind == Kind.FOLDER:
            return os.path.basename(os.path.normpath(self.location)) or "pictures"
        name = Path(self.given).name
        return name[: len(name) - len(_suffix(name))] or name

    @property
    def label(self) -> str:
        """The name with a file's suffix, without the folders of the user."""
        return self.name if self.kind == Kind.FOLDER else Path(self.given).name


def allowed(offline: bool = False) -> str:
    """Return what a source may be, in words.

    Parameters
    ----------
    offline : bool
        Whether to leave out what is downloaded.
    """
    names = [name for name, kind in BUILT_IN.items() if not (offline and kind == Kind.KERAS)]
    return (
        f"{', '.join(names)}, or the path of a folder, .zip or .tar of pictures, or of a .npz or "
        ".npy file"
    )


def nearest(text: str) -> str:
    """Return a question that proposes a built-in name; empty where none is near."""
    simple = text.lower().replace("-", "_").replace(" ", "_")
    found = difflib.get_close_matches(simple, BUILT_IN, n=1, cutoff=0.7)
    return f", did you mean {found[0]!r}?" if found else ""


def _absolute(text: str) -> str:
    return str(Path(os.path.expanduser(text)).absolute())


def _is_folder(text: str) -> bool:
    return "\0" not in text and bool(text) and os.path.isdir(_absolute(text))


def _suffix(text: str) -> str:
    """Return the longest suffix that tells the kind of a file; empty where there is none."""
    found = [suffix for suffix in FILE_SUFFIXES if text.lower().endswith(suffix)]
    return max(found, key=len, default="")
