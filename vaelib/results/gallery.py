"""Galleries: reconstructions to show side by side, and models to explore.

A run keeps the reconstructions of a few test images. A report joins those of its
runs in one file, and keeps one model for each activation with some test images.
Pixels are stored as 8-bit grey levels. A run without a finished model has none.
"""

import dataclasses
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from vaelib.results import files

EXPLORED_IMAGES = 200  # test images kept beside the models
_IMAGES = "images.npz"
_PREFIX = "by_"  # of an activation's array in the report's file


@dataclasses.dataclass(frozen=True)
class RunGallery:
    """Reconstructions of one run.

    Attributes
    ----------
    dataset, activation : str
    reconstruction : array of uint8 [n, height, width, channels]
        Of the first test images.
    """

    dataset: str
    activation: str
    reconstruction: np.ndarray


@dataclasses.dataclass(frozen=True)
class Gallery:
    """Test images beside the reconstructions of several activations.

    Attributes
    ----------
    index : array of int [n]
        Of the images in the test set.
    original : array of float64 [n, height, width, channels]
        In [0, 1].
    reconstructions : dict of str to array like `original`
        By activation.
    """

    index: np.ndarray
    original: np.ndarray
    reconstructions: dict[str, np.ndarray]


def write_run(
    folder: str | Path, dataset: str, activation: str, reconstructions: np.ndarray
) -> None:
    """Keep the reconstructions of a run.

    Parameters
    ----------
    folder : str or path
        Of the run.
    dataset, activation : str
    reconstructions : array of float [n, height, width, channels]
        Of the first test images; what is outside [0, 1] is clipped.
    """
    np.savez_compressed(
        Path(folder) / files.RUN_GALLERY,
        dataset=dataset,
        activation=activation,
        reconstruction=to_grey_levels(reconstructions),
    )


def read_run(folder: str | Path) -> RunGallery | None:
    """Return the reconstructions of a run; None where every model diverged."""
    path = Path(folder) / files.RUN_GALLERY
    if not path.is_file():
        return None
    with np.load(path) as archive:
        return RunGallery(
            str(archive["dataset"]), str(archive["activation"]), archive["reconstruction"]
        )


def join(
    folder: str | Path, runs: Iterable[str | Path], dataset: str, originals: np.ndarray
) -> None:
    """Join the galleries of a data set's runs in one file of the report.

    Parameters
    ----------
    folder : str or path
        Of the report.
    runs : iterable of str or path
        Folders of finished runs; those of other data sets are left out.
    dataset : str
    originals : array of float [n, height, width, channels]
        The test images that the runs reconstructed, in [0, 1].
    """
    arrays = {"index": np.arange(len(originals)), "original": to_grey_levels(originals)}
    for _, run in _of_dataset(runs, dataset):
        arrays[f"{_PREFIX}{run.activation}"] = run.reconstruction
    np.savez_compressed(Path(folder) / files.GALLERY, **arrays)


def read(folder: str | Path) -> Gallery:
    """Read the gallery of a report."""
    with np.load(Path(folder) / files.GALLERY) as archive:
        return Gallery(
            archive["index"],
            archive["original"] / 255,
            {
                key.removeprefix(_PREFIX): archive[key] / 255
                for key in archive.files
                if key.startswith(_PREFIX)
            },
        )


def write_models(
    folder: str | Path, runs: Iterable[str | Path], dataset: str, images: np.ndarray
) -> None:
    """Keep the models of a data set's runs with test images to explore them on.

    Parameters
    ----------
    folder : str or path
        Of the report; models of an earlier one are deleted.
    runs, dataset
        As in `join`.
    images : array of float [n, height, width, channels]
        Test images in [0, 1], of which the first `EXPLORED_IMAGES` are kept.
    """
    models = Path(folder) / files.MODELS
    shutil.rmtree(models, ignore_errors=True)
    models.mkdir()
    for path, run in _of_dataset(runs, dataset):
        shutil.copyfile(path / files.RUN_MODEL, model_file(folder, run.activation))
    np.savez_compressed(models / _IMAGES, test=to_grey_levels(images[:EXPLORED_IMAGES]))


def model_file(folder: str | Path, activation: str) -> Path:
    """Return the path of an activation's model in a report, whether or not it exists."""
    return Path(folder) / files.MODELS / f"{activation}.keras"


def read_test_images(folder: str | Path) -> np.ndarray:
    """Return the test images of a report, float32 [n, height, width, channels] in [0, 1]."""
    with np.load(Path(folder) / files.MODELS / _IMAGES) as archive:
        return archive["test"].astype("float32") / 255


def to_grey_levels(images: np.ndarray) -> np.ndarray:
    """Round images to 8-bit grey levels; what is outside [0, 1] is clipped."""
    return np.round(255 * np.clip(images, 0, 1)).astype("uint8")


def _of_dataset(runs: Iterable[str | Path], dataset: str) -> Iterator[tuple[Path, RunGallery]]:
    """Yield the runs that have a gallery of this data set."""
    for path in map(Path, runs):
        run = read_run(path)
        if run is not None and run.dataset == dataset:
            yield path, run
