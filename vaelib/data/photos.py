"""`photos`: colour patches of the photographs in scikit-image and scikit-learn.

Left out of what these packages hold in colour: the motorcycles, whose licence their
documentation does not state, and which are a stereo pair; tissue, a retina and galaxies,
which are photographs of another kind, and of the latter two more patches than of all
others together; drawings and grey pictures.

Each is cut at its own resolution into patches that do not overlap, so that validation
patches show nothing of training patches either. A band over the full height is for
testing, with a margin on both sides. It begins a tenth from the left, where the test
patches have as much contrast as the others; of six photographs, not every place has.
"""

from importlib import resources
from typing import NamedTuple

import numpy as np
from PIL import Image

SIDE = 32  # pixels of a patch
_TEST = 0.2  # of the columns of patches
_BEFORE = 0.1  # of these, on the left of the test patches


class Photograph(NamedTuple):
    """A photograph in an installed package.

    Attributes
    ----------
    package, file : str
    shows : str
    licence : str
        As the package's documentation states it, with whom to name.
    """

    package: str
    file: str
    shows: str
    licence: str


_SKIMAGE, _SKLEARN = "skimage.data", "sklearn.datasets.images"
PHOTOGRAPHS = (  # a label is a position in this
    Photograph(_SKIMAGE, "astronaut.png", "Eileen Collins", "public domain (NASA)"),
    Photograph(_SKIMAGE, "chelsea.png", "a cat", "CC0 (Stefan van der Walt)"),
    Photograph(_SKIMAGE, "coffee.png", "a cup of coffee", "CC0 (Rachel Michetti)"),
    Photograph(_SKIMAGE, "rocket.jpg", "a Falcon 9", "public domain (SpaceX)"),
    Photograph(_SKLEARN, "china.jpg", "a pagoda", "CC BY 2.0 (danielbuechele)"),
    # The README beside it names danielbuechele here, too, but links to vultilion.
    Photograph(_SKLEARN, "flower.jpg", "a dahlia", "CC BY 2.0 (vultilion)"),
)


def load() -> dict[str, np.ndarray]:
    """Return ``x_train`` and ``x_test`` as uint8 [n, 32, 32, 3], ``y_train`` and ``y_test``.

    A label is the position of the photograph in `PHOTOGRAPHS`.
    """
    cut = [patches(_pixels(photograph)) for photograph in PHOTOGRAPHS]
    arrays = {}
    for name, parts in zip(("train", "test"), zip(*cut, strict=True), strict=True):
        arrays[f"x_{name}"] = np.concatenate(parts)
        arrays[f"y_{name}"] = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return arrays


def patches(photograph: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut a photograph into patches for training and for testing.

    Columns of patches are full, and the width of one of them makes the two margins, so
    at least 16 pixels are between a test patch and a training patch.

    Parameters
    ----------
    photograph : array [height, width, channels]
        At least 32 x 256 pixels.

    Returns
    -------
    training, test : array [n, 32, 32, channels]
        Row by row, of the training patches first those on the left of the band.
    """
    width = photograph.shape[1]
    columns = width // SIDE - 1
    before, of_test = round(_BEFORE * columns), round(_TEST * columns)
    left = SIDE * before
    right = width - SIDE * (columns - before - of_test)
    start = (left + right - SIDE * of_test) // 2
    training = _cut(photograph[:, :left]), _cut(photograph[:, right:])
    return np.concatenate(training), _cut(photograph[:, start : start + SIDE * of_test])


def _cut(region: np.ndarray) -> np.ndarray:
    """Return the patches of a region, but for what is left at its lower edge."""
    rows, columns = (size // SIDE for size in region.shape[:2])
    tiles = region[: rows * SIDE].reshape(rows, SIDE, columns, SIDE, -1)
    return tiles.swapaxes(1, 2).reshape(rows * columns, SIDE, SIDE, -1)


def _pixels(photograph: Photograph) -> np.ndarray:
    with resources.files(photograph.package).joinpath(photograph.file).open("rb") as file:
        return np.asarray(Image.open(file).convert("RGB"))
