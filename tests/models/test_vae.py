"""The VAE: what it computes, what it refuses, how it is saved and loaded."""

import numpy as np
import pytest
from scipy.stats import norm

from vaelib import VAE
from vaelib.backend import keras, tf


def test_the_reference_network_has_the_stated_layers():
    vae = VAE((28, 28, 1))
    shapes = [tuple(layer.kernel.shape) for layer in vae.kernel_layers]
    assert shapes == [
        (784, 128),
        (128, 64),
        (64, 32),
        (32, 16),
        (32, 16),
        (16, 32),
        (32, 64),
        (64, 128),
        (128, 784),
    ]


def test_gradients_reach_every_weight(make_vae, images):
    vae = make_vae(hidden_units=(8, 7, 6))
    noise = tf.ones((len(images), 3))
    weights = tf.fill([len(images)], 1 / len(images))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(vae.objective(images, noise, weights))
    for weight, gradient in zip(
        vae.trainable_variables, tape.gradient(loss, vae.trainable_variables), strict=True
    ):
        assert np.abs(gradient).max() > 0, weight.path


def test_the_objective_is_the_negative_elbo_by_hand(make_vae, images):
    vae = make_vae()
    noise = np.random.default_rng(1).standard_normal((5, 3)).astype("float32")
    mean, log_variance = (t.numpy().astype("float64") for t in vae.encoder(images[:5]))
    logits = vae.decoder(mean + np.exp(log_variance / 2) * noise).numpy().astype("float64")
    p = 1 / (1 + np.exp(-logits))
    cross_entropy = -images[:5] * np.log(p) - (1 - images[:5]) * np.log1p(-p)
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    weights = np.array([0.5, 0.5, 0, 0, 0], "float32")
    expected = weights @ cross_entropy.sum((1, 2, 3)), weights @ kl.sum(1)
    terms = vae.objective(images[:5], tf.constant(noise), tf.constant(weights))
    np.testing.assert_allclose(terms, expected, rtol=1e-5)


def test_a_linear_gaussian_objective_by_hand(make_vae, images):
    vae = make_vae(likelihood="gaussian", output_activation="linear", hidden_units=())
    vae.variance.assign(0.3)
    mean, _ = vae.encoder(images)
    logits = vae.decoder(mean)
    expected = -norm.logpdf(images, logits, np.sqrt(0.3)).sum((1, 2, 3))
    values = vae.negative_log_likelihood(images, logits)
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    np.testing.assert_allclose(vae.reconstruct(images), logits, rtol=1e-5)


def test_the_running_variance_approaches_the_mean_squared_error(make_vae, images):
    vae = make_vae(likelihood="gaussian", optimizer=keras.optimizers.SGD(0.0))
    vae.fit(images, epochs=60, batch_size=70, verbose=0)
    rng = np.random.default_rng(0)
    mean, log_variance = vae.encode(images)
    errors = [
        (images - vae.decode(mean + np.exp(log_variance / 2) * rng.standard_normal(mean.shape)))
        ** 2
        for _ in range(60)
    ]
    assert float(vae.variance) == pytest.approx(np.mean(errors), rel=0.01)


def test_reconstruct_and_predict_decode_the_posterior_mean(make_vae, images):
    vae = make_vae()
    mean, _ = vae.encode(images)
    np.testing.assert_allclose(vae.reconstruct(images), vae.decode(mean), rtol=1e-6)
    predicted = vae.predict(images, verbose=0)
    np.testing.assert_allclose(vae.reconstruct(images), predicted, rtol=1e-5)


def test_samples_follow_their_seed(make_vae):
    vae = make_vae()
    assert vae.sample(4, seed=1).shape == (4, 6, 5, 1)
    assert np.array_equal(vae.sample(4, seed=1), vae.sample(4, seed=1))
    assert not np.array_equal(vae.sample(4, seed=1), vae.sample(4, seed=2))


def test_the_importance_bound_rises_from_the_elbo(make_vae, images):
    vae = make_vae()
    # A posterior shifted away from the optimum leaves a gap for more samples to close.
    vae.encoder.get_layer("mean").bias.assign([1.0, -1.0, 0.5])
    many = np.repeat(images[:20], 200, axis=0)
    elbo = vae.elbo(many).mean()
    bounds = [vae.importance_bound(many, samples=k).mean() for k in (1, 10, 100)]
    assert bounds[0] == pytest.approx(elbo, abs=0.05)
    assert bounds[0] < bounds[1] < bounds[2]


def test_the_importance_bound_approaches_the_likelihood_of_a_tiny_model(make_vae):
    """One latent unit: integrate p(x | z) p(z) over z on a grid."""
    vae = make_vae(latent_dim=1)
    image = np.random.default_rng(3).uniform(size=(1, 6, 5, 1)).astype("float32")
    z = np.linspace(-8, 8, 4001, dtype="float32")[:, None]
    log_p = -vae.negative_log_likelihood(np.repeat(image, len(z), axis=0), vae.decoder(z)).numpy()
    exact = np.log(np.trapezoid(np.exp(log_p - log_p.max()) * norm.pdf(z[:, 0]), z[:, 0]))
    bound = vae.importance_bound(image, samples=150_000)
    assert bound[0] == pytest.approx(exact + log_p.max(), abs=2e-3)


