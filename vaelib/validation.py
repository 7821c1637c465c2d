"""Arguments of public functions and fields of a study, checked by pydantic.

A refusal is one line: the field, its value, what is allowed.
"""

import difflib
import functools
import inspect
import operator
import re
import reprlib
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import pydantic
from pydantic import BeforeValidator, Field

# How pydantic begins its messages.
_ALLOWED = re.compile(r"(?:Value error, )?(?:Input|String|List|Tuple) should (?:be )?")


class FieldError(ValueError):
    """Refuses a field; the message is final, and pydantic only carries it."""


def whole_number(value: Any) -> Any:
    """Read NumPy's integers as Python's; leave booleans for pydantic to refuse."""
    if _is_boolean(value) or not hasattr(type(value), "__index__"):
        return value
    try:
        return operator.index(value)
    except TypeError:  # an array of several numbers
        return value


def _not_a_boolean(value: Any) -> Any:
    """Refuse true and false, which pydantic takes for 1 and 0."""
    if _is_boolean(value):
        raise ValueError("Input should be a number")
    return value


def _is_boolean(value: Any) -> bool:
    # By name, as NumPy is not imported to check a study.
    return isinstance(value, bool) or str(getattr(value, "dtype", "")) == "bool"


def _sizes(value: Any) -> list | tuple:
    """Read an array of numbers as a list; refuse what is no list."""
    listed = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(listed, list | tuple):
        raise ValueError("Input should be a list of whole numbers")
    return listed


def _image_shape(value: Any) -> list | tuple:
    if len(_sizes(value)) != 3:
        raise ValueError("Input should be height, width and channels")
    return _sizes(value)


def _image_size(value: Any) -> list | tuple:
    """Read one number as height and width."""
    value = value.tolist() if hasattr(value, "tolist") else value
    sides = value if isinstance(value, list | tuple) else [value, value]
    whole = [whole_number(side) for side in sides]
    if len(whole) != 2 or not all(type(side) is int and 8 <= side <= 128 for side in whole):
        raise ValueError("Input should be a whole number from 8 to 128, or [height, width]")
    return whole


_WHOLE = BeforeValidator(whole_number)
Count = Annotated[int, Field(gt=0, strict=True), _WHOLE]
Seed = Annotated[int, Field(ge=0, lt=2**32, strict=True), _WHOLE]
Whole = Annotated[int, Field(ge=0, strict=True), _WHOLE]
Share = Annotated[float, BeforeValidator(_not_a_boolean), Field(ge=0, lt=1)]
Fraction = Annotated[float, BeforeValidator(_not_a_boolean), Field(gt=0, lt=1)]
Finite = Annotated[float, BeforeValidator(_not_a_boolean), Field(allow_inf_nan=False)]
ImageShape = Annotated[tuple[Count, Count, Count], BeforeValidator(_image_shape)]
ImageSize = Annotated[tuple[int, int], BeforeValidator(_image_size)]
Sizes = Annotated[tuple[Count, ...], BeforeValidator(_sizes)]
Positive = Annotated[Finite, Field(gt=0)]
NotNegative = Annotated[Finite, Field(ge=0)]


def validated(function: Callable) -> Callable:
    """Check the annotated arguments of a function at every call.

    Parameters
    ----------
    function : callable
        With annotations that pydantic knows, such as `Count`; an argument
        without one passes as it is.

    Returns
    -------
    callable
        That raises ValueError in one line for the first wrong argument.

    Examples
    --------
    >>> @validated
    ... def draw(n: Count, seed: Seed = 0): ...
    >>> draw(0)
    Traceback (most recent call last):
    ValueError: n: 0 is not allowed; allowed: greater than 0
    """
    signature = inspect.signature(function)
    adapters = {
        name: pydantic.TypeAdapter(parameter.annotation)
        for name, parameter in signature.parameters.items()
        if parameter.annotation is not parameter.empty
    }

    @functools.wraps(function)
    def call(*args, **kwargs):
        given = signature.bind(*args, **kwargs)
        for name in given.arguments.keys() & adapters.keys():
            try:
                given.arguments[name] = adapters[name].validate_python(given.arguments[name])
            except pydantic.ValidationError as error:
                raise ValueError(one_line(error.errors()[0], field=name)) from None
        return function(*given.args, **given.kwargs)

    return call


def one_line(error: dict, fields: Iterable[str] = (), field: str = "") -> str:
    """Return one of pydantic's errors as field, value and what is allowed.

    Parameters
    ----------
    error : dict
        One of `pydantic.ValidationError.errors`.
    fields : iterable of str
        All fields, of which the nearest is suggested in place of an unknown one.
    field : str
        The field's name, where the error does not have it.
    """
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, FieldError):
        return str(cause)
    field = field or ".".join(str(part) for part in error["loc"] if isinstance(part, str))
    value = shown(error["input"])
    if error["type"] == "extra_forbidden":
        return (
            f"{field}: unknown field (value {value}); did you mean "
            f"{_nearest(field.rpartition('.')[2], fields)!r}? "
            f"allowed: {', '.join(fields)}"
        )
    if error["type"] == "too_short":
        least = error["ctx"]["min_length"]
        return f"{field}: {value} is not allowed; allowed: at least {least} value{'s'[: least > 1]}"
    message = _ALLOWED.sub("allowed: ", error["msg"], count=1)
    return f"{field}: {value} is not allowed; {message}"


def _nearest(given: str, fields: Iterable[str]) -> str:
    """Return the field that was meant, such as ``learning_rate`` for ``lr``."""
    for field in fields:
        if given.lower() == "".join(word[0] for word in field.split("_")):
            return field
    beginnings = [field for field in fields if field.startswith(given.lower())]
    return (beginnings or difflib.get_close_matches(given, fields, n=1, cutoff=0.0))[0]


def shown(value: Any) -> str:
    """Return a value as a message shows it: short, and arrays by their type and shape."""
    if hasattr(value, "dtype") and getattr(value, "shape", ()):
        return f"{value.dtype} array of shape {tuple(value.shape)}"
    return _REPR.repr(value)


_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 200
