"""Galleries: what is written is read again, to a grey level."""

import dataclasses

import numpy as np
import pytest

from vaelib.results import exploration, files, gallery
from vaelib.results.pictures import Pictures

LEVEL = 0.501 / 255  # half a grey level, to which pixels are rounded
INDEX = [5, 1, 3]  # of the images that a run keeps, in the order of choice


@pytest.fixture
def test_images() -> np.ndarray:
    return np.random.default_rng(0).uniform(size=(6, 4, 5, 1)).astype("float32")


@pytest.fixture
def pictures(test_images) -> Pictures:
    """Return a perfect model's; the errors of PCA are larger for image 5, none for 3."""
    return Pictures(
        index=np.array(INDEX),
        reconstruction=test_images[INDEX],
        pca=test_images[INDEX] * np.array([0.1, 0.5, 1.0]).reshape(-1, 1, 1, 1),
        ranked_index=np.array([2, 0, 4]),
        ranked_ssim=np.array([-0.125, 0.5, 1]),
        ranked_reconstruction=test_images[[2, 0, 4]] / 2,
        samples=test_images[:2] / 4,
        snapshot_epochs=np.array([0, 1, 4]),
        snapshot_original=test_images[:2] / 2,
        snapshots=np.stack([test_images[:2] * share for share in (0.0, 0.5, 1.0)]),
    )


@pytest.fixture
def make_run(tmp_path, pictures):
    """Write a run that shows a model of an activation, a text; return its folder."""

    def make(model: str, activation: str, shift: float = 0.0, index=INDEX):
        folder = tmp_path / f"{model}-{activation}"
        folder.mkdir()
        own = dataclasses.replace(
            pictures,
            index=np.array(index),
            reconstruction=pictures.reconstruction[[INDEX.index(one) for one in index]] + shift,
            samples=pictures.samples + shift,
        )
        gallery.write_run(folder, activation, model, own)
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


def test_a_run_is_read_as_it_was_written(make_run, pictures):
    run = gallery.read_run(make_run("0a", "relu"))
    assert (run.model, run.activation) == ("0a", "relu")
    for name, array in vars(pictures).items():
        expected = gallery.to_grey_levels(array) if array.ndim >= 4 else array
        found = getattr(run.pictures, name)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


def test_a_run_without_a_finished_model_has_no_gallery(diverged):
    assert gallery.read_run(diverged) is None


@pytest.mark.parametrize(("count", "shown"), [(1, [5]), (2, [1, 5]), (3, [3, 1, 5])])
def test_a_report_joins_the_runs_that_show_its_models(
    tmp_path, make_run, diverged, test_images, pictures, count, shown
):
    """The first of those chosen, in the order of PCA's error."""
    runs = [
        make_run("0a", "relu"),
        make_run("0b", "leaky_relu:0.1", shift=0.5),
        make_run("0c", "relu", shift=1.0),
        diverged,
    ]
    gallery.join(tmp_path, runs, {"0a", "0b"}, test_images, count)
    found = gallery.read(tmp_path)
    np.testing.assert_array_equal(found.index, shown)
    np.testing.assert_allclose(found.original, test_images[shown], atol=LEVEL)
    of_pca = pictures.pca[[INDEX.index(one) for one in shown]]
    np.testing.assert_allclose(found.pca, of_pca, atol=LEVEL)
    assert list(found.reconstructions) == list(found.samples) == ["relu", "leaky_relu:0.1"]
    shifted = {"relu": 0.0, "leaky_relu:0.1": 0.5}
    for activation, shift in shifted.items():
        for images, original in (
            (found.reconstructions, test_images[shown]),
            (found.samples, pictures.samples),
        ):
            expected = np.clip(original + shift, 0, 1)
            np.testing.assert_allclose(images[activation], expected, atol=LEVEL)


def test_a_report_has_the_worst_the_median_and_the_best_of_each_activation(
    tmp_path, make_run, test_images
):
    gallery.join(tmp_path, [make_run("0a", "relu")], {"0a"}, test_images, 1)
    ranked = gallery.read(tmp_path).ranked["relu"]
    np.testing.assert_array_equal(ranked.index, [2, 0, 4])
    np.testing.assert_array_equal(ranked.ssim, [-0.125, 0.5, 1])
    np.testing.assert_allclose(ranked.original, test_images[[2, 0, 4]], atol=LEVEL)
    np.testing.assert_allclose(ranked.reconstruction, test_images[[2, 0, 4]] / 2, atol=LEVEL)


