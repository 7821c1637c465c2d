"""Types of a study's fields: what is read, what is converted, what is refused."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from vaelib.data.sources import Source
from vaelib.models import activations
from vaelib.results.columns import JUDGED
from vaelib.study import yaml_file
from vaelib.validation import FieldError, ImageSize, NotNegative, Seed, shown, whole_number

LONGEST_LINE = 200
MOST_SEEDS = 1000
MOST_IMAGES = 64  # as many as `training.examples` keeps


def listed(value: Any, field: str) -> list:
    """Read a single value or, from the command line, ``a,b`` as a list."""
    if isinstance(value, str):
        try:
            return yaml_file.read(value if value.startswith("[") else f"[{value}]")
        except yaml.YAMLError:
            raise FieldError(f"{field}: {value!r} is not a list; allowed: a,b") from None
    if hasattr(value, "tolist"):  # of NumPy
        value = value.tolist()
    return value if isinstance(value, list | tuple) else [value]


def to_list(value: Any, info: ValidationInfo) -> list:
    """Read a field's value as a list; see `listed`."""
    return listed(value, info.field_name)


def to_seeds(value: Any, info: ValidationInfo) -> list:
    """Read a single number n as the seeds 0 to n - 1."""
    value = whole_number(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= MOST_SEEDS:
            raise FieldError(
                f"seeds: {value} is not allowed; allowed: 1 to {MOST_SEEDS}, or a list"
            )
        return list(range(value))
    return to_list(value, info)


def to_line(value: str, info: ValidationInfo) -> str:
    """Refuse what is no line of text of a title's length."""
    if not (0 < len(value) <= LONGEST_LINE and value.isprintable()):
        raise FieldError(
            f"{info.field_name}: {shown(value)} is not allowed; allowed: a line of 1 to "
            f"{LONGEST_LINE} characters"
        )
    return value


def to_sides(value: Any, info: ValidationInfo) -> Any:
    """Read ``height,width`` of the command line as a list; leave all else as it is."""
    return to_list(value, info) if isinstance(value, str) and "," in value else value


def to_locations(value: Any) -> list:
    """Read sources of images, files with their absolute path: notebooks run elsewhere.

    A text with commas is a list, unless only the last part names a source: then the
    commas belong to a path.
    """
    entries = value if isinstance(value, list | tuple) else [value]
    if isinstance(value, str):
        parts = [part.strip() for part in value.split(",")]
        *others, last = [Source.parse(part).kind for part in parts]
        is_path = last is not None and None in others
        entries = [value] if is_path or Source.parse(value).exists else parts
    return [_location(entry) if isinstance(entry, str | Path) else entry for entry in entries]


def _location(entry: str | Path) -> str:
    if not _is_text(str(entry)):
        raise FieldError(
            f"dataset: {str(entry)!r} has bytes that are no UTF-8; allowed: a path in UTF-8, "
            "such as that of a link"
        )
    source = Source.parse(entry)
    location = source.location
    # A device, a pipe or a socket may never end.
    if source.exists and not (os.path.isfile(location) or os.path.isdir(location)):
        raise FieldError(
            f"dataset: {str(entry)!r} is neither a file nor a folder; allowed: one of them"
        )
    return location


def _is_text(path: str) -> bool:
    """Whether a path can be written into a notebook and onto a page."""
    return not any("\ud800" <= one <= "\udfff" for one in path)


def to_canonical(value: list[str | None], info: ValidationInfo) -> list[str | None]:
    """Replace aliases of activations by their canonical names."""
    field = info.field_name
    names = [name if name is None else _canonical_name(name, field) for name in value]
    for name, given in zip(names, value, strict=True):
        if names.count(name) > 1 and name != given:
            raise FieldError(
                f"{field}: {given!r} is an alias of {name!r}, which is there too; "
                "allowed: each once"
            )
    return names


def _canonical_name(name: str, field: str) -> str:
    try:
        entry = activations.get(name, field)
    except ValueError as error:
        raise FieldError(str(error)) from None
    if entry.function is not None and entry.definition is None:
        raise FieldError(
            f"{field}: {entry.name!r} is registered in this process only, and a study "
            "runs in others; allowed: the function of a file, as in mine.py:snake"
        )
    return entry.name


def distinct(value: list, info: ValidationInfo) -> list:
    """Refuse a list with an entry twice."""
    for i, entry in enumerate(value):
        if entry in value[:i]:
            raise FieldError(f"{info.field_name}: {entry!r} is there twice; allowed: each once")
    return value


def of_judged_metrics(value: dict[str, float]) -> dict[str, float]:
    """Refuse the margin of a metric that gets no verdict."""
    allowed = [metric.column for metric in JUDGED]
    for metric in value:
        if metric not in allowed:
            raise FieldError(f"margins: {metric!r} is unknown; allowed: {', '.join(allowed)}")
    return value


Line = Annotated[str, AfterValidator(to_line)]
StudyName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$")]

Design = Literal["full", "race"]
Architecture = Literal["dense", "conv"]
Initializer = Literal["keras", "matched"]
Optimizer = Literal["adam", "sgd", "rmsprop", "nadam", "adamax", "adagrad"]
Likelihood = Literal["bernoulli", "gaussian"]
OutputActivation = Literal["sigmoid", "linear"]

# Lists that may be given as a single value; see the validators above.
_T = TypeVar("_T")
_LIST = BeforeValidator(to_list)
_NOT_EMPTY = Field(min_length=1)
_DISTINCT = AfterValidator(distinct)
_CANONICAL = AfterValidator(to_canonical)
Several = Annotated[list[_T], _LIST]
SeveralDistinct = Annotated[list[_T], _DISTINCT, _LIST]
OneOrSeveral = Annotated[list[_T], _NOT_EMPTY, _DISTINCT, _LIST]
Activations = Annotated[list[_T], _NOT_EMPTY, _CANONICAL, _DISTINCT, _LIST]
Seeds = Annotated[list[Seed], _NOT_EMPTY, _DISTINCT, BeforeValidator(to_seeds)]
Sources = Annotated[list[str], _NOT_EMPTY, _DISTINCT, BeforeValidator(to_locations)]
Size = Annotated[ImageSize, BeforeValidator(to_sides)]
Margins = Annotated[dict[str, NotNegative], AfterValidator(of_judged_metrics)]
