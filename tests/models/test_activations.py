"""The registry: names, values and initialisers, and which functions it refuses."""

import functools
import math

import numpy as np
import pytest
from scipy.special import expit, log_softmax
from scipy.stats import norm

from vaelib.backend import keras, tf
from vaelib.models import activations

FORMULAS = {
    "sigmoid": expit,
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "linear": lambda a: a,
    "leaky_relu": lambda a: np.where(a > 0, a, 0.2 * a),
    "elu": lambda a: np.where(a > 0, a, np.expm1(a)),
    "selu": lambda a: 1.0507009873554805 * np.where(a > 0, a, 1.6732632423543772 * np.expm1(a)),
    "gelu": lambda a: a * norm.cdf(a),
    "silu": lambda a: a * expit(a),
    "mish": lambda a: a * np.tanh(np.logaddexp(0, a)),
    "softplus": lambda a: np.logaddexp(0, a),
    "golu": lambda a: a * np.exp(-np.exp(-a)),
    "sine": np.sin,
    "snake": lambda a: a + (1 - np.cos(2 * a)) / 2,
    "squared_relu": lambda a: np.where(a > 0, a**2, 0),
}
SLOPED = {"leaky_relu:0.01": 0.01, "leaky_relu:0.5": 0.5, "leaky_relu:0.25": 0.25}
FORMULAS_WITH_SLOPES = FORMULAS | {
    name: lambda a, slope=slope: np.where(a > 0, a, slope * a) for name, slope in SLOPED.items()
}


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(activations, "_REGISTRY", dict(activations._REGISTRY))


def values_and_slopes(name: str, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an activation's values and its gradient, both as TensorFlow has them."""
    given = tf.constant(a, "float32")
    with tf.GradientTape() as tape:
        tape.watch(given)
        values = activations.get(name).resolve()(given)
    return values.numpy(), tape.gradient(values, given).numpy()


def test_the_registered_names_come_in_order_and_those_of_keras_first():
    assert activations.names() == list(FORMULAS)
    assert all(hasattr(keras.activations, name) for name in activations.names()[:11])


@pytest.mark.parametrize("name", FORMULAS_WITH_SLOPES)
def test_values_and_gradients_are_those_of_the_formula(name):
    a = np.linspace(-6, 6, 48)  # without 0, where some have no derivative
    formula = FORMULAS_WITH_SLOPES[name]
    values, slopes = values_and_slopes(name, a)
    # GELU's usual approximation by tanh is 5e-4 off and would fail.
    np.testing.assert_allclose(values, formula(a), rtol=1e-6, atol=2e-6)
    step = 1e-5
    numerical = (formula(a + step) - formula(a - step)) / (2 * step)
    np.testing.assert_allclose(slopes, numerical, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("jit", [False, True], ids=["eager", "XLA"])
@pytest.mark.parametrize("name", FORMULAS_WITH_SLOPES)
def test_values_and_gradients_are_finite_far_from_zero(name, jit):
    far = np.concatenate([np.geomspace(1e-3, 1e4, 200), [0, 4.6, 5, 87, 88.8, 104]])
    a = np.concatenate([-far, far])
    measure = tf.function(
        lambda: tf.stack(values_and_slopes_of(name, tf.constant(a, "float32"))), jit_compile=jit
    )
    with np.errstate(over="ignore"):  # of exp(exp(88.8)) in the closed form, whose limit is 0
        expected = FORMULAS_WITH_SLOPES[name](a)
    values, slopes = measure().numpy()
    assert np.isfinite(slopes).all()
    tolerance = 1e-3 if name in ("sine", "snake") else 2e-6  # the argument itself is rounded
    np.testing.assert_allclose(values, expected, rtol=2e-6, atol=tolerance)


def values_and_slopes_of(name: str, a: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    values = activations.get(name).resolve()(a)
    return values, tf.gradients(values, a)[0]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("leaky_relu:0.1", "leaky_relu:0.1"),
        ("leaky_relu:0.10", "leaky_relu:0.1"),
        ("leaky_relu:.1", "leaky_relu:0.1"),
        ("leaky_relu:1e-1", "leaky_relu:0.1"),
        ("leaky_relu:0.00001", "leaky_relu:1e-05"),
        ("leaky_relu:0.2", "leaky_relu"),
        ("leaky_relu:0", "relu"),
        ("leaky_relu:0.0", "relu"),
    ],
)
def test_one_slope_has_one_name(given, name):
    assert activations.get(given).name == name
    assert activations.get(name).name == name


@pytest.mark.parametrize("slope", ["1", "-0.1", "nan", "inf", "", "abc", "0.1:0.2", " 0.1", "1_0"])
def test_a_slope_that_is_not_from_0_to_1_is_refused(slope):
    line = f"^activation: 'leaky_relu:{slope}' has the slope '{slope}'; allowed: from 0 to less "
    with pytest.raises(ValueError, match=line):
        activations.get(f"leaky_relu:{slope}")


def test_other_activations_have_no_slope_in_their_names():
    with pytest.raises(ValueError, match="^activation: 'elu:0.1' is unknown; .*leaky_relu:0.1"):
        activations.get("elu:0.1")


@pytest.mark.parametrize("name", ["squared_relu", *SLOPED, "leaky_relu:0.9"])
def test_a_matched_start_of_own_variance_keeps_the_size_of_values(name):
    a = np.linspace(-12, 12, 100_001)
    mean_square = np.trapezoid(norm.pdf(a) * values_and_slopes(name, a)[0] ** 2, a)
    initializer = keras.initializers.get(activations.get(name).initializer("matched"))
    kernel = np.asarray(initializer((400, 300)))
    assert kernel.var() * 400 * mean_square == pytest.approx(1, rel=0.02)
    assert np.abs(kernel).max() == pytest.approx(np.sqrt(3) * kernel.std(), rel=0.01), "uniform"


@pytest.mark.parametrize(
    ("alias", "name"), [("swish", "silu"), ("identity", "linear"), ("hard_swish", "hard_silu")]
)
def test_an_alias_names_one_canonical_activation(alias, name):
    assert activations.get(alias) is activations.get(name)
    assert activations.get(alias).name == name
    assert alias not in activations.names()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("rellu", "relu"), ("ReLU", "relu"), ("tnah", "tanh"), ("swissh", "swish"), ("cellu", "celu")],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(name, nearest):
    with pytest.raises(ValueError, match=f"^activation: '{name}' .* did you mean '{nearest}'"):
        activations.get(name)


