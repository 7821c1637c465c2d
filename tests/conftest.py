"""Fixtures that several test files share."""

import os

os.environ.setdefault("MPLBACKEND", "agg")

import numpy as np
import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keep decoded pictures away from the user's cache, in this process and its children."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAELIB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    """Seventy small grey images: two batches of 32 and a short one of 6."""
    rng = np.random.default_rng(0)
    return rng.uniform(size=(70, 6, 5, 1)).astype("float32")


@pytest.fixture
def make_vae():
    """Build and compile a small VAE for the images above."""
    from vaelib import VAE
    from vaelib.backend import keras

    def make(optimizer=None, **fields):
        defaults = {"activation": "tanh", "hidden_units": (8,), "latent_dim": 3, "seed": 0}
        vae = VAE((6, 5, 1), **{**defaults, **fields})
        vae.compile(optimizer=optimizer or keras.optimizers.Adam(1e-2))
        return vae

    return make


@pytest.fixture
def same_weights():
    """Return whether two models' weights are equal, bit by bit."""

    def same(a, b) -> bool:
        return all(map(np.array_equal, a.get_weights(), b.get_weights()))

    return same
