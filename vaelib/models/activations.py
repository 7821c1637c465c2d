"""The registry of activation functions: what a name stands for, and what is refused.

Keras is imported only when a function is requested, so that a study can be checked
without loading it.
"""

import contextlib
import difflib
import functools
from collections.abc import Callable

from vaelib.exceptions import require
from vaelib.models import catalogue
from vaelib.models.catalogue import ALIASES, GLOROT, HE, INITIALIZERS, Activation
from vaelib.validation import shown

__all__ = ["INITIALIZERS", "Activation", "get", "names", "register"]

_REGISTRY = dict(catalogue.NAMED)


def get(name: str, field: str = "activation") -> Activation:
    """Look up an activation by name.

    Parameters
    ----------
    name : str
        A registered name, an alias (``swish``), a leaky ReLU with its slope
        (``leaky_relu:0.1``), or the name of any other element-wise function of
        `keras.activations`.
    field : str
        That has the name, for messages.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        For an unknown name (the message gives the nearest known one), a slope that
        is not from 0 to 1, or a function that is not element-wise.
    """
    require(isinstance(name, str), field, repr(name), "a name, as a string")
    canonical = ALIASES.get(name, name)
    if canonical in _REGISTRY:
        return _REGISTRY[canonical]
    try:
        if catalogue.has_slope(canonical):
            return catalogue.leaky_relu(canonical)
        return _from_keras(canonical)
    except ValueError as refusal:
        raise ValueError(f"{field}: {name!r} {refusal}") from None


def names() -> list[str]:
    """Return the registered names, in order of registration."""
    return list(_REGISTRY)


def register(
    function: Callable,
    name: str | None = None,
    matched_initializer: str = GLOROT,
    text: str = "a function of your own",
) -> Activation:
    """Register a function of your own, so that `VAE` accepts its name.

    Parameters
    ----------
    function : callable
        Element-wise, differentiable function from a float32 tensor to one of
        the same shape, without weights of its own.
    name : str, optional
        Its name; the function's own by default.
    matched_initializer : str
        Keras name of the kernel initialiser used under ``matched``.
    text : str
        What it does, in a line.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        When another function has the name, for an unknown initialiser, and for
        a function that is not as described. The same definition may come
        again, as when a cell of a notebook is executed twice.
    """
    from vaelib.models import elementwise

    require(callable(function), "function", shown(function), "a function of a tensor")
    name = getattr(function, "__name__", None) if name is None else name
    require(
        isinstance(name, str) and name.isidentifier(),
        "name",
        shown(name),
        "a name of letters, digits and underscores, as in register(function, 'my_name')",
    )
    entry = Activation(name, matched_initializer, text, function)
    known = _REGISTRY.get(name)
    if known is not None and _same(known, entry):
        return known
    if known is not None or name in ALIASES or name in _keras_names():
        raise ValueError(f"activation: {name!r} is taken; allowed: another name")
    try:
        elementwise.check(function)
    except ValueError as refusal:
        raise ValueError(f"activation: {name!r} {refusal}") from None
    _require_initializer(matched_initializer)
    _REGISTRY[name] = entry
    return entry


def _same(known: Activation, entry: Activation) -> bool:
    """Whether two entries have the same definition, if not the same function object."""
    codes = [getattr(one.function, "__code__", one.function) for one in (known, entry)]
    same_code = codes[0] == codes[1]
    return same_code and known.matched_initializer == entry.matched_initializer


def _require_initializer(name: str) -> None:
    from vaelib.backend import keras

    try:
        known = isinstance(name, str) and keras.initializers.get(name) is not None
    except ValueError:
        known = False
    if not known:
        near = difflib.get_close_matches(str(name), dir(keras.initializers), n=1)
        proposal = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(
            f"matched_initializer: {shown(name)} is unknown; {proposal}allowed: a name of "
            "keras.initializers, such as he_uniform"
        )


@functools.lru_cache
def _from_keras(name: str) -> Activation:
    """Return the entry for a function of `keras.activations` outside the registry."""
    from vaelib.backend import keras
    from vaelib.models import elementwise

    if name not in _keras_names():
        raise ValueError(
            f"is unknown;{_proposal(name)} allowed: {', '.join(_REGISTRY)}, leaky_relu:0.1 or "
            "another slope, or another element-wise name of keras.activations"
        )
    function = keras.activations.get(name)
    if function.__name__ in _REGISTRY:
        return _REGISTRY[function.__name__]
    elementwise.check(function)
    rectifier = any(family in name for family in ("relu", "elu", "silu"))
    return Activation(name, HE if rectifier else GLOROT, "from keras.activations")


def _keras_names() -> set[str]:
    from vaelib.backend import keras

    offered = {name for name in dir(keras.activations) if not name.startswith("_")}
    return offered - {"get", "serialize", "deserialize"}


def _proposal(name: str) -> str:
    """Return a question that proposes a name; empty where none is near."""
    near = difflib.get_close_matches(name.lower(), {*_keras_names(), *_REGISTRY, *ALIASES}, n=3)
    for proposed in near:
        with contextlib.suppress(ValueError):  # a function that is refused itself
            get(proposed)
            return f" did you mean {proposed!r}?"
    return ""
