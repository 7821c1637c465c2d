"""TensorFlow and Keras: which backend is accepted."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("backend", ["torch", "jax", "TensorFlow"])
def test_another_backend_is_refused_in_one_line(backend):
    done = subprocess.run(
        [sys.executable, "-c", "from vaelib import VAE"],
        env={"PATH": "", "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"ImportError: KERAS_BACKEND: '{backend}' is not allowed; allowed: 'tensorflow', set "
        "before Keras is imported"
    )
