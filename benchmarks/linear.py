"""Linear VAEs, and their maximum likelihood in closed form."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.stats import multivariate_normal

from vaelib import VAE, load_images, metrics
from vaelib.backend import keras, tf

PLANTED = "planted 4 x 4 images, 5 units"
DIGITS = "digits 8 x 8, 8 units"
PLANTED_CONV = "planted 4 x 4 images, 5 units, convolution"
DIGITS_CONV = "digits 8 x 8, 8 units, convolution"
UNIT_BY_UNIT = "KL by unit, largest difference"


def planted_images() -> np.ndarray:
    """Return 2,000 images of 4 x 4 pixels whose covariance is known exactly.

    Its eigenvalues are 1, 0.3, 0.08 and thirteen times 0.01: three directions
    and white noise, exactly in this sample and not only in expectation. So a fourth
    latent unit has nothing to gain and must collapse; an ordinary sample of noise
    has some direction with a slightly larger variance, which it would learn.
    """
    rng = np.random.default_rng(0)
    n, d = 2000, 16
    eigenvalues = np.repeat([1.0, 0.3, 0.08, 0.01], [1, 1, 1, d - 3])
    scores = rng.standard_normal((n, d))
    scores, _ = np.linalg.qr(scores - scores.mean(axis=0))
    directions, _ = np.linalg.qr(rng.standard_normal((d, d)))
    pixels = 0.5 + np.sqrt(n * eigenvalues) * scores @ directions.T
    return pixels.reshape(n, 4, 4, 1).astype("float32")


class Setting(NamedTuple):
    """What a linear VAE is trained on, and its tolerances to the closed form."""

    images: Callable[[], np.ndarray]
    latent_dim: int
    steps: int
    rate: float
    tolerances: dict[str, float]
    network: dict


DENSE = {"hidden_units": ()}
# One convolution and its mirror, between dense layers. Of four channels or more the
# transposed convolution leaves out no image, nor the convolution any of its pixels: what
# the dense layers add is then every linear map, as without convolutions, and the optimum
# is the same.
CONVOLUTION = {"architecture": "conv", "channels": (8,)}
SETTINGS = {
    PLANTED: Setting(
        planted_images,
        latent_dim=5,
        steps=3000,
        rate=0.1,
        tolerances={
            "ELBO": 0.02,
            "log-likelihood": 0.005,
            "variance": 5e-5,
            "KL": 0.02,
            UNIT_BY_UNIT: 0.01,
            "active units": 0,
            "expected squared error": 0.001,
        },
        network=DENSE,
    ),
    DIGITS: Setting(
        lambda: load_images("digits").train,
        latent_dim=8,
        steps=8000,
        rate=0.03,
        tolerances={
            "ELBO": 0.03,
            "log-likelihood": 0.01,
            "variance": 1e-4,
            "KL": 0.03,
            UNIT_BY_UNIT: 0.03,
            "active units": 0,
            "expected squared error": 0.01,
        },
        network=DENSE,
    ),
}
# To the same tolerances, in steps that are smaller and take longer.
SETTINGS[PLANTED_CONV] = SETTINGS[PLANTED]._replace(rate=0.03, network=CONVOLUTION)
SETTINGS[DIGITS_CONV] = SETTINGS[DIGITS]._replace(steps=5000, network=CONVOLUTION)


def closed_form(images: np.ndarray, latent_dim: int) -> dict:
    """Return the optimum of a linear VAE, from the eigenvalues of the images.

    Parameters
    ----------
    images : array [n, height, width, channels]
    latent_dim : int
        q, less than the d pixels.

    Returns
    -------
    dict
        ELBO and log-likelihood, which are equal, and the KL term, in nats an
        image; variance of the noise; KL by unit [latent_dim], falling; number
        of active units; expected squared error of a draw, summed over pixels.

    Notes
    -----
    Of ``x = W z + mean + noise`` the likeliest variance is the mean of the d - q
    smallest eigenvalues of the covariance, ``s``, and the likeliest W has
    columns along the first q eigenvectors, of squared length ``l_i - s``, up to
    a rotation of z (Tipping and Bishop 1999, section 3.2). A diagonal posterior
    is exact only where the columns are orthogonal: there the ELBO reaches the
    likelihood, and only there is its maximum (Lucas et al. 2019, section 4).
    The posterior of unit i then has the variance ``s / l_i``, and a mean whose
    variance over images is ``1 - s / l_i``; of the KL divergence that leaves
    ``log(l_i / s) / 2``. As the variance is optimal, the expected squared error
    is ``d s``.
    """
    pixels = np.reshape(images, (len(images), -1)).astype("float64")
    d = pixels.shape[1]
    eigenvalues = np.linalg.eigvalsh(np.cov(pixels.T, bias=True))[::-1]
    variance = eigenvalues[latent_dim:].mean()
    kl = 0.5 * np.log(eigenvalues[:latent_dim] / variance)
    elbo = -0.5 * d * (np.log(2 * np.pi * variance) + 1) - kl.sum()
    return {
        "ELBO": elbo,
        "log-likelihood": elbo,
        "variance": variance,
        "KL": kl.sum(),
        "KL by unit": kl,
        "active units": int(np.sum(1 - variance / eigenvalues[:latent_dim] > 0.01)),
        "expected squared error": d * variance,
    }


@functools.cache
def trained(name: str) -> tuple[np.ndarray, VAE]:
    """Return the images of a setting and a linear VAE trained on them.

    On full batches, so that only the posterior samples are random, and at a
    learning rate that decays to a thousandth.
    """
    setting = SETTINGS[name]
    images = setting.images()
    vae = VAE(
        images.shape[1:],
        activation="linear",
        latent_dim=setting.latent_dim,
        likelihood="gaussian",
        output_activation="linear",
        seed=0,
        **setting.network,
    )
    rate = keras.optimizers.schedules.CosineDecay(setting.rate, setting.steps, alpha=1e-3)
    vae.compile(optimizer=keras.optimizers.Adam(rate))
    vae.fit(tf.data.Dataset.from_tensors(images).repeat(setting.steps), verbose=0)
    return images, vae


def affine(vae: VAE) -> tuple[np.ndarray, np.ndarray]:
    """Return what a linear VAE's decoder is: weights [latent_dim, pixels] and bias [pixels]."""
    codes = np.eye(vae.latent_dim + 1, vae.latent_dim, k=-1)  # zeros, then each unit
    pixels = vae.decode(codes).reshape(len(codes), -1).astype("float64")
    return pixels[1:] - pixels[0], pixels[0]


