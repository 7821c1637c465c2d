"""What an activation function must be, checked on a few values."""

import contextlib
import inspect
import math
from collections.abc import Callable, Iterator

import numpy as np

_SHAPES = (2, 6), (2, 2, 1, 3)  # of what a dense layer returns, and a convolution


def check(function: Callable) -> None:
    """Refuse a function that cannot be the activation of a hidden layer.

    Parameters
    ----------
    function : callable
        Of a tensor.

    Raises
    ------
    ValueError
        For a function with weights or chance of its own, one that is not
        element-wise, returns other types or values that are not finite, or has
        no gradient. The message continues a sentence that begins with its name.
    """
    _check_arguments(function)
    _check_state(function)
    for shape in _SHAPES:
        _check_values(function, shape)
    _check_gradient(function)


def _check_state(function: Callable) -> None:
    """Refuse layers whose output depends on weights, on a mini-batch or on chance."""
    from vaelib.backend import keras, tf

    if not isinstance(function, keras.layers.Layer):
        return
    function(tf.zeros((2, 6)))  # weights are created at the first call
    if function.weights:
        raise ValueError(
            "has weights, which would pass from one model to the next; allowed: functions "
            "without weights"
        )
    if isinstance(function, keras.layers.Dropout | keras.layers.GaussianNoise):
        raise ValueError("is random in training; allowed: functions of their input only")


def _check_arguments(function: Callable) -> None:
    """Refuse what takes no single tensor."""
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        raise _not_elementwise("it cannot be called with one tensor alone") from None
    except ValueError:
        pass  # a function written in C may have no signature


def _check_values(function: Callable, shape: tuple[int, ...]) -> None:
    """Refuse a function in which the value of a unit depends on other units."""
    from vaelib.backend import tf

    def result(of: np.ndarray) -> np.ndarray:
        with _one_line(f"fails on a tensor of shape {shape}", "functions of any float32 tensor"):
            return np.asarray(function(tf.constant(of)))

    values = np.linspace(-3, 3, math.prod(shape), dtype="float32").reshape(shape)
    whole = result(values)
    if whole.shape != values.shape:
        raise _not_elementwise("it changes the number of units")
    if not np.isfinite(whole).all():
        raise ValueError("returns NaN or infinite values for values from -3 to 3; allowed: finite")
    # Change all but the first value, then all but the last: that value must not change.
    for kept in ((0,) * len(shape), (-1,) * len(shape)):
        changed = values - 6
        changed[kept] = values[kept]
        if result(changed)[kept] != whole[kept]:
            raise _not_elementwise("it mixes the units of a layer")


def _not_elementwise(reason: str) -> ValueError:
    return ValueError(
        f"is not element-wise: {reason}; allowed: functions that map each unit by itself, such "
        "as relu or tanh"
    )


def _check_gradient(function: Callable) -> None:
    """Refuse a function that backpropagation cannot pass, or another type of result."""
    from vaelib.backend import tf

    own = "functions made of TensorFlow's or Keras' own"

    @tf.function(autograph=False, input_signature=[tf.TensorSpec((None, 6), "float32")])
    def gradient_at(values):  # as in training
        with tf.GradientTape() as tape:
            tape.watch(values)
            with _one_line("fails on a tensor without values, as in training", own):
                result = tf.convert_to_tensor(function(values))
        if result.dtype != values.dtype:
            raise ValueError(
                f"returns {result.dtype.name}; allowed: float32, the type of its input"
            )
        return tape.gradient(result, values)

    gradient = gradient_at(tf.reshape(tf.linspace(-3.0, 3.0, 12), (2, 6)))
    if gradient is None or not np.any(gradient):
        raise ValueError(f"has no gradient; allowed: {own}")
    if not np.isfinite(gradient).all():
        raise ValueError("has a gradient that is NaN or infinite between -3 and 3; allowed: finite")


@contextlib.contextmanager
def _one_line(what: str, allowed: str) -> Iterator[None]:
    """Refuse a function that raises, in one line with its error."""
    try:
        yield
    except Exception as error:
        cause = " ".join(str(error).split())[:80]
        raise ValueError(f"{what} ({type(error).__name__}: {cause}); allowed: {allowed}") from None
