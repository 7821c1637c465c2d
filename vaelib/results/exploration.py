"""Models to explore: those that a report keeps, with test images and their training."""

import dataclasses
import shutil
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

import numpy as np

from vaelib.formatting import file_name
from vaelib.results import files
from vaelib.results.gallery import showing, to_grey_levels

IMAGES = 200  # test images kept beside the models
_IMAGES_FILE = "images.npz"


@dataclasses.dataclass(frozen=True)
class TrainingSnapshots:
    """Validation images as a model reconstructed them on its way.

    Attributes
    ----------
    model : str
        Identity of the model.
    epochs : array of int [e]
        0 before training.
    original : array of float64 [k, height, width, channels]
        In [0, 1].
    reconstructions : array of float64 [e, k, height, width, channels]
        After these epochs, in [0, 1].
    """

    model: str
    epochs: np.ndarray
    original: np.ndarray
    reconstructions: np.ndarray


def write_models(
    folder: str | Path,
    runs: Iterable[str | Path],
    models: Container[str],
    images: np.ndarray,
    labels: np.ndarray | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Keep some models with test images to explore them on, and their snapshots of training.

    Parameters
    ----------
    folder : str or path
        Of the report; models of an earlier one are deleted.
    runs, models, names
        As in `gallery.join`.
    images : array of float [n, height, width, channels]
        Test images in [0, 1], of which the first `IMAGES` are kept.
    labels : array of int [n] or None
        Of these images.
    """
    kept = Path(folder) / files.MODELS
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for path, run in showing(runs, models, names or {}):
        with files.whole(model_file(folder, run.activation)) as partial:
            shutil.copyfile(path / files.RUN_MODEL, partial)
        np.savez_compressed(
            _snapshots_file(folder, run.activation),
            model=run.model,
            epochs=run.pictures.snapshot_epochs,
            original=run.pictures.snapshot_original,
            reconstructions=run.pictures.snapshots,
        )
    arrays = {"test": to_grey_levels(images[:IMAGES])}
    if labels is not None:
        arrays["labels"] = labels[:IMAGES]
    np.savez_compressed(kept / _IMAGES_FILE, **arrays)


def model_file(folder: str | Path, activation: str) -> Path:
    """Return the path of an activation's model in a report, whether or not it exists."""
    return Path(folder) / files.MODELS / f"{file_name(activation)}.keras"


def read_test_images(folder: str | Path) -> np.ndarray:
    """Return the test images of a report, float32 [n, height, width, channels] in [0, 1]."""
    with np.load(Path(folder) / files.MODELS / _IMAGES_FILE) as archive:
        return archive["test"].astype("float32") / 255


def read_test_labels(folder: str | Path) -> np.ndarray | None:
    """Return the labels of `read_test_images`, int [n]; None where there are none."""
    with np.load(Path(folder) / files.MODELS / _IMAGES_FILE) as archive:
        return archive.get("labels")


def read_snapshots(folder: str | Path, activation: str) -> TrainingSnapshots | None:
    """Return an activation's snapshots of training; None for reports of earlier versions."""
    path = _snapshots_file(folder, activation)
    if not path.is_file():
        return None
    with np.load(path) as archive:
        return TrainingSnapshots(
            str(archive["model"]),
            archive["epochs"],
            archive["original"] / 255,
            archive["reconstructions"] / 255,
        )


def _snapshots_file(folder: str | Path, activation: str) -> Path:
    return model_file(folder, activation).with_suffix(".training.npz")
