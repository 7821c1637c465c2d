"""The registry of activation functions: what a name stands for, and what is refused.

Keras is imported only when a function is requested, so that a study can be checked
without loading it.
"""

import contextlib
import difflib
import functools
import os
from collections.abc import Callable

from vaelib.exceptions import require
from vaelib.models import catalogue, function_files
from vaelib.models.catalogue import ALIASES, GLOROT, HE, INITIALIZERS, Activation
from vaelib.models.function_files import FunctionFile
from vaelib.validation import shown

__all__ = ["INITIALIZERS", "Activation", "get", "names", "register", "register_file"]

_REGISTRY = dict(catalogue.NAMED)


def get(name: str, field: str = "activation") -> Activation:
    """Look up an activation by name.

    Parameters
    ----------
    name : str
        A registered name, an alias (``swish``), a leaky ReLU with its slope
        (``leaky_relu:0.1``), a registered function of a file (``mine.py:snake``), or
        the name of any other element-wise function of `keras.activations`.
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
        if function_files.is_reference(canonical):
            raise ValueError(
                "is a function of a file that is not registered here; allowed: after "
                f"vaelib.activations.register_file({name!r})"
            )
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
    if known is not None or is_of_keras(name):
        raise ValueError(f"activation: {name!r} is taken; allowed: another name")
    try:
        elementwise.check(function)
    except ValueError as refusal:
        raise ValueError(f"activation: {name!r} {refusal}") from None
    _require_initializer(matched_initializer)
    _REGISTRY[name] = entry
    return entry


def register_file(reference: str | os.PathLike) -> Activation:
    """Execute a Python file and register a function of it.

    It says so in a line, first. A change of the file is noticed when it is registered
    again, and saved models are loaded with the function they were trained with, or not
    at all.

    Parameters
    ----------
    reference : str or path
        Path of the file and name of the function, such as ``folder/mine.py:snake``: an
        element-wise function as in `register`. It may have an attribute
        ``matched_initializer``. The file must need no other file of yours.

    Returns
    -------
    Activation
        With the name ``mine.py:snake``, whatever the folder.

    Raises
    ------
    ValueError
        For a file that is missing or fails, and for a function that is missing or not
        as described.
    """
    try:
        file = FunctionFile.parse(reference)
        text = file.read()
    except ValueError as refusal:
        raise ValueError(f"activation: {str(reference)!r} {refusal}") from None
    return register_definition(file.name, text, str(file.path))


def register_definition(
    name: str, text: str, path: str | None = None, field: str = "activation"
) -> Activation:
    """Register a function of a file, given the file's text.

    One that has the name and another text is replaced; the same is not executed again.

    Parameters
    ----------
    name : str
        Of file and function, such as ``mine.py:snake``.
    text : str
        Of the file.
    path : str, optional
        Of the file, for messages.
    field : str
        That has the name, for messages.

    Raises
    ------
    ValueError
        As `register_file`.
    """
    from vaelib.models import elementwise

    known = _REGISTRY.get(name)
    if known is not None and known.definition == text:
        return known
    try:
        with function_files.without_other_files(path):
            function = function_files.load(name, text, path)
            elementwise.check(function)
        initializer = getattr(function, "matched_initializer", GLOROT)
        _require_initializer(initializer)
    except ValueError as refusal:
        raise ValueError(f"{field}: {name!r} {refusal}") from None
    summary = (getattr(function, "__doc__", None) or "a function of your own").strip()
    entry = Activation(name, initializer, summary.splitlines()[0], function, definition=text)
    _REGISTRY[name] = entry
    return entry


def digests(*names: str) -> dict[str, str]:
    """Return by name the hashes of those activations that come from files."""
    found = {name: get(name).digest for name in names}
    return {name: digest for name, digest in found.items() if digest is not None}


def require_as_saved(name: str, field: str, digest: str | None) -> None:
    """Refuse the activation of a saved model that is not registered as it was then.

    Parameters
    ----------
    name, field : str
    digest : str or None
        Of `digests` when the model was saved; None for one that has no file.
    """
    try:
        entry = get(name, field)
    except ValueError:
        call = "_file" if function_files.is_reference(name) else ""
        argument = repr(name) if call else f"function, {name!r}"
        raise ValueError(
            f"{field}: {name!r} is not registered here; allowed: after "
            f"vaelib.activations.register{call}({argument})"
        ) from None
    if entry.digest != digest:
        raise ValueError(
            f"{field}: {name!r} is not the function that the model was trained with (its file "
            f"has the hash {entry.digest}); allowed: the file with {digest}"
        )


def is_of_keras(name: str) -> bool:
    """Whether Keras has an activation of this name, or one has it as its alias."""
    return name in ALIASES or name in _keras_names()


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
