"""Images that the tests of `data` share."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def save(tmp_path):
    """Write arrays to a ``.npz`` file and return its path."""

    def to_npz(**arrays) -> str:
        np.savez(tmp_path / "own.npz", **arrays)
        return str(tmp_path / "own.npz")

    return to_npz


@pytest.fixture
def draw(tmp_path):
    """Write a picture of random grey or colour levels; return its path."""

    def to_file(name: str, size=(12, 10), seed: int = 0, mode: str = "RGB", **options) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        channels = {"L": (), "RGB": (3,), "RGBA": (4,), "CMYK": (4,), "LA": (2,)}[mode]
        levels = np.random.default_rng(seed).integers(0, 256, (*size, *channels), "uint8")
        Image.fromarray(levels, mode).save(path, **options)
        return path

    return to_file


@pytest.fixture
def sorted_images():
    """Return the images of several sets as sorted bytes, to compare sets without order."""

    def images(*sets) -> list[bytes]:
        return sorted(image.tobytes() for part in sets for image in part)

    return images
