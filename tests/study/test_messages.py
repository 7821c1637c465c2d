"""Refusals in one line: what pydantic reports, as field, value and what is allowed."""

import pytest

from vaelib.study.messages import FieldError, one_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            {"type": "greater_than", "loc": ("epochs",), "input": 0, "msg": "Input should be > 0"},
            "epochs: 0 is not allowed; input should be > 0",
        ),
        (
            {"type": "string_type", "loc": ("depth", 1), "input": "x", "msg": "A text"},
            "depth: 'x' is not allowed; a text",
        ),
        (
            {"type": "less_than", "loc": ("margins", "elbo"), "input": -1, "msg": "Less"},
            "margins.elbo: -1 is not allowed; less",
        ),
        (
            {"type": "extra_forbidden", "loc": ("epoch",), "input": 3, "msg": "Extra"},
            "epoch: unknown field (value 3); did you mean 'epochs'? allowed: depth, epochs",
        ),
        (
            {"type": "value_error", "loc": (), "ctx": {"error": FieldError("as it is")}},
            "as it is",
        ),
    ],
)
def test_an_error_is_one_line(error, line):
    assert one_line(error, ["depth", "epochs"]) == line
