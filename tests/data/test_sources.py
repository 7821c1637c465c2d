"""Sources of images: kind, location and name follow from the user's text."""

from pathlib import Path

import pytest

from vaelib.data.sources import BUILT_IN, Kind, Source, allowed


@pytest.mark.parametrize(
    ("given", "kind", "name", "label"),
    [
        ("mnist5k", Kind.EMBEDDED, "mnist5k", "mnist5k"),
        ("digits", Kind.EMBEDDED, "digits", "digits"),
        ("photos", Kind.EMBEDDED, "photos", "photos"),
        ("cifar10", Kind.KERAS, "cifar10", "cifar10"),
        ("cifar100", Kind.KERAS, "cifar100", "cifar100"),
        ("own.npz", Kind.NPZ, "own", "own.npz"),
        ("some/where/two.parts.npz", Kind.NPZ, "two.parts", "two.parts.npz"),
        (Path("some") / "own.npz", Kind.NPZ, "own", "own.npz"),
        ("mnist.npz", Kind.NPZ, "mnist", "mnist.npz"),
        ("cats", None, "cats", "cats"),
        ("own.NPZ", Kind.NPZ, "own", "own.NPZ"),
        ("own.npy", Kind.NPY, "own", "own.npy"),
        ("cats.zip", Kind.ARCHIVE, "cats", "cats.zip"),
        ("my/cats.v2.TAR.GZ", Kind.ARCHIVE, "cats.v2", "cats.v2.TAR.GZ"),
        ("missing/cats", Kind.FOLDER, "cats", "cats"),
        ("missing/cats/", Kind.FOLDER, "cats", "cats"),
        ("missing/cat.png", None, "cat.png", "cat.png"),
        ("", None, "", ""),
    ],
)
def test_a_source_is_recognised_and_named(given, kind, name, label):
    source = Source.parse(given)
    assert (source.kind, source.name, source.label) == (kind, name, label)
    assert source.given == str(given)
    assert source.is_path == (kind in (Kind.NPZ, Kind.NPY, Kind.ARCHIVE, Kind.FOLDER))


@pytest.mark.parametrize(
    "name", ["cats", "two words", 'it\'s "q" & co; $HOME', "字母 Ä", "-dash", "cats.npz", "a,b"]
)
def test_a_folder_that_is_there_is_recognised_by_its_name(tmp_path, monkeypatch, name):
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    source = Source.parse(name)
    assert (source.kind, source.name, source.label) == (Kind.FOLDER, name, name)
    assert source.exists
    assert source.location == str(tmp_path / name)
    assert Source.parse(source.location).name == name


@pytest.mark.parametrize("given", [".", "./", "../here"])
def test_a_folder_has_the_name_of_its_place(tmp_path, monkeypatch, given):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert Source.parse(given).name == "here"


def test_a_built_in_name_goes_before_a_folder(tmp_path, monkeypatch):
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Source.parse("digits").kind == Kind.EMBEDDED
    assert Source.parse("./digits").kind == Source.parse(Path("digits")).kind == Kind.FOLDER


@pytest.mark.parametrize("given", [*BUILT_IN, "cats"])
def test_a_name_is_its_own_location(given):
    assert Source.parse(given).location == given


@pytest.mark.parametrize(
    ("given", "location"),
    [
        ("own.npz", "work/own.npz"),
        ("./photos/own.npz", "work/photos/own.npz"),
        ("~/own.npz", "home/own.npz"),
    ],
)
def test_the_location_of_a_file_is_absolute(tmp_path, monkeypatch, given, location):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert Source.parse(given).location == str(tmp_path / location)


def test_a_location_names_the_same_source():
    source = Source.parse("photos/own.npz")
    again = Source.parse(source.location)
    assert (again.kind, again.name, again.location) == (source.kind, source.name, source.location)


def test_what_is_allowed_offline_needs_no_download():
    paths = "or the path of a folder, .zip or .tar of pictures, or of a .npz or .npy file"
    assert allowed() == f"mnist5k, digits, photos, mnist, fashion_mnist, cifar10, cifar100, {paths}"
    assert allowed(offline=True) == f"mnist5k, digits, photos, {paths}"
