"""The registry of activation functions.

Names, matched initialisers and one line of text each. Keras is imported only when
a function is requested, so that a study can be checked without loading it.
"""

import contextlib
import dataclasses
import difflib
import functools
from collections.abc import Callable

from vaelib.exceptions import require
from vaelib.validation import shown

HE = "he_uniform"
LECUN = "lecun_uniform"
GLOROT = "glorot_uniform"

INITIALIZERS = ("keras", "matched")


@dataclasses.dataclass(frozen=True)
class Activation:
    """One element-wise activation function.

    Attributes
    ----------
    name : str
        Canonical name, as in `keras.activations`.
    matched_initializer : str
        Keras name of the kernel initialiser that suits the function: He for
        the ReLU family (He et al. 2015), LeCun for SELU (Klambauer et al.
        2017), Glorot for the rest (Glorot and Bengio 2010).
    text : str
        What the function does, in a line.
    function : callable or None
        The user's own function; None for one of `keras.activations`.
    """

    name: str
    matched_initializer: str
    text: str
    function: Callable | None = None

    def resolve(self) -> Callable:
        """Return the function on tensors."""
        if self.function is not None:
            return self.function
        from vaelib.backend import keras

        return keras.activations.get(self.name)

    def initializer(self, kind: str) -> str:
        """Return the Keras name of the kernel initialiser.

        Parameters
        ----------
        kind : {"keras", "matched"}
            Keras' default (Glorot uniform) or the one that suits the function.
        """
        return {"keras": GLOROT, "matched": self.matched_initializer}[kind]


_REGISTRY = {
    activation.name: activation
    for activation in (
        Activation("sigmoid", GLOROT, "1 / (1 + exp(-a)): saturates at 0 and 1"),
        Activation("tanh", GLOROT, "saturates at -1 and 1, slope 1 at 0"),
        Activation("relu", HE, "max(a, 0): slope 1 above zero, none below"),
        Activation("linear", GLOROT, "a: no non-linearity, the control"),
        Activation("leaky_relu", HE, "a above zero, 0.2 a below"),
        Activation("elu", HE, "a above zero, exp(a) - 1 below"),
        Activation("selu", LECUN, "scaled ELU: keeps mean 0 and variance 1"),
        Activation("gelu", HE, "a times the normal distribution function of a"),
        Activation("silu", HE, "a times sigmoid(a), also called swish"),
        Activation("mish", HE, "a times tanh(softplus(a))"),
        Activation("softplus", HE, "log(1 + exp(a)): a smooth ReLU"),
    )
}
_ALIASES = {"swish": "silu", "hard_swish": "hard_silu", "identity": "linear"}


def get(name: str, field: str = "activation") -> Activation:
    """Look up an activation by name.

    Parameters
    ----------
    name : str
        A registered name, an alias (``swish``), or the name of any other
        element-wise function of `keras.activations`.
    field : str
        That has the name, for messages.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        For an unknown name (the message gives the nearest known one) or a
        function that is not element-wise.
    """
    require(isinstance(name, str), field, repr(name), "a name, as a string")
    canonical = _ALIASES.get(name, name)
    if canonical in _REGISTRY:
        return _REGISTRY[canonical]
    try:
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
    if known is not None or name in _ALIASES or name in _keras_names():
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
            f"is unknown;{_proposal(name)} allowed: {', '.join(_REGISTRY)} or another "
            "element-wise name of keras.activations"
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
    near = difflib.get_close_matches(name.lower(), {*_keras_names(), *_REGISTRY, *_ALIASES}, n=3)
    for proposed in near:
        with contextlib.suppress(ValueError):  # a function that is refused itself
            get(proposed)
            return f" did you mean {proposed!r}?"
    return ""