def exact_log_likelihood(vae: VAE, images: np.ndarray) -> np.ndarray:
    """Return log p(x) under a linear VAE's decoder, [n] in nats.

    ``x ~ N(b, W W^T + variance I)`` (Tipping and Bishop 1999, section 3.1).
    """
    weights, bias = affine(vae)
    covariance = weights.T @ weights + float(vae.variance) * np.eye(len(bias))
    return multivariate_normal(bias, covariance).logpdf(images.reshape(len(images), -1))


def measure(vae: VAE, images: np.ndarray, draws: int = 100) -> dict:
    """Measure on a linear VAE what `closed_form` predicts; the ELBO is a mean over draws."""
    mean, log_variance = vae.encode(images)
    kl = np.sort(metrics.kl_per_unit(mean, log_variance))[::-1]  # the order of units is arbitrary
    weights, _ = affine(vae)
    # A sample's error is that of the posterior mean plus the posterior variance's part.
    spread = np.exp(log_variance, dtype="float64").mean(axis=0) @ np.sum(weights**2, axis=1)
    error = images[0].size * np.mean((images - vae.reconstruct(images)) ** 2)
    return {
        "ELBO": np.mean([vae.elbo(images, seed=seed).mean() for seed in range(draws)]),
        "log-likelihood": exact_log_likelihood(vae, images).mean(),
        "variance": float(vae.variance),
        "KL": kl.sum(),
        "KL by unit": kl,
        "active units": int(metrics.active_units(mean).sum()),
        "expected squared error": error + spread,
    }


def widened(vae: VAE) -> VAE:
    """Return a copy whose posterior has e times the variance, so that L_k has a gap to close."""
    copy = VAE.from_config(vae.get_config())
    copy.set_weights(vae.get_weights())
    bias = copy.encoder.get_layer("log_variance").bias
    bias.assign(bias + 1)
    return copy
