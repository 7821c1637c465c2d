"""Galleries: pictures to show side by side.

A run keeps one model, and what there is to look at of it. A report joins those of its
runs that show the same replicate in one file; their models are in `exploration`. Pixels
are stored as 8-bit grey levels. A run without a finished model has none.
"""

import dataclasses
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from vaelib.results import files
from vaelib.results.pictures import Pictures

# Of an activation's arrays in the report's file: none is the beginning of another.
_RECONSTRUCTION, _SAMPLES = "by_", "samples_by_"
_RANKED = {
    field: f"ranked_{field}_by_" for field in ("index", "ssim", "original", "reconstruction")
}


@dataclasses.dataclass(frozen=True)
class RunGallery:
    """What there is to look at of one run.

    Attributes
    ----------
    activation : str
    model : str
        Identity of the model; see `training.configuration.ModelConfiguration`.
    pictures : Pictures
        Pixels as uint8.
    """

    activation: str
    model: str
    pictures: Pictures


@dataclasses.dataclass(frozen=True)
class Ranked:
    """Worst, median and best test image of an activation's model by SSIM.

    Attributes
    ----------
    index : array of int [3]
        Of the images in the test set.
    ssim : array of float [3]
    original, reconstruction : array of float64 [3, height, width, channels]
        In [0, 1].
    """

    index: np.ndarray
    ssim: np.ndarray
    original: np.ndarray
    reconstruction: np.ndarray


@dataclasses.dataclass(frozen=True)
class Gallery:
    """Test images beside what the models of several activations make of them.

    Reports of earlier versions have nothing but `index`, `original` and
    `reconstructions`.

    Attributes
    ----------
    index : array of int [n]
        Of the images in the test set.
    original : array of float64 [n, height, width, channels]
        In [0, 1].
    reconstructions : dict of str to array like `original`
        By activation.
    pca : array like `original`, or None
        Reconstructions by principal components.
    ranked : dict of str to Ranked
        By activation.
    samples : dict of str to array of float64 [m, height, width, channels]
        By activation, draws from the prior, in [0, 1]; the same noise for all.
    """

    index: np.ndarray
    original: np.ndarray
    reconstructions: dict[str, np.ndarray]
    pca: np.ndarray | None = None
    ranked: dict[str, Ranked] = dataclasses.field(default_factory=dict)
    samples: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)


def write_run(folder: str | Path, activation: str, model: str, pictures: Pictures) -> None:
    """Keep what there is to look at of a run.

    Parameters
    ----------
    folder : str or path
        Of the run.
    activation, model : str
        See `RunGallery`.
    pictures : Pictures
        Pixels outside [0, 1] are clipped.
    """
    arrays = {
        name: to_grey_levels(array) if array.ndim >= 4 else array
        for name, array in vars(pictures).items()
    }
    path = Path(folder) / files.RUN_GALLERY
    np.savez_compressed(path, activation=activation, model=model, **arrays)


def read_run(folder: str | Path) -> RunGallery | None:
    """Return what there is to look at of a run; None where every model diverged."""
    path = Path(folder) / files.RUN_GALLERY
    if not path.is_file():
        return None
    fields = [field.name for field in dataclasses.fields(Pictures)]
    with np.load(path) as archive:
        pictures = Pictures(**{name: archive[name] for name in fields})
        return RunGallery(str(archive["activation"]), str(archive["model"]), pictures)


def join(
    folder: str | Path,
    runs: Iterable[str | Path],
    models: Container[str],
    test: np.ndarray,
    count: int,
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
    test : array of float [n, height, width, channels]
        The test images of that replicate, in [0, 1].
    count : int
        Images to show: the first of those that were chosen, in the order of PCA's error,
        the smallest first. Where the last bits of that error differ between the machines
        that trained, only images that all of the models have.
    names : mapping of str to str, optional
        How the report calls activations, where it is not by their own names.
    """
    shown = [run for _, run in showing(runs, models, names or {})]
    arrays = _common(shown, test, count)
    for run in shown:
        own, name = run.pictures, run.activation
        places = [list(own.index).index(image) for image in arrays["index"]]
        ranked = {
            "index": own.ranked_index,
            "ssim": own.ranked_ssim,
            "original": to_grey_levels(test[own.ranked_index]),
            "reconstruction": own.ranked_reconstruction,
        }
        arrays[f"{_RECONSTRUCTION}{name}"] = own.reconstruction[places]
        arrays[f"{_SAMPLES}{name}"] = own.samples
        arrays |= {f"{prefix}{name}": ranked[field] for field, prefix in _RANKED.items()}
    with files.whole(Path(folder) / files.GALLERY) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, **arrays)


def read(folder: str | Path) -> Gallery:
    """Read the gallery of a report."""
    with np.load(Path(folder) / files.GALLERY) as archive:
        arrays = {
            name: archive[name] / 255 if archive[name].dtype == np.uint8 else archive[name]
            for name in archive.files
        }
    ranked = {field: _by_activation(arrays, prefix) for field, prefix in _RANKED.items()}
    return Gallery(
        arrays["index"],
        arrays["original"],
        _by_activation(arrays, _RECONSTRUCTION),
        arrays.get("pca"),
        {
            name: Ranked(**{field: by_name[name] for field, by_name in ranked.items()})
            for name in ranked["index"]
        },
        _by_activation(arrays, _SAMPLES),
    )


def showing(
    runs: Iterable[str | Path], models: Container[str], names: Mapping[str, str]
) -> Iterator[tuple[Path, RunGallery]]:
    """Yield the runs whose gallery shows one of these models, as the report calls them.

    Parameters
    ----------
    runs, models, names
        As in `join`.
    """
    for path in map(Path, runs):
        run = read_run(path)
        if run is not None and run.model in models:
            shown = names.get(run.activation, run.activation)
            yield path, dataclasses.replace(run, activation=shown)


def to_grey_levels(images: np.ndarray) -> np.ndarray:
    """Round images to 8-bit grey levels; what is outside [0, 1] is clipped."""
    return np.round(255 * np.clip(images, 0, 1)).astype("uint8")


def _common(shown: list[RunGallery], test: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Return the arrays that are the same for all activations."""
    if not shown:
        return {"index": np.array([], int), "original": to_grey_levels(test[:0])}
    first = shown[0].pictures
    of_all = set.intersection(*(set(run.pictures.index) for run in shown))
    places = [place for place, image in enumerate(first.index) if image in of_all][:count]
    original, pca = to_grey_levels(test[first.index[places]]), first.pca[places]
    errors = np.mean((original.astype(float) - pca) ** 2, axis=(1, 2, 3))
    order = np.argsort(errors, kind="stable")
    return {
        "index": first.index[places][order],
        "original": original[order],
        "pca": pca[order],
    }


def _by_activation(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
