"""A study's own activations: functions of Python files, known by their text from here on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vaelib.models import activations, function_files
from vaelib.models.function_files import FunctionFile
from vaelib.results.keys import SAME
from vaelib.study import fields
from vaelib.validation import FieldError

_FIELDS = ("activations", "decoder_activation")
_OTHER_ROWS = (SAME, "PCA", "original")  # what tables and figures name beside activations


def anchored(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a study's fields with the files they refer to as paths that begin in a folder.

    Raises
    ------
    FieldError
        For a field that is no list.
    """
    found = dict(values)
    for field, entries in _lists(values):
        found[field] = [
            str(folder.absolute() / Path(entry).expanduser())
            if function_files.is_reference(entry)
            else entry
            for entry in entries
        ]
    return found


def defined(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study's fields with names in the place of files, whose texts are added.

    The files are executed, after a line that says so, unless their text is registered.

    Raises
    ------
    FieldError
        For a file or a function that cannot serve as an activation.
    """
    found, texts = dict(values), dict(_texts(values))
    files: dict[str, FunctionFile] = {}
    for field, entries in _lists(values):
        names = [_read(one, field, files, texts) for one in entries]
        found[field] = names
        for name in {one for one in names if isinstance(one, str)} & texts.keys():
            _register(name, texts[name], field, files)
    if texts or not values.get("own_activations"):
        found["own_activations"] = texts
    return found


def shown_names(names: list[str], own: Mapping[str, str]) -> dict[str, str]:
    """Return how tables and figures call the activations of a study that come from files.

    By the function's name, unless that is another activation's of the study, one of Keras'
    or what a report calls something else.

    Parameters
    ----------
    names : list of str
        Of all activations of the study.
    own : mapping of str to str
        Texts of the files by name.
    """
    used = [name for name in dict.fromkeys(names) if name in own]
    short = {name: name.rpartition(":")[2] for name in used}
    taken = [*_OTHER_ROWS, *(name for name in names if name not in short), *short.values()]
    return {
        name: name if taken.count(one) > 1 or activations.is_of_keras(one) else one
        for name, one in short.items()
    }


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts that are given already; what is none of it pydantic refuses."""
    given = values.get("own_activations")
    if not isinstance(given, Mapping):
        return {}
    return {name: text for name, text in given.items() if isinstance(text, str)}


def _lists(values: Mapping[str, Any]) -> Iterator[tuple[str, list]]:
    """Yield the fields that may refer to files, as lists."""
    for field in _FIELDS:
        if field in values:
            yield field, fields.listed(values[field], field)


def _read(entry: Any, field: str, files: dict[str, FunctionFile], texts: dict[str, str]) -> Any:
    """Return the name in the place of an entry; add the file and its text where it is one."""
    if not function_files.is_reference(entry) or (entry in texts and entry not in files):
        return entry
    try:
        file = FunctionFile.parse(entry)
        text = file.read() if file.name not in files else texts[file.name]
    except ValueError as refusal:
        raise FieldError(f"{field}: {entry!r} {refusal}") from None
    other = files.setdefault(file.name, file)
    if other.path != file.path:
        raise FieldError(
            f"{field}: {entry!r} and {str(other.path)!r} have one name; allowed: files with names "
            "of their own"
        )
    texts[file.name] = text
    return file.name


def _register(name: str, text: str, field: str, files: Mapping[str, FunctionFile]) -> None:
    path = str(files[name].path) if name in files else None
    try:
        activations.register_definition(name, text, path, field)
    except ValueError as refusal:
        raise FieldError(str(refusal)) from None
