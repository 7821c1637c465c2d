"""Activation functions that Keras does not have.

Each maps a float32 tensor of any shape to one of the same shape, unit by unit, and is
finite, as is its gradient, wherever its value fits into float32.
"""

from vaelib.backend import tf

# exp(-exp(5)) is 0 in float32 already; exp(-a) of smaller values would overflow, and
# the product of that infinity with 0 in the gradient would be NaN.
_GATE_IS_CLOSED = -5.0


def golu(a):
    """Gompertz linear unit, a * exp(-exp(-a)) (Das et al. 2025)."""
    return a * tf.exp(-tf.exp(-tf.maximum(a, _GATE_IS_CLOSED)))


def sine(a):
    """sin(a) (Sitzmann et al. 2020).

    The frequency is 1. The paper's of hidden layers, 30, is divided out of their initial
    weights again: the same function at the start, and under Adam the same as a learning
    rate 30 times as high, which is a setting of its own. The paper's first layer has 30
    as its inputs are two coordinates, over which a picture has many periods; here they
    are the pixels.
    """
    return tf.sin(a)


def snake(a):
    """a + sin(a)^2 (Ziyin et al. 2020): their a + sin(f a)^2 / f with frequency f = 1."""
    return a + tf.square(tf.sin(a))


def squared_relu(a):
    """max(a, 0)^2 (So et al. 2021)."""
    return tf.square(tf.nn.relu(a))
