"""A user's own activation in a Python file, referred to as ``folder/mine.py:snake``.

The text of the file is the whole definition: it is what identifies the function, what
other processes are given, and what they execute. So it cannot import other files of the
user's, whose changes nobody would notice.
"""

import contextlib
import dataclasses
import difflib
import os
import re
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

_REFERENCE = re.compile(r"\.py(:|$)")
_FILE_NAME = re.compile(r"[\w. -]+\.py")  # shown in tables and figures


@dataclasses.dataclass(frozen=True)
class FunctionFile:
    """A function in a Python file.

    Attributes
    ----------
    path : pathlib.Path
        Absolute.
    function : str
        Its name in the file.
    """

    path: Path
    function: str

    @classmethod
    def parse(cls, reference: str | os.PathLike, folder: str | Path = ".") -> "FunctionFile":
        """Split a reference; a relative path begins in `folder`.

        Raises
        ------
        ValueError
            For a reference without a function, and for a file that has characters in its
            name which tables or figures could not show. This and what else is raised here
            continues a sentence that begins with the reference.
        """
        path, _, function = str(reference).rpartition(":")
        if not function.isidentifier() or not path:
            raise ValueError("names no function; allowed: file and function, as in mine.py:snake")
        path = (Path(folder).absolute() / Path(path).expanduser()).absolute()
        if not _FILE_NAME.fullmatch(path.name):
            raise ValueError(
                f"has the file name {path.name!r}; allowed: letters, digits, spaces and . _ -"
            )
        return cls(path, function)

    @property
    def name(self) -> str:
        """The name of the activation, which is the same in every folder."""
        return f"{self.path.name}:{self.function}"

    def read(self) -> str:
        """Return the text of the file.

        Raises
        ------
        ValueError
            For a file that is missing or is no text.
        """
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ValueError(
                f"cannot be read from {str(self.path)!r}: {reason}; allowed: a Python file"
            ) from None


def is_reference(text) -> bool:
    """Whether a text refers to a function in a Python file."""
    return isinstance(text, str) and _REFERENCE.search(text) is not None


def load(name: str, text: str, path: str | None = None) -> Callable:
    """Execute the text of a file, after saying so, and return its function.

    Parameters
    ----------
    name : str
        As `FunctionFile.name`.
    text : str
    path : str, optional
        Of the file, for messages.

    Raises
    ------
    ValueError
        When the file cannot be executed, or has no such function.
    """
    import vaelib.backend  # noqa: F401 - TensorFlow quietly, before the file imports it

    file, _, function = name.rpartition(":")
    print(f"{path or file} is executed for its function {function}", flush=True)
    module = types.ModuleType(f"activation of {file}")
    sys.modules[module.__name__] = module  # where dataclasses look for their module
    try:
        exec(compile(text, path or f"<{file}>", "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        cause = " ".join(str(error).split())[:120]
        raise ValueError(
            f"cannot be imported ({type(error).__name__}: {cause}); allowed: a file that can be "
            "executed without other files of yours"
        ) from None
    found = getattr(module, function, None)
    if not callable(found):
        raise ValueError(f"is no function of the file;{_proposal(function, module)}")
    return found


def _proposal(function: str, module: types.ModuleType) -> str:
    """Return the end of a refusal: the functions that there are, the nearest one first."""
    there = [
        name
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", None) == module.__name__
    ]
    near = difflib.get_close_matches(function, there, n=1)
    question = f" did you mean {near[0]!r}?" if near else ""
    return f"{question} allowed: {', '.join(there) or 'a file with a function'}"


@contextlib.contextmanager
def without_other_files(path: str | None) -> Iterator[None]:
    """Import nothing from the current folder nor from that of the user's file."""
    hidden = {"", os.getcwd()} | ({os.path.dirname(path)} if path else set())
    before = list(sys.path)
    sys.path[:] = [entry for entry in before if entry not in hidden]
    try:
        yield
    finally:
        sys.path[:] = before
