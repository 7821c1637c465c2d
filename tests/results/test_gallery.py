"""Galleries: what is written is read again, to a grey level."""

import numpy as np
import pytest

from vaelib.results import files, gallery


@pytest.fixture
def originals() -> np.ndarray:
    return np.random.default_rng(0).uniform(size=(3, 4, 5, 1)).astype("float32")


@pytest.fixture
def make_run(tmp_path, originals):
    """Write a run that shows a model of an activation, a text; return its folder."""

    def make(model: str, activation: str, shift: float = 0.0):
        folder = tmp_path / f"{model}-{activation}"
        folder.mkdir()
        gallery.write_run(folder, activation, model, originals + shift)
        (folder / files.RUN_MODEL).write_text(f"{activation} of {model}")
        return folder

    return make


@pytest.fixture
def diverged(tmp_path):
    """Return the folder of a run whose every model diverged."""
    folder = tmp_path / "diverged"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("value", "level"), [(0, 0), (1, 255), (0.5, 128), (-0.3, 0), (1.2, 255), (1 / 255, 1)]
)
def test_grey_levels_are_rounded_and_clipped(value, level):
    found = gallery.to_grey_levels(np.full((2, 2), value))
    np.testing.assert_array_equal(found, np.full((2, 2), level, "uint8"))
    assert found.dtype == np.uint8


def test_a_run_is_read_as_it_was_written(make_run, originals):
    run = gallery.read_run(make_run("0a", "relu"))
    assert (run.model, run.activation) == ("0a", "relu")
    np.testing.assert_array_equal(run.reconstruction, gallery.to_grey_levels(originals))


def test_a_run_without_a_finished_model_has_no_gallery(diverged):
    assert gallery.read_run(diverged) is None


def test_a_report_joins_the_runs_that_show_its_models(tmp_path, make_run, diverged, originals):
    runs = [
        make_run("0a", "relu"),
        make_run("0b", "leaky_relu:0.1", shift=0.5),
        make_run("0c", "relu", shift=1.0),
        diverged,
    ]
    gallery.join(tmp_path, runs, {"0a", "0b"}, originals[:2])
    found = gallery.read(tmp_path)
    assert list(found.reconstructions) == ["relu", "leaky_relu:0.1"]
    np.testing.assert_array_equal(found.index, [0, 1])
    shown = originals[:2]
    expected = {"relu": shown, "leaky_relu:0.1": np.clip(shown + 0.5, 0, 1)}
    for activation, images in expected.items():
        np.testing.assert_allclose(found.reconstructions[activation], images, atol=0.501 / 255)
    np.testing.assert_allclose(found.original, shown, atol=0.501 / 255)


def test_a_report_may_call_activations_by_other_names(tmp_path, make_run, originals):
    runs, names = [make_run("0a", "mine.py:wave"), make_run("0b", "relu")], {"mine.py:wave": "wave"}
    gallery.join(tmp_path, runs, {"0a", "0b"}, originals, names)
    assert list(gallery.read(tmp_path).reconstructions) == ["wave", "relu"]
    gallery.write_models(tmp_path, runs, {"0a", "0b"}, originals, names)
    assert gallery.model_file(tmp_path, "wave").read_text() == "mine.py:wave of 0a"


def test_a_report_keeps_a_model_of_each_activation(tmp_path, make_run, diverged):
    images = np.random.default_rng(1).uniform(size=(gallery.EXPLORED_IMAGES + 1, 2, 2, 1))
    runs = [make_run("0a", "relu"), make_run("0b", "tanh"), diverged]
    outdated = gallery.model_file(tmp_path, "elu")
    outdated.parent.mkdir()
    outdated.write_text("of an earlier report")
    gallery.write_models(tmp_path, runs, ["0a"], images)
    assert not outdated.exists()
    assert [path.name for path in outdated.parent.glob("*.keras")] == ["relu.keras"]
    assert gallery.model_file(tmp_path, "relu").read_text() == "relu of 0a"
    assert gallery.model_file(tmp_path, "leaky_relu:0.1").name == "leaky_relu-0.1.keras"
    found = gallery.read_test_images(tmp_path)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, images[: gallery.EXPLORED_IMAGES], atol=0.501 / 255)
