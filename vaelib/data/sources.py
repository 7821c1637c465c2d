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


BUILT_IN = {
    "mnist5k": Kind.EMBEDDED,
    "digits": Kind.EMBEDDED,
    "mnist": Kind.KERAS,
    "fashion_mnist": Kind.KERAS,
    "cifar10": Kind.KERAS,
}
FILE_SUFFIXES = {".npz": Kind.NPZ}


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
    """

    given: str
    kind: Kind | None

    @classmethod
    def parse(cls, given: str | os.PathLike) -> "Source":
        """Recognise a built-in name or, by its suffix, a file."""
        text = str(given)
        if text in BUILT_IN:
            return cls(text, BUILT_IN[text])
        return cls(text, FILE_SUFFIXES.get(Path(text).suffix.lower()))

    @property
    def is_path(self) -> bool:
        """Whether the source is a file of the user's."""
        return self.kind in FILE_SUFFIXES.values()

    @property
    def exists(self) -> bool:
        """Whether it is the path of a file that is there."""
        return self.is_path and Path(self.location).is_file()

    @property
    def location(self) -> str:
        """The absolute path of a file, which is valid in any folder; else the text given."""
        return str(Path(self.given).expanduser().absolute()) if self.is_path else self.given

    @property
    def name(self) -> str:
        """The name of the data set in tables and on the page."""
        return Path(self.given).stem

    @property
    def label(self) -> str:
        """The name with a file's suffix, without the folders of the user."""
        return Path(self.given).name


def allowed(offline: bool = False) -> str:
    """Return what a source may be, in words.

    Parameters
    ----------
    offline : bool
        Whether to leave out what is downloaded.
    """
    names = [name for name, kind in BUILT_IN.items() if not (offline and kind == Kind.KERAS)]
    return f"{', '.join(names)}, or the path of a {' or '.join(FILE_SUFFIXES)} file"


def nearest(text: str) -> str:
    """Return a question that proposes a built-in name; empty where none is near."""
    simple = text.lower().replace("-", "_").replace(" ", "_")
    found = difflib.get_close_matches(simple, BUILT_IN, n=1, cutoff=0.7)
    return f", did you mean {found[0]!r}?" if found else ""
