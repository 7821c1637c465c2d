"""What two conveniences of `fit` cost, as ratios of epochs with and without them.

    python benchmarks/checks.py

Images are checked: an array once, before training; a data set batch by batch. And images
may be bytes instead of reals, in a dense network and in one of convolutions. In every
round an epoch is trained with and without, in an order that changes. Prints the median
ratio and its range, and writes ``checks.csv`` beside this file.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from contenders import CONVOLUTIONS
from convolutions import noise

from vaelib import VAE, load_images
from vaelib.backend import keras, tf
from vaelib.data.pixels import Pixels

RESULTS = Path(__file__).with_name("checks.csv")
BATCH = 32
COLOUR = 1024  # images of an epoch of convolutions


class Unchecked(VAE):
    """A VAE that takes whatever images it is given."""

    def check_images(self, images, field: str) -> np.ndarray:
        return np.asarray(images, "float32")


def training(source, network: dict | None = None, model: type[VAE] = VAE) -> Callable[[], None]:
    """Return a function that trains an epoch, of which the first is trained."""
    is_dataset = isinstance(source, tf.data.Dataset)
    shape = source.element_spec.shape[1:] if is_dataset else source.shape[1:]
    options = {} if is_dataset else {"batch_size": BATCH}
    vae = model(tuple(shape), **(network or {}))
    vae.compile(keras.optimizers.Adam(1e-3))

    def epoch():
        vae.fit(source, verbose=0, **options)

    epoch()  # compiles
    return epoch


def comparisons(images: np.ndarray | Pixels) -> dict[str, tuple[Callable, Callable]]:
    """Return what trains an epoch with what is measured, and what trains one without it."""
    reals = np.asarray(images)
    dataset = tf.data.Dataset.from_tensor_slices(reals).batch(BATCH)
    grey, colour = Pixels(np.rint(255 * reals).astype("uint8")), Pixels(noise(COLOUR))
    network = CONVOLUTIONS["16-32-64"]
    return {
        "array": (training(reals), training(reals, model=Unchecked)),
        "tf.data.Dataset": (training(dataset), training(dataset, model=Unchecked)),
        "bytes": (training(grey), training(np.asarray(grey))),
        "bytes, conv": (training(colour, network), training(np.asarray(colour), network)),
    }


def seconds(epoch: Callable[[], None]) -> float:
    started = time.perf_counter()
    epoch()
    return time.perf_counter() - started


def measure(images: np.ndarray | Pixels, rounds: int) -> pd.DataFrame:
    """Return a row for each comparison: the ratio of seconds, with over without."""
    rows = []
    for name, epochs in comparisons(images).items():
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
