"""What travels where no folder is shared: images to workers, finished runs back."""

import dataclasses
import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vaelib.data.images import ImagePool
from vaelib.data.pixels import Pixels
from vaelib.data.sources import Source
from vaelib.exceptions import RunError
from vaelib.study import workspace


@dataclasses.dataclass(frozen=True)
class Archive:
    """A finished run as it travels.

    Attributes
    ----------
    content : bytes
        A tar archive of the run's files.
    digest : str
        Its SHA-256, by who packed it.
    """

    content: bytes
    digest: str


def image_files(pools: Mapping[str, ImagePool]) -> dict[str, tuple[str, bytes]]:
    """Return the name and the content of a file for each data set that is not in a package.

    `data.images.load_pool` makes the same pool of it: the same name, pixels and labels,
    and so the same fingerprint. Data sets of `keras.datasets` are downloaded where they
    are needed.

    Parameters
    ----------
    pools : mapping of str to ImagePool
        By the study's entry in ``dataset``.
    """
    paths = [source for source in pools if Source.parse(source).is_path]
    return {source: (f"{pools[source].name}.npz", _as_npz(pools[source])) for source in paths}


def _as_npz(pool: ImagePool) -> bytes:
    arrays = {
        "x_train": pool.images,
        "y_train": pool.labels,
        "x_test": pool.test,
        "y_test": pool.test_labels,
    }
    file = io.BytesIO()
    np.savez_compressed(
        file,
        allow_pickle=False,
        **{
            name: array.levels if isinstance(array, Pixels) else array
            for name, array in arrays.items()
            if array is not None
        },
    )
    return file.getvalue()


def pack(run: Path) -> Archive:
    """Return the files of a finished run."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:  # tables and models are compressed
        for path in sorted(run.iterdir()):
            if path.is_file():
                tar.add(path, path.name)
    content = file.getvalue()
    return Archive(content, hashlib.sha256(content).hexdigest())


def receive(archive: Archive, folder: str, attempts: str) -> None:
    """Publish a run that was trained elsewhere.

    Parameters
    ----------
    archive : Archive
    folder : str
        Of the run once it is finished.
    attempts : str
        Folder for what is not finished; see `worker.train_block`.

    Raises
    ------
    RunError
        For an archive that is not as it was packed, holds anything but files, or is not
        a finished run. Nothing is published then.
    """
    if hashlib.sha256(archive.content).hexdigest() != archive.digest:
        raise RunError("the results were damaged on the way: their SHA-256 is another")
    with workspace.attempt(Path(attempts)) as attempt:
        with tarfile.open(fileobj=io.BytesIO(archive.content)) as tar:
            for member in tar:
                # Names alone, and no links: nothing is written outside of the attempt.
                plain = Path(member.name).name == member.name and member.name not in ("", "..")
                if not (plain and member.isfile()):
                    raise RunError(f"the results have {member.name!r}; allowed: files of a run")
                (attempt / member.name).write_bytes(tar.extractfile(member).read())
        damaged = workspace.damaged_files(attempt)
        if damaged:
            raise RunError(f"the results came damaged: {', '.join(damaged)}")
        workspace.publish(attempt, Path(folder))
