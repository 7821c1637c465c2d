"""Images per second of convolutions: this project's `fit` and the usual alternatives.

    python benchmarks/convolutions.py --rounds 5

As `throughput`, on images of 32 x 32 x 3 and networks of strided 4 x 4 convolutions and
their mirror, with a Gaussian likelihood. Prints tables and writes ``convolutions.csv``
beside this file.
"""

import argparse
import itertools
import tempfile
from pathlib import Path

import numpy as np
import throughput
from contenders import CONVOLUTIONAL, CONVOLUTIONS

RESULTS = Path(__file__).with_name("convolutions.csv")
SETTINGS = tuple(itertools.product(CONVOLUTIONS, (32, 128)))
SHAPE = (32, 32, 3)
IMAGES = 2240  # of which 1,792 train; what they show does not change the time of a step


def noise(n: int = IMAGES) -> np.ndarray:
    """Return images of random bytes, uint8 [n, 32, 32, 3]."""
    return np.random.default_rng([0]).integers(256, size=(n, *SHAPE), dtype="uint8")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args(arguments).rounds
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "noise.npy"
        np.save(source, noise())
        throughput.compare(CONVOLUTIONAL, SETTINGS, str(source), rounds, RESULTS)


if __name__ == "__main__":
    main()
