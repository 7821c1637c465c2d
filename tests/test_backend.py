"""TensorFlow and Keras: which backend is accepted."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("setting", "first"),
    [("torch", ""), ("jax", ""), ("numpy", "import keras; ")],
    ids=["torch", "jax", "Keras is imported already"],
)
def test_another_backend_is_refused_in_one_line(setting, first):
    code = f"{first}from vaelib import VAE"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "", "KERAS_BACKEND": setting},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"ImportError: KERAS_BACKEND: '{setting}' is not allowed; allowed: 'tensorflow', set "
        "before Keras is imported"
    )
