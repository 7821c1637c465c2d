"""Convolutional networks: their shapes, that the decoder mirrors the encoder, their start."""

import inspect
import math

import numpy as np
import pytest

from vaelib import VAE
from vaelib.backend import keras, tf
from vaelib.models import conv
from vaelib.models.layers import Role

CHANNELS = (2, 3, 4)


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ((8, 8, 1), [(4, 4), (2, 2), (1, 1)]),
        ((9, 16, 3), [(5, 8), (3, 4), (2, 2)]),
        ((28, 28, 1), [(14, 14), (7, 7), (4, 4)]),
        ((101, 37, 4), [(51, 19), (26, 10), (13, 5)]),
        ((128, 128, 3), [(64, 64), (32, 32), (16, 16)]),
    ],
)
@pytest.mark.parametrize("depth", [1, 2])
def test_the_decoder_has_the_sizes_of_the_encoder_in_reverse(shape, sizes, depth):
    vae = VAE(shape, architecture="conv", channels=CHANNELS, latent_dim=5, depth=depth)
    hidden = [one for one in vae.watched_layers if one.role == Role.HIDDEN]
    found = [tuple(one.activation.shape[1:]) for one in hidden]
    encoder = [
        (*size, width) for size, width in zip(sizes, CHANNELS, strict=True) for _ in range(depth)
    ]
    assert found[: len(encoder)] == encoder
    assert found[len(encoder) :] == encoder[::-1]
    assert vae.decoder.output_shape == (None, *shape)
    assert [one.layer.name for one in vae.watched_layers[-1:]] == ["logits"]


@pytest.mark.parametrize("side", [8, 9, 14, 15])
def test_a_cropped_transposed_convolution_is_the_transpose_of_the_convolution(side):
    """<Ax, y> = <x, A'y> for equal kernels: every pixel is where the encoder saw it."""
    rng = np.random.default_rng(0)
    vae = VAE((side, side + 1, 1), architecture="conv", channels=(2, 3), latent_dim=4)
    down, up = vae.encoder.get_layer("encoder_2"), vae.decoder.get_layer("decoder_2")
    kernel = rng.normal(size=down.kernel.shape)
    down.kernel.assign(kernel)
    up.kernel.assign(kernel)
    small, *_ = (one for one in vae.watched_layers if one.layer is up)
    crop = keras.Model(vae.decoder.get_layer("decoder_1_activation").output, small.pre_activation)
    x = rng.normal(size=(1, *small.pre_activation.shape[1:])).astype("float32")
    y = rng.normal(size=(1, *crop.input_shape[1:])).astype("float32")
    left, right = np.sum(down(x) * y), np.sum(x * crop(y))
    assert left == pytest.approx(right, rel=1e-4)


def test_a_convolution_is_the_sum_over_its_window_by_hand():
    vae = VAE((6, 6, 1), architecture="conv", channels=(1,), latent_dim=2)
    layer = vae.encoder.get_layer("encoder_1")
    kernel = np.random.default_rng(0).normal(size=(4, 4))
    layer.kernel.assign(kernel[..., None, None])
    image = np.random.default_rng(1).uniform(size=(6, 6))
    padded = np.pad(image, 1)
    expected = [
        [np.sum(padded[2 * i : 2 * i + 4, 2 * j : 2 * j + 4] * kernel) for j in range(3)]
        for i in range(3)
    ]
    found = layer(image[None, ..., None].astype("float32"))[0, ..., 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("activation", "gain"), [("relu", 2.0), ("selu", 1.0)])
def test_a_matched_start_keeps_the_size_of_values_in_transposed_convolutions(activation, gain):
    """He's and LeCun's variance: gain over the number of values that a sum is of."""
    vae = VAE(
        (16, 16, 3),
        activation,
        architecture="conv",
        channels=(48, 64),
        latent_dim=4,
        initializer="matched",
    )
    layers = {one.layer.name: one.layer for one in vae.watched_layers}
    variance = {name: np.var(layer.kernel) for name, layer in layers.items()}
    assert variance["encoder_2"] == pytest.approx(gain / (4 * 4 * 48), rel=0.05)
    assert variance["decoder_2"] == pytest.approx(gain / (4 * 4 * 64 / conv.STRIDE**2), rel=0.05)
    x = np.random.default_rng(0).normal(size=(8, 4, 4, 64)).astype("float32")
    inner = layers["decoder_2"](x).numpy()[:, 2:-2, 2:-2]
    assert np.mean(inner**2) == pytest.approx(gain, rel=0.1)


def test_keras_start_is_that_of_keras():
    vae = VAE((16, 16, 3), architecture="conv", channels=(48, 64), latent_dim=4)
    for one in vae.watched_layers:
        kernel = one.layer.kernel
        assert type(one.layer.kernel_initializer) is keras.initializers.GlorotUniform
        limit = math.sqrt(6 / (np.prod(kernel.shape[:-2]) * sum(kernel.shape[-2:])))
        assert limit * 0.95 < np.abs(kernel).max() <= limit


def test_batch_normalisation_is_over_images_and_positions_and_leaves_padding_out():
    vae = VAE((6, 5, 1), architecture="conv", channels=(2,), latent_dim=3, batch_norm=True)
    vae.compile(keras.optimizers.SGD(0.0))
    images = np.random.default_rng(0).uniform(size=(10, 6, 5, 1)).astype("float32")
    values = vae.encoder.get_layer("encoder_1")(images[8:])  # the last, short mini-batch
    vae.fit(images, batch_size=8, shuffle=False, verbose=0)
    norm = vae.encoder.get_layer("encoder_1_norm")
    first = vae.encoder.get_layer("encoder_1")(images[:8])
    momentum = norm.momentum
    expected = (1 - momentum) * (momentum * np.mean(first, (0, 1, 2)) + np.mean(values, (0, 1, 2)))
    np.testing.assert_allclose(norm.moving_mean, expected, rtol=1e-4, atol=1e-7)


def test_the_encoders_gradients_reach_every_weight(images):
    vae = VAE((6, 5, 1), architecture="conv", channels=(4, 4), latent_dim=3, activation="tanh")
    noise, weights = tf.ones((len(images), 3)), tf.fill([len(images)], 1 / len(images))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(vae.objective(images, noise, weights))
    gradients = tape.gradient(loss, vae.trainable_variables)
    for weight, gradient in zip(vae.trainable_variables, gradients, strict=True):
        assert np.abs(gradient).max() > 0, weight.path


def test_no_channels_are_refused():
    with pytest.raises(
        ValueError, match="channels: none is not allowed; allowed: one number or more"
    ):
        VAE((8, 8, 1), architecture="conv", channels=())


@pytest.mark.parametrize("build", [conv.build_encoder, conv.build_decoder])
def test_what_is_not_given_is_what_the_model_takes(build):
    of_model, own = (inspect.signature(one).parameters for one in (VAE, build))
    shared = {name: one.default for name, one in own.items() if one.default is not one.empty}
    assert {"depth", "batch_norm"} <= set(shared)
    assert shared == {name: of_model[name].default for name in shared}