def test_only_images_that_all_models_have_are_shown(tmp_path, make_run, test_images):
    runs = [make_run("0a", "relu"), make_run("0b", "tanh", index=[3, 5])]
    gallery.join(tmp_path, runs, {"0a", "0b"}, test_images, 3)
    found = gallery.read(tmp_path)
    np.testing.assert_array_equal(found.index, [3, 5])
    for images in found.reconstructions.values():
        np.testing.assert_allclose(images, test_images[[3, 5]], atol=LEVEL)


def test_without_a_finished_model_there_is_an_empty_gallery(tmp_path, diverged, test_images):
    gallery.join(tmp_path, [diverged], {"0a"}, test_images, 3)
    found = gallery.read(tmp_path)
    assert found.original.shape == (0, 4, 5, 1)
    assert found.reconstructions == found.samples == found.ranked == {}
    assert found.pca is None


def test_a_gallery_of_an_earlier_version_has_reconstructions_alone(tmp_path):
    levels = np.full((1, 4, 5, 1), 51, "uint8")
    arrays = {"index": np.array([0]), "original": levels, "by_relu": 2 * levels}
    np.savez_compressed(tmp_path / files.GALLERY, **arrays)
    found = gallery.read(tmp_path)
    np.testing.assert_allclose(found.original, 0.2)
    assert list(found.reconstructions) == ["relu"]
    np.testing.assert_allclose(found.reconstructions["relu"], 0.4)
    assert (found.pca, found.ranked, found.samples) == (None, {}, {})


def test_a_report_may_call_activations_by_other_names(tmp_path, make_run, test_images):
    runs, names = [make_run("0a", "mine.py:wave"), make_run("0b", "relu")], {"mine.py:wave": "wave"}
    gallery.join(tmp_path, runs, {"0a", "0b"}, test_images, 3, names)
    found = gallery.read(tmp_path)
    names_of_all = [list(by) for by in (found.reconstructions, found.ranked, found.samples)]
    assert names_of_all == [["wave", "relu"]] * 3
    exploration.write_models(tmp_path, runs, {"0a", "0b"}, test_images, names=names)
    assert exploration.model_file(tmp_path, "wave").read_text() == "mine.py:wave of 0a"


def test_a_report_keeps_a_model_of_each_activation(tmp_path, make_run, diverged, pictures):
    images = np.random.default_rng(1).uniform(size=(exploration.IMAGES + 1, 2, 2, 1))
    runs = [make_run("0a", "relu"), make_run("0b", "tanh"), diverged]
    outdated = exploration.model_file(tmp_path, "elu")
    outdated.parent.mkdir()
    outdated.write_text("of an earlier report")
    exploration.write_models(tmp_path, runs, ["0a"], images)
    assert not outdated.exists()
    assert [path.name for path in outdated.parent.glob("*.keras")] == ["relu.keras"]
    assert exploration.model_file(tmp_path, "relu").read_text() == "relu of 0a"
    assert exploration.model_file(tmp_path, "leaky_relu:0.1").name == "leaky_relu-0.1.keras"
    found = exploration.read_test_images(tmp_path)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, images[: exploration.IMAGES], atol=0.501 / 255)
    trained = exploration.read_snapshots(tmp_path, "relu")
    assert (trained.model, list(trained.epochs)) == ("0a", [0, 1, 4])
    for kept, given in (
        (trained.original, pictures.snapshot_original),
        (trained.reconstructions, pictures.snapshots),
    ):
        np.testing.assert_allclose(255 * kept, np.rint(255 * given), rtol=1e-6)
    assert exploration.read_snapshots(tmp_path, "tanh") is None
    assert exploration.read_test_labels(tmp_path) is None
    labels = np.arange(exploration.IMAGES + 1)
    exploration.write_models(tmp_path, runs, ["0a"], images, labels)
    np.testing.assert_array_equal(exploration.read_test_labels(tmp_path), labels[:-1])


def test_on_a_full_disk_no_half_of_a_model_is_kept(tmp_path, make_run, test_images, monkeypatch):
    def full(source, target):
        target.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exploration.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        exploration.write_models(tmp_path, [make_run("0a", "relu")], ["0a"], test_images)
    assert list((tmp_path / files.MODELS).iterdir()) == []


class _Explosive:
    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (files.GALLERY, gallery.read),
        (files.RUN_GALLERY, gallery.read_run),
        (f"{files.MODELS}/images.npz", exploration.read_test_images),
        (f"{files.MODELS}/relu.training.npz", lambda of: exploration.read_snapshots(of, "relu")),
    ],
)
def test_pictures_of_another_are_never_unpickled(tmp_path, name, read):
    (tmp_path / files.MODELS).mkdir()
    fields = ("index", "original", "test", "model", "epochs", "activation", "reconstructions")
    np.savez(tmp_path / name, **dict.fromkeys(fields, np.array([_Explosive()])))
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        read(tmp_path)
