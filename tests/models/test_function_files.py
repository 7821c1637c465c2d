"""Activations from a user's own file: registered by its text, saved, loaded, refused."""

import subprocess
import sys

import numpy as np
import pytest

from vaelib import activations, load_model
from vaelib.backend import tf
from vaelib.models.function_files import FunctionFile

SNAKE = '''"""Waves."""
import tensorflow as tf


def snake(a):
    """a plus half a wave."""
    return a + tf.sin(a) ** 2 / 2


snake.matched_initializer = "lecun_uniform"
'''


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(activations, "_REGISTRY", dict(activations._REGISTRY))


@pytest.fixture
def write(tmp_path):
    """Write a Python file; return the reference to a function of it."""

    def to_file(text: str, reference: str = "mine.py:snake") -> str:
        name, _, _ = reference.rpartition(":")
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / reference)

    return to_file


def test_a_function_of_a_file_is_registered_after_a_line_that_says_so(write, capsys):
    reference = write(SNAKE + 'print("now")\n', "a folder, with 'é'/mine.py:snake")
    found = activations.register_file(reference)
    path = reference.removesuffix(":snake")
    assert capsys.readouterr().out == f"{path} is executed for its function snake\nnow\n"
    assert found is activations.get("mine.py:snake")
    assert (found.name, found.text) == ("mine.py:snake", "a plus half a wave.")
    assert found.initializer("matched") == "lecun_uniform"
    a = np.linspace(-3, 3, 7, dtype="float32")
    np.testing.assert_allclose(found.resolve()(tf.constant(a)), a + np.sin(a) ** 2 / 2, rtol=1e-5)
    assert activations.register_file(reference) is found
    assert capsys.readouterr().out == "", "the same text is not executed again"


def test_a_changed_file_replaces_the_function(write):
    before = activations.register_file(write(SNAKE))
    after = activations.register_file(write(SNAKE.replace("/ 2", "/ 4")))
    assert activations.get("mine.py:snake") is after
    assert before.digest != after.digest
    assert float(after.resolve()(tf.constant(1.5))) == pytest.approx(1.5 + np.sin(1.5) ** 2 / 4)


def test_a_relative_path_begins_in_a_folder(tmp_path):
    for given in ("mine.py:f", f"{tmp_path}/mine.py:f"):
        file = FunctionFile.parse(given, tmp_path)
        assert (file.path, file.name) == (tmp_path / "mine.py", "mine.py:f")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("snake = 3", "is no function of the file; allowed: a file with a function"),
        ("def snaky(a): return a", "is no function of the file; did you mean 'snaky'? allowed: sn"),
        ("import nothing_such", "cannot be imported (ModuleNotFoundError: "),
        ("import helper", "cannot be imported (ModuleNotFoundError: No module named 'helper')"),
        ("1 / 0", "cannot be imported (ZeroDivisionError: division by zero); allowed: "),
        ("raise SystemExit('no\\nmore')", "cannot be imported (SystemExit: no more)"),
        ("def snake(a:\n", "cannot be imported (SyntaxError: "),
        ("import tensorflow as tf\nsnake = tf.nn.softmax", "is not element-wise: it mixes"),
        ("import keras\nsnake = keras.activations.glu", "is not element-wise: it changes the num"),
        ("import tensorflow as tf\nsnake = tf.sign", "has no gradient"),
        ("def snake(a): return 1 / 0", "fails on a tensor of shape (2, 6) (ZeroDivisionError"),
        ("def snake(a):\n  import helper\n  return a", "fails on a tensor of shape (2, 6) (Modul"),
        ("def snake(a): return a\nsnake.matched_initializer = 'he'", "matched_initializer: 'he'"),
    ],
)
def test_a_file_that_cannot_serve_is_refused_in_one_line(write, monkeypatch, tmp_path, text, part):
    write("x = 1", "helper.py:x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    reference = write(text)
    with pytest.raises(ValueError, match="^activation: 'mine.py:snake' [^\n]*allowed: ") as refused:
        activations.register_file(reference)
    assert part in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "mine.py:snake" not in activations.names()


@pytest.mark.parametrize(
    ("reference", "part"),
    [
        ("mine.py", "names no function; allowed: file and function"),
        ("mine.py:", "names no function"),
        ("mine.py:a b", "names no function"),
        ("mi$ne$.py:snake", "has the file name 'mi$ne$.py'; allowed: letters"),
        ("nowhere.py:snake", "nowhere.py': No such file or directory; allowed: a Python file"),
        ("folder.py:snake", "folder.py': Is a directory; allowed: a Python file"),
        ("bytes.py:snake", "bytes.py': it is not text; allowed: a Python file"),
    ],
)
def test_a_reference_to_no_file_is_refused_in_one_line(tmp_path, monkeypatch, reference, part):
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x80")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"^activation: '{reference.replace('$', '.')}' ") as no:
        activations.register_file(reference)
    assert part in str(no.value)
    assert "\n" not in str(no.value)


def test_a_file_is_not_executed_unless_it_is_registered(write, capsys):
    reference = write(SNAKE)
    with pytest.raises(ValueError, match=r"not registered here; allowed: after .*register_file\("):
        activations.get(reference)
    assert capsys.readouterr().out == ""


def test_a_model_is_loaded_with_the_function_it_was_trained_with(
    make_vae, images, tmp_path, write, monkeypatch
):
    activations.register_file(write(SNAKE))
    vae = make_vae(activation="relu", decoder_activation="mine.py:snake", initializer="matched")
    vae.fit(images, epochs=1, verbose=0)
    vae.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        load_model(tmp_path / "model.keras").elbo(images), vae.elbo(images)
    )
    activations.register_file(write(SNAKE.replace("/ 2", "/ 4")))
    start = "^decoder_activation: 'mine.py:snake' is not "
    with pytest.raises(ValueError, match=f"{start}the function that the model was trained with"):
        load_model(tmp_path / "model.keras")
    del activations._REGISTRY["mine.py:snake"]
    with pytest.raises(ValueError, match=f"{start}registered here; .*register_file"):
        load_model(tmp_path / "model.keras")


def test_a_file_that_imports_tensorflow_is_quiet(write):
    code = f"from vaelib import activations; activations.register_file({write(SNAKE)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("mine.py is executed for its function snake\n")
    assert done.stderr == ""
