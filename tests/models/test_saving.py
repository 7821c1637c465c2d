"""Models leave and come back: saved, loaded in a fresh process, exported."""

import subprocess
import sys

import numpy as np
import pytest

from vaelib import activations, load_model
from vaelib.backend import keras, tf


def test_a_saved_model_is_the_same_and_can_train_on(make_vae, images, same_weights, tmp_path):
    vae = make_vae()
    vae.fit(images, epochs=1, verbose=0)
    vae.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.elbo(images), vae.elbo(images))
    vae.fit(images, epochs=2, initial_epoch=1, verbose=0)
    loaded.fit(images, epochs=2, initial_epoch=1, verbose=0)
    assert same_weights(loaded, vae)
    assert not load_model(tmp_path / "model.keras", compile=False).compiled


def test_one_line_loads_a_model_in_a_fresh_process(make_vae, images, tmp_path):
    vae = make_vae()
    vae.save(tmp_path / "model.keras")
    np.save(tmp_path / "images.npy", images)
    code = "import numpy, vaelib; vae = vaelib.load_model('model.keras'); "
    code += "print(vae.elbo(numpy.load('images.npy')).sum())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) == pytest.approx(float(vae.elbo(images).sum()), rel=1e-6)


def test_what_is_no_saved_vae_is_refused(tmp_path):
    (tmp_path / "text.keras").write_text("hello")
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(tmp_path / "other.keras")
    for name, reason in [
        ("nowhere.keras", "a file that exists"),
        ("text.keras", "a .keras file"),
        ("other.keras", "a VAE"),
    ]:
        with pytest.raises(ValueError, match=f"^path: '.*{name}'.* is not allowed; .*{reason}"):
            load_model(tmp_path / name)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"path": 3}, "path"), ({"path": "a.keras", "compile": "maybe"}, "compile")],
)
def test_what_is_no_path_and_no_choice_is_refused(given, field):
    with pytest.raises(ValueError, match=f"^{field}: .* is not allowed"):
        load_model(**given)


@pytest.mark.parametrize("load", [load_model, keras.saving.load_model])
def test_an_activation_of_ones_own_has_to_be_registered(make_vae, tmp_path, monkeypatch, load):
    registry = dict(activations._REGISTRY)
    monkeypatch.setattr(activations, "_REGISTRY", registry)
    activations.register(tf.sin, "wave")
    make_vae(activation="relu", decoder_activation="wave").save(tmp_path / "model.keras")
    assert load(tmp_path / "model.keras").decoder_activation == "wave"
    del registry["wave"]
    line = r"^decoder_activation: 'wave' is not registered here; .*register\(function, 'wave'\)$"
    with pytest.raises(ValueError, match=line):
        load(tmp_path / "model.keras")


@pytest.mark.parametrize("load", [load_model, keras.saving.load_model])
@pytest.mark.parametrize("name", ["golu", "sine", "snake", "squared_relu", "leaky_relu:0.10"])
def test_activations_that_keras_lacks_come_back_in_safe_mode(
    make_vae, images, same_weights, tmp_path, load, name
):
    vae = make_vae(activation=name, decoder_activation=name, initializer="matched")
    vae.fit(images, epochs=1, verbose=0)
    vae.save(tmp_path / "model.keras")
    loaded = load(tmp_path / "model.keras")
    assert loaded.activation == loaded.decoder_activation == vae.activation
    np.testing.assert_array_equal(loaded.elbo(images), vae.elbo(images))
    for one in (vae, loaded):
        one.initialize(3)
    assert same_weights(vae, loaded)


@pytest.mark.parametrize("name", ["model.h5", "model.hdf5"])
def test_a_format_that_cannot_be_loaded_is_not_written(make_vae, tmp_path, name):
    with pytest.raises(ValueError, match=f"^filepath: '.*{name}' is not allowed; .*keras$"):
        make_vae().save(tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("epochs", [0, 1])
@pytest.mark.parametrize(
    "fields",
    [{}, {"likelihood": "gaussian", "batch_norm": True}, {"architecture": "conv", "beta": 2.0}],
    ids=str,
)
def test_an_exported_model_reconstructs_the_same(make_vae, images, tmp_path, epochs, fields):
    vae = make_vae(**fields)
    if epochs:
        vae.fit(images, epochs=epochs, verbose=0)
    vae.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(exported.serve(images), vae.reconstruct(images), atol=1e-6)
