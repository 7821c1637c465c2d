"""Galleries: reconstructions to show side by side, and models to explore.

A run keeps one model, and its reconstructions of a few test images. A report joins
those of its runs that show the same replicate in one file, and keeps their models with
some test images. Pixels are stored as 8-bit grey levels. A run without a finished model
has none.
"""

import dataclasses
import shutil
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from vaelib.formatting import file_name
from vaelib.results import files

EXPLORED_IMAGES = 200  # test images kept beside the models
KEPT_IMAGES = 64  # whose reconstructions a run keeps
_IMAGES = "images.npz"
_PREFIX = "by_"  # of an activation's array in the report's file


@dataclasses.dataclass(frozen=True)
class RunGallery:
    """Reconstructions of one run.

    Attributes
    ----------
    activation : str
    model : str
        Identity of the model; see `training.configuration.ModelConfiguration`.
    reconstruction : array of uint8 [n, height, width, channels]
        Of the first test images.
    """

    activation: str
    model: str
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


def write_run(folder: str | Path, activation: str, model: str, reconstructions: np.ndarray) -> None:
    """Keep the reconstructions of a run.

    Parameters
    ----------
    folder : str or path
        Of the run.
    activation, model : str
        See `RunGallery`.
    reconstructions : array of float [n, height, width, channels]
        Of the test images, of which the first `KEPT_IMAGES` are kept; what is outside
        [0, 1] is clipped.
    """
    np.savez_compressed(
        Path(folder) / files.RUN_GALLERY,
        activation=activation,
        model=model,
        reconstruction=to_grey_levels(reconstructions[:KEPT_IMAGES]),
    )


def read_run(folder: str | Path) -> RunGallery | None:
    """Return the reconstructions of a run; None where every model diverged."""
    path = Path(folder) / files.RUN_GALLERY
    if not path.is_file():
        return None
    with np.load(path) as archive:
        return RunGallery(
            str(archive["activation"]), str(archive["model"]), archive["reconstruction"]
        )


def join(
    folder: str | Path,
    runs: Iterable[str | Path],
    models: Container[str],
    originals: np.ndarray,
    names: Mapping[str, str] | None = None,
) -> None:
    """Join the galleries of some models in one file of the report.

    Parameters
    ----------
    folder : str or path
        Of the report.
    runs : iterable of str or path
        Folders of finished runs; those that show other models are left out.
    models : container of str
        Identities of the models to show, all of one replicate.
    originals : array of float [n, height, width, channels]
        The first test images of that replicate, in [0, 1], at most `KEPT_IMAGES`.
    names : mapping of str to str, optional
        How the report calls activations, where it is not by their own names.
    """
    arrays = {"index": np.arange(len(originals)), "original": to_grey_levels(originals)}
    for _, run in _showing(runs, models, names or {}):
        arrays[f"{_PREFIX}{run.activation}"] = run.reconstruction[: len(originals)]
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
    folder: str | Path,
    runs: Iterable[str | Path],
    models: Container[str],
    images: np.ndarray,
    names: Mapping[str, str] | None = None,
) -> None:
    """Keep some models with test images to explore them on.

    Parameters
    ----------
    folder : str or path
        Of the report; models of an earlier one are deleted.
    runs, models, names
        As in `join`.
    images : array of float [n, height, width, channels]
        Test images in [0, 1], of which the first `EXPLORED_IMAGES` are kept.
    """
    kept = Path(folder) / files.MODELS
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for path, run in _showing(runs, models, names or {}):
        shutil.copyfile(path / files.RUN_MODEL, model_file(folder, run.activation))
    np.savez_compressed(kept / _IMAGES, test=to_grey_levels(images[:EXPLORED_IMAGES]))


def model_file(folder: str | Path, activation: str) -> Path:
    """Return the path of an activation's model in a report, whether or not it exists."""
    return Path(folder) / files.MODELS / f"{file_name(activation)}.keras"


def read_test_images(folder: str | Path) -> np.ndarray:
    """Return the test images of a report, float32 [n, height, width, channels] in [0, 1]."""
    with np.load(Path(folder) / files.MODELS / _IMAGES) as archive:
        return archive["test"].astype("float32") / 255


def to_grey_levels(images: np.ndarray) -> np.ndarray:
    """Round images to 8-bit grey levels; what is outside [0, 1] is clipped."""
    return np.round(255 * np.clip(images, 0, 1)).astype("uint8")


def _showing(
    runs: Iterable[str | Path], models: Container[str], names: Mapping[str, str]
) -> Iterator[tuple[Path, RunGallery]]:
    """Yield the runs whose gallery shows one of these models."""
    for path in map(Path, runs):
        run = read_run(path)
        if run is not None and run.model in models:
            shown = names.get(run.activation, run.activation)
            yield path, dataclasses.replace(run, activation=shown)
