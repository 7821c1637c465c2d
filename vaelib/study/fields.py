"""Kinds of a study's fields, and their refusal in one line."""

import difflib
from collections.abc import Iterable
from typing import Annotated, Literal

import pydantic

from vaelib.models import activations

Count = Annotated[int, pydantic.Field(gt=0, strict=True)]
Seed = Annotated[int, pydantic.Field(ge=0, lt=2**32, strict=True)]
Fraction = Annotated[float, pydantic.Field(gt=0, lt=1)]


def _number(value):
    """Refuse true and false, which pydantic takes for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("input should be a number")
    return value


Finite = Annotated[float, pydantic.BeforeValidator(_number), pydantic.Field(allow_inf_nan=False)]
Positive = Annotated[Finite, pydantic.Field(gt=0)]
NotNegative = Annotated[Finite, pydantic.Field(ge=0)]
Optimizer = Literal["adam", "sgd", "rmsprop", "nadam", "adamax", "adagrad"]


def Listed(kind):  # noqa: N802, it makes a type
    """One value or several, at least one."""
    return Annotated[list[kind], pydantic.Field(min_length=1)]


class OneLine(ValueError):
    """Carries a finished message through pydantic."""


def known_activation(name: str, field: str) -> str:
    """Return an activation's canonical name."""
    try:
        entry = activations.get(name)
    except ValueError as error:
        raise OneLine(str(error)) from None
    if entry.function is not None:
        raise OneLine(
            f"{field}: {entry.name!r} is registered in this process only, and a study "
            "runs in others; allowed: names of keras.activations"
        )
    return entry.name


def one_line(error: dict, fields: Iterable[str]) -> str:
    """Return one of pydantic's errors as field, value and what is allowed."""
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, OneLine):
        return str(cause)
    field = ".".join(str(part) for part in error["loc"] if isinstance(part, str))
    if error["type"] == "extra_forbidden":
        nearest = difflib.get_close_matches(field, fields, n=1, cutoff=0.0)[0]
        return (
            f"{field}: unknown field (value {error['input']!r}); did you mean {nearest!r}? "
            f"allowed: {', '.join(fields)}"
        )
    message = error["msg"][0].lower() + error["msg"][1:]
    return f"{field}: {error['input']!r} is not allowed; {message}"
