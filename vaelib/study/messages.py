"""Refusal of a study's fields in one line: field, value, what is allowed."""

import difflib
from collections.abc import Iterable


class FieldError(ValueError):
    """Refuses a field; the message is final, and pydantic only carries it."""


def one_line(error: dict, fields: Iterable[str]) -> str:
    """Return one of pydantic's errors as field, value and what is allowed.

    Parameters
    ----------
    error : dict
        One of `pydantic.ValidationError.errors`.
    fields : iterable of str
        All fields, of which the nearest is suggested in place of an unknown one.
    """
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, FieldError):
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
