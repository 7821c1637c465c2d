"""Inference: what its arguments may be."""

import inspect

import numpy as np
import pytest

from vaelib import VAE


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda vae, x: vae.sample(0), "n: 0 is not allowed; allowed: greater than 0"),
        (lambda vae, x: vae.sample(2.5), "n: 2.5 is not allowed; allowed: a valid integer"),
        (lambda vae, x: vae.sample(2, seed=-1), "seed: -1 is not allowed; allowed: greater"),
        (lambda vae, x: vae.elbo(x, seed="a"), "seed: 'a' is not allowed; allowed: "),
        (lambda vae, x: vae.importance_bound(x, 0), "samples: 0 is not allowed; allowed: "),
        (lambda vae, x: vae.decode(np.zeros((2, 7))), r"z: shape \(2, 7\) is not allowed; "),
        (lambda vae, x: vae.decode(np.zeros(3)), r"z: shape \(3,\) is not allowed; allowed: "),
        (lambda vae, x: vae.decode(np.zeros((0, 3))), r"z: shape \(0, 3\) is not allowed; "),
        (lambda vae, x: vae.decode(np.full((1, 3), np.nan)), "z: a NaN or infinite code is not "),
        (lambda vae, x: vae.encode(x[..., 0]), r"x: shape \(70, 6, 5\) is not allowed; allowed: "),
        (lambda vae, x: vae.reconstruct(x[:0]), r"x: shape \(0, 6, 5, 1\) is not allowed; "),
        (lambda vae, x: vae.elbo(255 * x), "x: values from .* is not allowed; allowed: "),
    ],
)
def test_what_is_not_allowed_is_refused_in_one_line(make_vae, images, call, line):
    with pytest.raises(ValueError, match=f"^{line}") as refused:
        call(make_vae(), images)
    assert "\n" not in str(refused.value)


def test_numbers_of_numpy_are_arguments_too(make_vae):
    vae = make_vae()
    np.testing.assert_array_equal(vae.sample(np.int64(2), np.uint8(3)), vae.sample(2, 3))


def test_a_diverged_model_reconstructs_nan(make_vae, images):
    vae = make_vae()
    vae.kernel_layers[0].kernel.assign(np.full((30, 8), np.nan))
    assert np.isnan(vae.reconstruct(images)).all()


def test_the_importance_bound_takes_as_many_samples_as_burda_et_al():
    assert inspect.signature(VAE.importance_bound).parameters["samples"].default == 5000
