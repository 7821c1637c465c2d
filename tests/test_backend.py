"""TensorFlow and Keras: which backend and kernels are used."""

import os
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


@pytest.mark.parametrize(("given", "used"), [({}, True), ({"TF_ENABLE_ONEDNN_OPTS": "0"}, False)])
def test_tensorflow_uses_onednn_unless_told_otherwise(given, used):
    code = """
import vaelib.models.vae
from tensorflow.python.framework import test_util
print(test_util.IsMklEnabled())
"""
    environment = {key: os.environ[key] for key in os.environ if key != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment, **given}, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(used), done.stderr
