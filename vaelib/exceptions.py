"""Exceptions, and the refusal of bad input: field, value, what is allowed."""


class StudyError(ValueError):
    """A study that cannot be run; the message is one line."""


class RunError(RuntimeError):
    """A notebook that did not finish; the message is its cause in one line."""


def require(condition: bool, field: str, value, allowed: str) -> None:
    """Raise a ValueError that names the field, the value and what is allowed."""
    if not condition:
        raise ValueError(f"{field}: {value} is not allowed; allowed: {allowed}")
