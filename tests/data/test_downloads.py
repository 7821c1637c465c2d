"""Downloads: Keras' own code against a server on this machine."""

import functools
import gc
import http.server
import importlib
import io
import pickle
import tarfile
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

from vaelib import load_images

GREY = np.arange(40 * 28 * 28).reshape(40, 28, 28).astype("uint8")
LABELS = np.arange(40) % 2


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Serve a folder in place of the addresses of Keras; return the folder."""
    folder = tmp_path / "served"
    folder.mkdir()
    (tmp_path / "cache").mkdir()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Quiet, directory=folder)
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    for name in ("mnist", "fashion_mnist", "cifar10", "cifar100"):
        module = importlib.import_module(f"keras.src.datasets.{name}")

        def from_here(*args, origin, file_hash=None, get_file=module.get_file, **options):
            options["cache_dir"] = tmp_path / "cache"
            return get_file(*args, origin=f"{address}/{Path(origin).name}", **options)

        monkeypatch.setattr(module, "get_file", from_here)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "cache"))
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


def _serve_mnist(folder: Path) -> np.ndarray:
    arrays = {"x_train": GREY, "y_train": LABELS, "x_test": GREY[:9], "y_test": LABELS[:9]}
    np.savez(folder / "mnist.npz", **arrays)
    return GREY[..., None]


def _serve_cifar100(folder: Path) -> np.ndarray:
    """Write an archive of pickles as CIFAR-100 is one: rows of channels first."""
    colour = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), "uint8")
    rows = np.moveaxis(colour, -1, 1).reshape(40, -1)
    with tarfile.open(folder / "cifar-100-python.tar.gz", "w:gz") as archive:
        for name, count in (("train", 40), ("test", 9)):
            part = {b"data": rows[:count], b"fine_labels": LABELS[:count].tolist()}
            content = pickle.dumps(part)
            member = tarfile.TarInfo(f"cifar-100-python/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return colour


@pytest.mark.parametrize(
    ("name", "serve"), [("mnist", _serve_mnist), ("cifar100", _serve_cifar100)]
)
def test_images_are_downloaded_once_and_a_line_says_so(served, tmp_path, capfd, name, serve):
    levels = serve(served)
    images = load_images(name)
    np.testing.assert_allclose(images.test, levels[:9] / 255, rtol=1e-6)
    np.testing.assert_array_equal(images.test_labels, LABELS[:9])
    assert (len(images.train), len(images.validation)) == (35, 5)
    out, err = capfd.readouterr()
    assert (out, err) == ("", f"{name}: downloading, to be kept in {tmp_path}/cache/datasets\n")
    again = load_images(name)
    assert again.fingerprint == images.fingerprint
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mnist", None),
        ("mnist", b"not an archive"),
        ("fashion_mnist", None),
        ("cifar10", None),
        ("cifar100", None),
    ],
)
def test_a_failed_download_is_one_line(served, name, content):
    if content is not None:
        (served / "mnist.npz").write_bytes(content)
    line = f"^dataset: '{name}' could not be loaded by keras.datasets .*; allowed without a network"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # Keras leaves the connection open
        with pytest.raises(OSError, match=line) as caught:
            load_images(name)
        assert "\n" not in str(caught.value)
        del caught
        gc.collect()
