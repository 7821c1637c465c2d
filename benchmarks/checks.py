"""What it costs to check the images of `fit`, as ratios of epochs with and without checks.

    python benchmarks/checks.py

An array is checked once, before training; a data set batch by batch. In every round an
epoch is trained with the checks and without them, in an order that changes. Prints the
median ratio and its range, and writes ``checks.csv`` beside this file.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from vaelib import VAE, load_images
from vaelib.backend import keras, tf

RESULTS = Path(__file__).with_name("checks.csv")
BATCH = 32


class Unchecked(VAE):
    """A VAE that takes whatever images it is given."""

    def check_images(self, images, field: str) -> np.ndarray:
        return np.asarray(images, "float32")


def compiled(model: type[VAE], shape: tuple[int, int, int]) -> VAE:
    vae = model(shape)
    vae.compile(keras.optimizers.Adam(1e-3))
    return vae


def seconds(epoch: Callable[[], None]) -> float:
    started = time.perf_counter()
    epoch()
    return time.perf_counter() - started


def measure(images: np.ndarray, rounds: int) -> pd.DataFrame:
    """Return a row for each kind of source: the ratio of seconds, checked over unchecked."""
    sources = {
        "array": (images, {"batch_size": BATCH}),
        "tf.data.Dataset": (tf.data.Dataset.from_tensor_slices(images).batch(BATCH), {}),
    }
    rows = []
    for name, (source, options) in sources.items():
        models = [compiled(model, images.shape[1:]) for model in (VAE, Unchecked)]
        epochs = [
            lambda vae=vae, source=source, options=options: vae.fit(source, verbose=0, **options)
            for vae in models
        ]
        for epoch in epochs:
            epoch()  # compiles
        ratios = []
        for number in range(rounds):
            order = [0, 1] if number % 2 else [1, 0]
            spent = {which: seconds(epochs[which]) for which in order}
            ratios.append(spent[0] / spent[1])
        low, median, high = np.quantile(ratios, [0, 0.5, 1])
        rows.append({"source": name, "rounds": rounds, "ratio": median, "low": low, "high": high})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", default="mnist5k", help="a source of `load_images`")
    parser.add_argument("--rounds", type=int, default=41)
    given = parser.parse_args()
    table = measure(load_images(given.images).train, given.rounds)
    print(table.round(3).to_string(index=False))
    table.to_csv(RESULTS, index=False, float_format="%.4g")
