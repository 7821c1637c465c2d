"""The activations that have a name of their own, with what is known about each.

Keras is imported only when a function is requested, so that a study can be checked
without loading it.
"""

import dataclasses
import hashlib
import re
from collections.abc import Callable

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
        Canonical name, as in `keras.activations` where that has it.
    matched_initializer : str or dict
        The kernel initialiser that suits the function, as `keras.initializers.get` takes
        it: He for the ReLU family (He et al. 2015), LeCun for SELU (Klambauer et al.
        2017), Glorot for the rest (Glorot and Bengio 2010), unless `NAMED` says otherwise.
    text : str
        What the function does, in a line.
    function : callable or None
        The user's own function; None for one of `keras.activations` or of
        `models.functions`.
    slope : float or None
        Below zero, of a leaky ReLU whose name has it.
    definition : str or None
        Text of the Python file that the function was imported from.
    """

    name: str
    matched_initializer: str | dict
    text: str
    function: Callable | None = None
    slope: float | None = None
    definition: str | None = None

    @property
    def digest(self) -> str | None:
        """Hash of the definition: 16 hexadecimal digits."""
        if self.definition is None:
            return None
        return hashlib.sha256(self.definition.encode()).hexdigest()[:16]

    def resolve(self) -> Callable:
        """Return the function on tensors."""
        if self.function is not None:
            return self.function
        from vaelib.backend import keras

        if self.slope is not None:
            return lambda a: keras.activations.leaky_relu(a, negative_slope=self.slope)
        if self.name in _OF_VAELIB:
            from vaelib.models import functions

            return getattr(functions, self.name)
        return keras.activations.get(self.name)

    def initializer(self, kind: str) -> str | dict:
        """Return the kernel initialiser, as `keras.initializers.get` takes it.

        Parameters
        ----------
        kind : {"keras", "matched"}
            Keras' default (Glorot uniform) or the one that suits the function.
        """
        return {"keras": GLOROT, "matched": self.matched_initializer}[kind]


def _preserving(mean_square: float) -> dict:
    """Return the uniform initialiser whose variance is 1 / (mean_square * fan in).

    It keeps the size of values from layer to layer (He et al. 2015, section 2.2, for any
    function f): `mean_square` is the mean of f(a)^2 over standard normal a.
    """
    config = {"scale": 1 / mean_square, "mode": "fan_in", "distribution": "uniform"}
    return {"class_name": "VarianceScaling", "config": config}


_OF_KERAS = (
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
_OF_VAELIB = {
    activation.name: activation
    for activation in (
        # As of GELU and SiLU, which are gated, too: a ReLU where its gate is open or closed.
        Activation("golu", HE, "a times exp(-exp(-a)), the Gompertz function"),
        # U(-sqrt(6 / fan in), sqrt(6 / fan in)): Sitzmann et al. 2020, section 3.2.
        Activation("sine", HE, "sin(a): periodic"),
        # U(-sqrt(3 / fan in), sqrt(3 / fan in)): the mean square of a is kept by its linear
        # part (Ziyin et al. 2020, section 5).
        Activation("snake", LECUN, "a + sin(a)^2: linear with a ripple"),
        # The mean of max(a, 0)^4 is half of 3, the fourth moment.
        Activation("squared_relu", _preserving(1.5), "max(a, 0)^2: slope 2 a above zero"),
    )
}

NAMED = {activation.name: activation for activation in _OF_KERAS} | _OF_VAELIB
ALIASES = {"swish": "silu", "hard_swish": "hard_silu", "identity": "linear"}

_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_LEAKY, _USUAL_SLOPE = "leaky_relu:", 0.2  # Keras'


def has_slope(name: str) -> bool:
    """Whether a name is that of a leaky ReLU with its slope, such as ``leaky_relu:0.1``."""
    return name.startswith(_LEAKY)


def leaky_relu(name: str) -> Activation:
    """Return the leaky ReLU of a name with a slope; one of equal slopes has one name.

    Its matched initialiser is that of He et al. 2015, equation 15.

    Raises
    ------
    ValueError
        For what is no number from 0 to 1; the message continues a sentence that begins
        with the name.

    Examples
    --------
    >>> leaky_relu("leaky_relu:0.10").name, leaky_relu("leaky_relu:0.2").name
    ('leaky_relu:0.1', 'leaky_relu')
    """
    text = name.removeprefix(_LEAKY)
    slope = float(text) if _NUMBER.fullmatch(text) else 1.0
    if slope >= 1:
        raise ValueError(
            f"has the slope {text!r}; allowed: from 0 to less than 1, as in leaky_relu:0.1"
        )
    if slope in (0, _USUAL_SLOPE):
        return NAMED["leaky_relu" if slope else "relu"]
    initializer = _preserving((1 + slope**2) / 2)
    return Activation(
        f"{_LEAKY}{slope}", initializer, f"a above zero, {slope} a below", slope=slope
    )