def test_a_name_that_is_not_a_string_is_refused():
    with pytest.raises(ValueError, match="^activation: 3 is not allowed; allowed: a name"):
        activations.get(3)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("softmax", "it mixes the units of a layer"),
        ("log_softmax", "it mixes the units of a layer"),
        ("sparsemax", "it mixes the units of a layer"),
        ("glu", "it changes the number of units"),
        ("threshold", "it cannot be called with one tensor alone"),
    ],
)
def test_functions_that_are_not_element_wise_are_refused_with_the_reason(name, reason):
    with pytest.raises(ValueError, match=f"^activation: '{name}' is not element-wise: {reason}"):
        activations.get(name)
    assert name not in activations.names()


def test_other_keras_functions_are_admitted_by_name():
    a = tf.constant([-2.0, 3.0, 9.0])
    np.testing.assert_array_equal(activations.get("relu6").resolve()(a), [0, 3, 6])
    np.testing.assert_allclose(activations.get("celu").resolve()(a), [np.expm1(-2), 3, 9])
    assert activations.get("celu") is activations.get("celu")


@pytest.mark.parametrize(
    ("name", "matched"),
    [
        ("relu", "he_uniform"),
        ("leaky_relu", "he_uniform"),
        ("elu", "he_uniform"),
        ("gelu", "he_uniform"),
        ("silu", "he_uniform"),
        ("mish", "he_uniform"),
        ("softplus", "he_uniform"),
        ("relu6", "he_uniform"),
        ("selu", "lecun_uniform"),
        ("sigmoid", "glorot_uniform"),
        ("tanh", "glorot_uniform"),
        ("linear", "glorot_uniform"),
        ("golu", "he_uniform"),
        ("sine", "he_uniform"),
        ("snake", "lecun_uniform"),
        ("log_sigmoid", "glorot_uniform"),
    ],
)
def test_the_matched_initializer_suits_the_function(name, matched):
    activation = activations.get(name)
    assert activation.initializer("matched") == matched
    assert activation.initializer("keras") == "glorot_uniform"


def test_a_registered_function_is_found_by_its_name():
    def cube(a):
        return a**3

    added = activations.register(cube, matched_initializer="he_normal")
    assert activations.get("cube") is added
    assert added.resolve()(2.0) == 8
    assert added.initializer("matched") == "he_normal"
    with pytest.raises(ValueError, match="^activation: 'cube' is taken"):
        activations.register(np.tanh, "cube")


@pytest.mark.parametrize("name", ["relu", "swish", "sine"])
def test_a_registered_name_or_alias_is_taken(name):
    with pytest.raises(ValueError, match=f"^activation: '{name}' is taken"):
        activations.register(tf.sin, name)


@pytest.mark.parametrize(
    "function",
    [
        lambda a: log_softmax(a, axis=-1),
        lambda a: tf.cumsum(a, axis=-1),
        lambda a: a - tf.reduce_mean(a, axis=0),
        lambda a: a[:, ::2],
    ],
    ids=["mixes all units", "mixes earlier units", "mixes images", "drops units"],
)
def test_registering_a_function_that_is_not_element_wise_is_refused(function):
    with pytest.raises(ValueError, match="^activation: 'own' is not element-wise"):
        activations.register(function, "own")
    assert "own" not in activations.names()