@pytest.mark.parametrize(
    "fields",
    [{}, {"likelihood": "gaussian"}, {"batch_norm": True, "decoder_activation": "relu"}],
    ids=str,
)
def test_a_saved_model_is_the_same_model(make_vae, images, same_weights, tmp_path, fields):
    vae = make_vae(activation="swish", initializer="matched", seed=7, **fields)
    vae.fit(images, epochs=1, batch_size=32, verbose=0)
    vae.save(tmp_path / "vae.keras")
    loaded = keras.saving.load_model(tmp_path / "vae.keras", safe_mode=True)
    assert loaded.get_config() == vae.get_config()
    assert loaded.activation == "silu"
    assert same_weights(loaded, vae)
    assert np.array_equal(loaded.elbo(images), vae.elbo(images))
    assert np.array_equal(loaded.optimizer.variables[0], vae.optimizer.variables[0])


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("image_shape", (28, 28), "(28, 28)"),
        ("image_shape", 784, "784"),
        ("image_shape", (None, None, 1), "None"),
        ("image_shape", keras.Sequential(), "Sequential"),
        ("hidden_units", (8, 0), "0"),
        ("hidden_units", 128, "128"),
        ("hidden_units", (8.5,), "8.5"),
        ("latent_dim", 0, "0"),
        ("latent_dim", 2.9, "2.9"),
        ("latent_dim", "16", "'16'"),
        ("likelihood", "poisson", "'poisson'"),
        ("output_activation", "tanh", "'tanh'"),
        ("output_activation", "linear", "'linear'"),
        ("initializer", "he", "'he'"),
        ("batch_norm", "no", "'no'"),
        ("seed", -1, "-1"),
        ("seed", 1.5, "1.5"),
        ("seed", None, "None"),
        ("activation", "rleu", "'rleu'"),
        ("activation", 5, "5"),
        ("decoder_activation", "rleu", "'rleu'"),
        ("dtype", "float16", "float16"),
        ("dtype", "mixed_float16", "mixed_float16"),
    ],
)
def test_wrong_fields_are_refused_in_a_line(field, value, shown):
    with pytest.raises(ValueError, match=f"^{field}: [^\n]*allowed: [^\n]+$") as error:
        VAE(**{"image_shape": (6, 5, 1), field: value})
    assert shown in str(error.value)


def test_arrays_and_numbers_of_numpy_are_fields_too():
    vae = VAE(np.array([6, 5, 1]), hidden_units=np.array([8, 4]), latent_dim=np.int32(3))
    assert (vae.image_shape, vae.hidden_units, vae.latent_dim) == ((6, 5, 1), (8, 4), 3)


@pytest.fixture(params=["channels_first", "float64", "mixed_float16", "mixed_bfloat16"])
def configured(request):
    """Configure Keras as a user's ``keras.json`` or script may."""
    layout, floatx = keras.config.image_data_format(), keras.config.floatx()
    policy = keras.config.dtype_policy()

    def configure():
        if request.param == "channels_first":
            keras.config.set_image_data_format(request.param)
        else:
            keras.config.set_floatx(request.param if request.param == "float64" else floatx)
            keras.config.set_dtype_policy(request.param)

    yield configure
    keras.config.set_image_data_format(layout)
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)


@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_the_configuration_of_keras_changes_no_bit(
    make_vae, images, same_weights, tmp_path, configured, architecture
):
    fields = {"activation": "selu", "batch_norm": True, "initializer": "matched"}
    fields |= {"architecture": architecture, "channels": (4, 4)}
    usual, optimizer = make_vae(**fields), keras.optimizers.Adam(1e-2)
    usual.fit(images, epochs=2, verbose=0)
    usual.save(tmp_path / "usual.keras")
    expected = usual.elbo(images)
    configured()
    trained = make_vae(optimizer, **fields)
    log = trained.fit(images, epochs=2, verbose=0).history
    assert same_weights(trained, usual)
    assert log == usual.history.history
    np.testing.assert_array_equal(trained.elbo(images), expected)
    loaded = keras.saving.load_model(tmp_path / "usual.keras")
    np.testing.assert_array_equal(loaded.elbo(images), expected)


def test_matched_initialisers_reach_the_hidden_layers_only():
    vae = VAE((6, 5, 1), activation="relu", hidden_units=(8,), initializer="matched")
    layers = vae.kernel_layers
    names = {layer.name: type(layer.kernel_initializer).__name__ for layer in layers}
    assert names == {
        "encoder_1": "HeUniform",
        "mean": "GlorotUniform",
        "log_variance": "GlorotUniform",
        "decoder_1": "HeUniform",
        "logits": "GlorotUniform",
    }


def test_encoder_and_decoder_may_have_different_activations():
    vae = VAE((6, 5, 1), activation="relu", decoder_activation="swish", hidden_units=(8,))
    functions = [
        network.get_layer(f"{network.name}_1_activation").activation.__name__
        for network in (vae.encoder, vae.decoder)
    ]
    assert functions == ["relu", "silu"]
    assert VAE((6, 5, 1), activation="tanh").decoder_activation == "tanh"


def test_batch_normalisation_is_reset_with_the_seed(make_vae, images, same_weights):
    vae, fresh = make_vae(batch_norm=True), make_vae(batch_norm=True)
    vae.fit(images, epochs=1, verbose=0)
    (norm, _) = vae.norm_layers
    assert np.abs(norm.moving_mean).max() > 0
    vae.initialize(0)
    assert same_weights(vae, fresh)
