"""Images that the tests of `data` share."""

import numpy as np
import pytest


@pytest.fixture
def save(tmp_path):
    """Write arrays to a ``.npz`` file and return its path."""

    def to_npz(**arrays) -> str:
        np.savez(tmp_path / "own.npz", **arrays)
        return str(tmp_path / "own.npz")

    return to_npz


@pytest.fixture
def sorted_images():
    """Return the images of several sets as sorted bytes, to compare sets without order."""

    def images(*sets) -> list[bytes]:
        return sorted(image.tobytes() for part in sets for image in part)

    return images
