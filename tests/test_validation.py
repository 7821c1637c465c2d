"""Refusals in one line: field, value and what is allowed."""

import numpy as np
import pytest

from vaelib.validation import Count, FieldError, Fraction, Seed, one_line, shown, validated


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            {"type": "greater_than", "loc": ("epochs",), "input": 0, "msg": "Input should be > 0"},
            "epochs: 0 is not allowed; allowed: > 0",
        ),
        (
            {"type": "string_type", "loc": ("depth", 1), "input": "x", "msg": "A text"},
            "depth: 'x' is not allowed; A text",
        ),
        (
            {"type": "less_than", "loc": ("margins", "elbo"), "input": -1, "msg": "Less"},
            "margins.elbo: -1 is not allowed; Less",
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


@validated
def draw(x, n: Count, /, seed: Seed = 0, *, shares: list[Fraction] = (), **options):
    """Draw."""
    return x, n, seed, shares, options


def test_what_is_allowed_passes_as_python_has_it():
    x, n, seed, shares, options = draw([1], np.int64(3), seed=np.uint8(7), shares=[0.5], other="o")
    assert (x, n, seed, shares, options) == ([1], 3, 7, [0.5], {"other": "o"})
    assert type(n) is type(seed) is int
    assert draw.__doc__ == "Draw."


@pytest.mark.parametrize(
    ("args", "options", "line"),
    [
        ((0, 0), {}, "n: 0 is not allowed; allowed: greater than 0"),
        ((0, 2.9), {}, "n: 2.9 is not allowed; allowed: a valid integer"),
        ((0, "16"), {}, "n: '16' is not allowed; allowed: a valid integer"),
        ((0, True), {}, "n: True is not allowed; allowed: a valid integer"),
        ((0, np.True_), {}, "n: np.True_ is not allowed; allowed: a valid integer"),
        ((0, 1), {"seed": None}, "seed: None is not allowed; allowed: a valid integer"),
        ((0, 1), {"seed": -1}, "seed: -1 is not allowed; allowed: greater than or equal"),
        ((0, 1), {"shares": [0.5, 1.5]}, "shares: 1.5 is not allowed; allowed: less than 1"),
        ((0, 1), {"shares": [True]}, "shares: True is not allowed; allowed: a number"),
        ((0, np.zeros((2, 3))), {}, r"n: float64 array of shape \(2, 3\) is not allowed"),
    ],
)
def test_an_argument_that_is_not_allowed_is_refused_in_one_line(args, options, line):
    with pytest.raises(ValueError, match=f"^{line}") as refused:
        draw(*args, **options)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("args", [(), (1,), (1, 2, 3, 4)])
def test_a_wrong_number_of_arguments_is_an_error_of_the_call(args):
    with pytest.raises(TypeError, match="argument"):
        draw(*args)


def test_values_are_shown_in_short():
    assert shown(list(range(100))) == "[0, 1, 2, 3, 4, 5, ...]"
    assert shown(np.zeros((60, 8, 8), "uint8")) == "uint8 array of shape (60, 8, 8)"
    assert shown("a" * 40) == repr("a" * 40)


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("lr", "learning_rate"),
        ("batch", "batch_size"),
        ("epoch", "epochs"),
        ("actvations", "activations"),
        ("latent", "latent_dim"),
    ],
)
def test_the_field_that_was_meant_is_proposed(given, nearest):
    fields = ["latent_dim", "initializer", "activations", "batch_size", "epochs", "learning_rate"]
    error = {"type": "extra_forbidden", "loc": (given,), "input": 3, "msg": "Extra"}
    assert f"did you mean '{nearest}'?" in one_line(error, fields)
