"""TensorFlow and Keras, imported quietly and held to one thread.

TensorFlow's C++ side writes to standard error while it loads, which would end
up in every notebook and report. The networks here are too small to gain from a
second thread, and the number of threads changes the last bits of a result, so
one is the default; set ``TF_NUM_INTRAOP_THREADS`` to choose another number.
"""

import contextlib
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")


@contextlib.contextmanager
def _silent_stderr():
    """Send file descriptor 2 to nowhere; C++ code does not use ``sys.stderr``."""
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _require_tensorflow(backend: str) -> None:
    if backend != "tensorflow":
        raise ImportError(
            f"KERAS_BACKEND: {backend!r} is not allowed; allowed: 'tensorflow', set before Keras "
            "is imported"
        )


_require_tensorflow(os.environ["KERAS_BACKEND"])
with _silent_stderr():
    import keras
    import tensorflow as tf

# Many models in one process look to TensorFlow like one that is traced too often.
tf.get_logger().setLevel("ERROR")

_require_tensorflow(keras.backend.backend())

__all__ = ["keras", "tf"]
