"""The time of a training step with every activation, interleaved in one process.

    python benchmarks/activations.py

In every round, each activation trains some epochs of the default network, in an order
that is drawn anew: what disturbs the machine disturbs them all. Prints the median time of
a step and its ratio to ReLU's, and writes ``activations.csv`` beside this file, which the
audit of the claims reads.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from vaelib import VAE, Study, load_images
from vaelib.backend import keras

RESULTS = Path(__file__).with_name("activations.csv")
STUDY = Path(__file__).parent.parent / "studies" / "default.yml"
EPOCHS = 3  # in a round


def compiled(activation: str, study: Study, shape: tuple[int, int, int]) -> VAE:
    vae = VAE(shape, activation, hidden_units=study.hidden_units, latent_dim=study.latent_dim)
    vae.compile(keras.optimizers.Adam(1e-3))
    return vae


def measure(images: np.ndarray, study: Study, rounds: int) -> pd.DataFrame:
    """Return a row for each activation and round, with the microseconds of a step."""
    models = {name: compiled(name, study, images.shape[1:]) for name in study.activations}
    steps = EPOCHS * -(-len(images) // study.batch_size)
    rng = np.random.default_rng([0])
    rows = []
    for number in range(-1, rounds):
        for name in rng.permutation(list(models)):
            started = time.perf_counter()
            models[name].fit(images, epochs=EPOCHS, batch_size=study.batch_size, verbose=0)
            seconds = time.perf_counter() - started
            if number >= 0:  # the round before them compiles
                rows.append((name, number, 1e6 * seconds / steps))
    table = pd.DataFrame(rows, columns=["activation", "round", "microseconds_per_step"])
    return table.sort_values(["round", "activation"], ignore_index=True)


def summarize(table: pd.DataFrame) -> pd.DataFrame:
    """Return the median time of each activation, and its ratio to ReLU's with the range."""
    times = table.pivot_table(index="round", columns="activation", values="microseconds_per_step")
    ratios = times.div(times["relu"], axis="index")
    columns = {
        "microseconds": times.median(),
        "to_relu": ratios.median(),
        "low": ratios.min(),
        "high": ratios.max(),
    }
    return pd.DataFrame(columns).sort_values("to_relu")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", default="mnist5k", help="a source of `load_images`")
    parser.add_argument("--rounds", type=int, default=41)
    given = parser.parse_args()
    measured = measure(load_images(given.images).train, Study.from_yaml(STUDY), given.rounds)
    print(summarize(measured).round(3).to_string())
    measured.to_csv(RESULTS, index=False, float_format="%.5g")
