"""What an activation function must be, checked on a few values."""

from collections.abc import Callable

import numpy as np


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
    _check_state(function)
    _check_values(function)
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


def _check_values(function: Callable) -> None:
    """Refuse a function in which the value of a unit depends on other units."""
    from vaelib.backend import tf

    values = np.linspace(-3, 3, 12, dtype="float32").reshape(2, 6)
    try:
        whole = np.asarray(function(tf.constant(values)))
    except TypeError:
        raise _not_elementwise("it needs further arguments") from None
    except Exception as error:
        cause = " ".join(str(error).split())[:80]
        raise ValueError(
            f"fails on a tensor of shape (2, 6) ({type(error).__name__}: {cause}); allowed: "
            "functions of any float32 tensor"
        ) from None
    if whole.shape != values.shape:
        raise _not_elementwise("it changes the number of units")
    if not np.isfinite(whole).all():
        raise ValueError("returns NaN or infinite values for values from -3 to 3; allowed: finite")
    # Change all but the first value, then all but the last: that value must not change.
    for kept in ((0, 0), (-1, -1)):
        changed = values - 6
        changed[kept] = values[kept]
        if np.asarray(function(tf.constant(changed)))[kept] != whole[kept]:
            raise _not_elementwise("it mixes the units of a layer")


def _not_elementwise(reason: str) -> ValueError:
    return ValueError(
        f"is not element-wise: {reason}; allowed: functions that map each unit by itself, such "
        "as relu or tanh"
    )


def _check_gradient(function: Callable) -> None:
    """Refuse a function that backpropagation cannot pass, or another type of result."""
    from vaelib.backend import tf

    values = tf.linspace(-3.0, 3.0, 12)
    with tf.GradientTape() as tape:
        tape.watch(values)
        result = function(values)
    if result.dtype != values.dtype:
        raise ValueError(f"returns {result.dtype.name}; allowed: float32, the type of its input")
    gradient = tape.gradient(result, values)
    if gradient is None or not np.any(gradient):
        raise ValueError("has no gradient; allowed: functions made of TensorFlow's or Keras' own")
    if not np.isfinite(gradient).all():
        raise ValueError("has a gradient that is NaN or infinite between -3 and 3; allowed: finite")
