"""What travels: the same images there, the same run back, and nothing else."""

import dataclasses
import hashlib
import io
import tarfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vaelib import RunError
from vaelib.data.images import load_pool
from vaelib.results import files
from vaelib.study import transport, workspace


def random(kind: str, n: int = 20) -> np.ndarray:
    rng = np.random.default_rng(n)
    levels = rng.integers(0, 256, (n, 8, 9, 3))
    of = {"uint8": levels, "bool": levels > 9, "uint16": levels * 257, "float64": levels / 255}
    return of[kind].astype(kind)


def save_npz(folder, **arrays) -> str:
    np.savez(folder / "mine.tar.npz", **arrays)
    return str(folder / "mine.tar.npz")


def save_npy(folder, array) -> str:
    np.save(folder / "mine.npy", array)
    return str(folder / "mine.npy")


def save_pictures(folder) -> str:
    for name in ("train/cat", "train/dog", "test/cat", "test/dog"):
        place = folder / "its own, pictures" / name
        place.mkdir(parents=True)
        for n, pixels in enumerate(random("uint8", 8)):
            Image.fromarray(pixels).save(place / f"{n}.png")
    return str(folder / "its own, pictures")


SOURCES = {
    "bytes": lambda f: save_npz(f, x_train=random("uint8"), y_train=np.arange(20) % 3),
    "reals": lambda f: save_npz(f, x_train=random("float64"), x_test=random("float64", 5)),
    "16 bits": lambda f: save_npz(
        f, x_train=random("uint16"), x_test=random("uint16", 5), y_test=np.array([*"abcde"])
    ),
    "binary": lambda f: save_npy(f, random("bool")),
    "first channels": lambda f: save_npy(f, np.moveaxis(random("uint8"), -1, 1)),
    "pictures": save_pictures,
}


@pytest.mark.parametrize("image_size", [None, (12, 10)], ids=["as it is", "resized"])
@pytest.mark.parametrize("kind", SOURCES)
def test_a_worker_loads_the_same_images(tmp_path, kind, image_size):
    source = SOURCES[kind](tmp_path)
    pool = load_pool(source, image_size=image_size)
    name, content = transport.image_files({source: pool})[source]
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / name).write_bytes(content)
    there = load_pool(str(tmp_path / "there" / name), image_size=image_size)
    assert (there.name, there.fingerprint) == (pool.name, pool.fingerprint)
    assert type(there.images) is type(pool.images)
    split, again = (one.split(0, 0.2, 0.2) for one in (pool, there))
    assert split.fingerprint == again.fingerprint


def test_images_of_a_package_stay_there():
    assert transport.image_files({"digits": load_pool("digits")}) == {}


@pytest.fixture
def run(tmp_path):
    """A finished run."""
    folder = tmp_path / "elsewhere" / "run"
    folder.mkdir(parents=True)
    files.write(folder, {"runs": pd.DataFrame({"model": ["a", "b"]})})
    (folder / "model.keras").write_bytes(b"weights")
    workspace.seal(folder)
    return folder


@pytest.fixture
def receive(tmp_path):
    """Receive an archive; return the run's folder. Attempts are gone in any case."""

    def call(archive):
        try:
            transport.receive(archive, str(tmp_path / "runs" / "run"), str(tmp_path / "attempts"))
        finally:
            assert list((tmp_path / "attempts").glob("*")) == []
        return tmp_path / "runs" / "run"

    return call


def test_a_run_comes_back_as_it_was(run, receive):
    got = receive(transport.pack(run))
    assert workspace.models_of(got) == ["a", "b"]
    assert {path.name: path.read_bytes() for path in got.iterdir()} == {
        path.name: path.read_bytes() for path in run.iterdir()
    }


def test_an_archive_that_was_changed_is_refused(run, receive, tmp_path):
    archive = transport.pack(run)
    other = bytearray(archive.content)
    other[600] ^= 1
    with pytest.raises(RunError, match="damaged on the way: their SHA-256 is another"):
        receive(dataclasses.replace(archive, content=bytes(other)))
    assert not (tmp_path / "runs").exists()


def test_files_that_are_not_as_they_were_sealed_are_refused(run, receive, tmp_path):
    (run / "model.keras").write_bytes(b"others")
    with pytest.raises(RunError, match="the results came damaged: model.keras"):
        receive(transport.pack(run))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../outside", tarfile.REGTYPE),
        ("/tmp/outside", tarfile.REGTYPE),
        ("in/side", tarfile.REGTYPE),
        ("..", tarfile.REGTYPE),
        ("folder", tarfile.DIRTYPE),
        ("link", tarfile.SYMTYPE),
        ("hard", tarfile.LNKTYPE),
        ("pipe", tarfile.FIFOTYPE),
    ],
)
def test_nothing_but_files_of_a_run_is_unpacked(run, receive, tmp_path, name, kind):
    content = io.BytesIO(transport.pack(run).content)
    with tarfile.open(fileobj=content, mode="a") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        tar.addfile(member)
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    with pytest.raises(RunError, match=f"the results have '{name}'; allowed: files of a run"):
        receive(transport.Archive(content.getvalue(), digest))
    assert not (tmp_path / "runs").exists()
    assert {one.name for one in tmp_path.iterdir()} <= {"elsewhere", "attempts"}
