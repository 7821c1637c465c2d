"""The registry of activation functions.

Names, matched initialisers and one line of text each. Keras is imported only when
a function is requested, so that a study can be checked without loading it.
"""

import dataclasses
import difflib
from collections.abc import Callable

from vaelib.exceptions import require

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


def get(name: str) -> Activation:
    """Look up an activation by name.

    Parameters
    ----------
    name : str
        A registered name, an alias (``swish``), or the name of any other
        element-wise function of `keras.activations`.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        For an unknown name (the message gives the nearest known one) or a
        function that is not element-wise.
    """
    require(isinstance(name, str), "activation", repr(name), "a name, as a string")
    canonical = _ALIASES.get(name, name)
    if canonical not in _REGISTRY:
        _REGISTRY[canonical] = _from_keras(name, canonical)
    return _REGISTRY[canonical]


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
        Element-wise function from a tensor to a tensor of the same shape.
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
        When the name is taken or the function is not element-wise.
    """
    name = name or function.__name__
    if name in _REGISTRY or name in _ALIASES:
        raise ValueError(f"activation: {name!r} is taken; choose another name")
    _require_elementwise(name, function)
    _REGISTRY[name] = Activation(name, matched_initializer, text, function)
    return _REGISTRY[name]


def _from_keras(name: str, canonical: str) -> Activation:
    """Return the entry for a function of `keras.activations` outside the registry."""
    from vaelib.backend import keras

    offered = [n for n in dir(keras.activations) if not n.startswith("_")]
    offered = sorted({*offered, *_REGISTRY, *_ALIASES} - {"get", "serialize", "deserialize"})
    if canonical not in offered:
        nearest = difflib.get_close_matches(name.lower(), offered, n=1, cutoff=0.0)[0]
        raise ValueError(
            f"activation: {name!r} is unknown; did you mean {nearest!r}? "
            f"allowed: {', '.join(_REGISTRY)} or another element-wise name of "
            "keras.activations"
        )
    function = keras.activations.get(canonical)
    if function.__name__ in _REGISTRY:
        return _REGISTRY[function.__name__]
    _require_elementwise(name, function)
    rectifier = any(family in canonical for family in ("relu", "elu", "silu"))
    return Activation(canonical, HE if rectifier else GLOROT, "from keras.activations")


def _require_elementwise(name: str, function: Callable) -> None:
    """Refuse a function in which the value of a unit depends on other units."""
    import numpy as np

    from vaelib.backend import tf

    values = np.linspace(-3, 3, 12, dtype="float32").reshape(2, 6)
    reason = None
    try:
        whole = np.asarray(function(tf.constant(values)))
    except TypeError:
        reason = "it needs further arguments"
    else:
        if whole.shape != values.shape:
            reason = "it changes the number of units"
        else:
            # Change all but the first value, then all but the last: that value must not change.
            for kept in ((0, 0), (-1, -1)):
                changed = values - 6
                changed[kept] = values[kept]
                if np.asarray(function(tf.constant(changed)))[kept] != whole[kept]:
                    reason = "it mixes the units of a layer"
    if reason:
        raise ValueError(
            f"activation: {name!r} is not element-wise: {reason}; allowed: functions "
            "that map each unit by itself, such as relu or tanh"
        )
