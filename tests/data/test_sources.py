"""Sources of images: kind, location and name follow from the user's text."""

from pathlib import Path

import pytest

from vaelib.data.sources import BUILT_IN, Kind, Source, allowed


@pytest.mark.parametrize(
    ("given", "kind", "name", "label"),
    [
        ("mnist5k", Kind.EMBEDDED, "mnist5k", "mnist5k"),
        ("digits", Kind.EMBEDDED, "digits", "digits"),
        ("cifar10", Kind.KERAS, "cifar10", "cifar10"),
        ("own.npz", Kind.NPZ, "own", "own.npz"),
        ("some/where/two.parts.npz", Kind.NPZ, "two.parts", "two.parts.npz"),
        (Path("some") / "own.npz", Kind.NPZ, "own", "own.npz"),
        ("mnist.npz", Kind.NPZ, "mnist", "mnist.npz"),
        ("cats", None, "cats", "cats"),
        ("own.NPZ", Kind.NPZ, "own", "own.NPZ"),
    ],
)
def test_a_source_is_recognised_and_named(given, kind, name, label):
    source = Source.parse(given)
    assert (source.kind, source.name, source.label) == (kind, name, label)
    assert source.given == str(given)
    assert source.is_path == (kind == Kind.NPZ)


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
    assert allowed() == "mnist5k, digits, mnist, fashion_mnist, cifar10, or the path of a .npz file"
    assert allowed(offline=True) == "mnist5k, digits, or the path of a .npz file"
