"""Downloads: Keras' own code against a server on this machine."""

import functools
import gc
import http.server
import importlib
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
    for name in ("mnist", "fashion_mnist", "cifar10"):
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


def test_images_are_downloaded_once_and_a_line_says_so(served, tmp_path, capfd):
    arrays = {"x_train": GREY, "y_train": LABELS, "x_test": GREY[:9], "y_test": LABELS[:9]}
    np.savez(served / "mnist.npz", **arrays)
    images = load_images("mnist")
    np.testing.assert_allclose(images.test[..., 0], GREY[:9] / 255, rtol=1e-6)
    np.testing.assert_array_equal(images.test_labels, LABELS[:9])
    assert (len(images.train), len(images.validation)) == (35, 5)
    out, err = capfd.readouterr()
    assert (out, err) == ("", f"mnist: downloading, to be kept in {tmp_path}/cache/datasets\n")
    again = load_images("mnist")
    assert again.fingerprint == images.fingerprint
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "content"),
    [("mnist", None), ("mnist", b"not an archive"), ("fashion_mnist", None), ("cifar10", None)],
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
