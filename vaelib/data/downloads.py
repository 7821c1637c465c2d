"""Images that `keras.datasets` downloads, once."""

import contextlib
import io
import os
import sys

from vaelib.data.sources import allowed


def load(name: str):
    """Return ``(x, y), (x_test, y_test)`` of a data set of `keras.datasets`.

    A line on standard error says what is downloaded, and where it is kept.

    Raises
    ------
    OSError
        In one line, when there is no network or the file is damaged.
    """
    from vaelib.backend import keras

    try:
        with contextlib.redirect_stdout(_DownloadNotice(name)):
            return getattr(keras.datasets, name).load_data()
    except Exception as error:  # urllib raises several types, Keras a bare Exception
        cause = " ".join(str(error).split()) or type(error).__name__
        raise OSError(
            f"dataset: {name!r} could not be loaded by keras.datasets ({cause}); allowed without "
            f"a network: {allowed(offline=True)}"
        ) from None


class _DownloadNotice(io.TextIOBase):
    """Replace Keras' progress, which it writes only while it downloads, by one line."""

    def __init__(self, name: str):
        self._name = name
        self._said = False

    def write(self, text: str) -> int:
        if not self._said:
            self._said = True
            home = os.environ.get("KERAS_HOME", os.path.join("~", ".keras"))
            folder = os.path.join(home, "datasets")
            print(f"{self._name}: downloading, to be kept in {folder}", file=sys.stderr)
        return len(text)