def test_the_same_definition_may_be_registered_again():
    source = "def ramp(a):\n    return 2 * a\n"
    first, second, other = {}, {}, {}
    exec(source, first)
    exec(source, second)  # as when a cell of a notebook is executed twice
    exec(source.replace("2", "3"), other)
    assert activations.register(first["ramp"]) is activations.register(second["ramp"])
    with pytest.raises(ValueError, match="^activation: 'ramp' is taken; allowed: another name$"):
        activations.register(other["ramp"])


def _mixing_places(a):
    """Mix the places of an image, and nothing in a dense layer."""
    return a - tf.reduce_mean(a, axis=1, keepdims=True) if a.shape.rank == 4 else a


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (keras.layers.PReLU(), "has weights"),
        (keras.layers.BatchNormalization(), "has weights"),
        (keras.layers.Dropout(0.5), "is random in training"),
        (tf.sqrt, "returns NaN or infinite values"),
        (lambda a: tf.cast(a, "int32"), "returns int32; "),
        (lambda a: tf.cast(a, "float64"), "returns float64; "),
        (tf.sign, "has no gradient"),
        (lambda a: tf.zeros_like(a) + tf.constant(1.0), "has no gradient"),
        (lambda a: tf.constant(np.tanh(a.numpy())), "fails on a tensor without values, as in"),
        (np.tanh, "fails on a tensor without values, as in training .NotImplementedError: "),
        (lambda a: a * (a.numpy() > 0), "fails on a tensor without values, as in training "),
        (lambda a: tf.sqrt(tf.nn.relu(a)), "has a gradient that is NaN or infinite"),
        (lambda a, b: a + b, "is not element-wise: it cannot be called with one tensor alone"),
        (lambda: 0, "is not element-wise: it cannot be called with one tensor alone"),
        (lambda a: 1 / 0, "fails on a tensor of shape .2, 6. "),
        (math.sin, "fails on a tensor of shape .2, 6. .TypeError: "),
        (lambda a: a if tf.reduce_min(a) > -4 else 1 / 0, "fails on a tensor of shape .2, 6. "),
        (lambda a: tf.pad(a, [[0, 0], [0, 0]]), "fails on a tensor of shape .2, 2, 1, 3. "),
        (_mixing_places, "is not element-wise: it mixes"),
    ],
)
def test_each_refusal_has_a_reason_of_its_own(function, reason):
    with pytest.raises(ValueError, match=f"^activation: 'own' {reason}[^\n]*allowed: ") as refused:
        activations.register(function, "own")
    assert "\n" not in str(refused.value)
    assert "own" not in activations.names()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("relu",), "function: 'relu' is not allowed; allowed: a function of a tensor"),
        ((functools.partial(tf.nn.leaky_relu, alpha=0.1),), "name: None is not allowed; allowed: "),
        ((lambda a: a,), "name: '<lambda>' is not allowed; allowed: "),
        ((np.zeros((2, 2)),), "function: float64 array of shape .* is not allowed; allowed: a "),
        ((tf.sin, "my sine"), "name: 'my sine' is not allowed; allowed: "),
        ((tf.sin, ""), "name: '' is not allowed; allowed: "),
        ((tf.sin, 0), "name: 0 is not allowed; allowed: "),
        ((tf.sin, "wave", None), "matched_initializer: None is unknown; "),
        ((tf.sin, "relu6"), "activation: 'relu6' is taken"),
        ((tf.sin, "wave", "he_unifrom"), "matched_initializer: 'he_unifrom' is unknown; did you "),
    ],
)
def test_arguments_of_register_are_checked(arguments, line):
    with pytest.raises(ValueError, match=f"^{line}") as refused:
        activations.register(*arguments)
    assert "\n" not in str(refused.value)
    assert "wave" not in activations.names()


def test_a_partial_function_and_a_layer_without_weights_can_be_registered():
    leaky = activations.register(functools.partial(tf.nn.leaky_relu, alpha=0.1), "leaky")
    layer = activations.register(keras.layers.LeakyReLU(negative_slope=0.1), "leaky_layer")
    for entry in (leaky, layer):
        np.testing.assert_allclose(entry.resolve()(tf.constant([-2.0, 3.0])), [-0.2, 3], rtol=1e-6)


def test_a_name_that_is_refused_is_not_proposed():
    with pytest.raises(ValueError, match="^decoder_activation: 'softmx' is unknown") as refused:
        activations.get("softmx", "decoder_activation")
    assert "'softmax'" not in str(refused.value)
    with pytest.raises(ValueError, match="is unknown; allowed: ") as refused:
        activations.get("foo")
