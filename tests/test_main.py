"""The command line: bad input gets one line, before anything is run or written."""

from pathlib import Path

import numpy as np
import pytest

from vaelib.__main__ import main

STUDY = "dataset: digits\nactivations: [relu, tanh]\nseeds: 1\nepochs: 1\n"


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "small.yml"
    path.write_text(STUDY)
    return str(path)


@pytest.fixture
def refused(tmp_path, capsys):
    """Run the command; return its one line, after checking that nothing was written."""

    def run(*arguments) -> str:
        code = main([*arguments, "--reports", str(tmp_path / "reports")])
        out, err = capsys.readouterr()
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert not (tmp_path / "reports").exists()
        return err

    return run


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        ("ACTIVATIONS=rleu", ["activation", "'rleu'", "did you mean 'relu'"]),
        ("ACTIVATIONS=relu,softmax", ["activation", "'softmax'", "not element-wise"]),
        ("ACTIVATIONS=silu,swish", ["activations", "'swish'", "alias of 'silu'", "each once"]),
        ("ACTIVATIONS=[relu,relu]", ["activations", "'relu'", "twice"]),
        ("ACTIVATIONS=[]", ["activations", "[]", "at least 1"]),
        ("ACTIVATIONS=leaky_relu:1", ["activations", "'leaky_relu:1'", "has the slope '1'"]),
        ("ACTIVATIONS=relu,no.py:f", ["activations", "'no.py:f'", "No such file", "a Python file"]),
        ("SEEDS=0", ["seeds", "0", "allowed: 1 to 1000"]),
        ("SEEDS=2000000000", ["seeds", "2000000000", "allowed: 1 to 1000"]),
        ("SPLIT_SEED=1", ["split_seed", "unknown field"]),
        ("SEEDS=many", ["seeds", "'many'", "valid integer"]),
        ("EPOCHS=0", ["epochs", "0", "greater than 0"]),
        ("EPOCHS=2.5", ["epochs", "2.5", "valid integer"]),
        ("EPOCH=5", ["epoch", "5", "did you mean 'epochs'"]),
        ("LEARNING_RATE=-1", ["learning_rate", "-1", "greater than 0"]),
        ("EPOCHS=[", ["epochs", "'['", "allowed: YAML"]),
        ("EPOCHS=!!python/object/apply:os.abort []", ["epochs", "allowed: YAML"]),
        ("EPOCHS", ["'EPOCHS'", "allowed: field=value"]),
        ("DATASET=cats", ["dataset", "'cats'", "mnist5k, digits, photos, mnist"]),
        ("DATASET=missing.npz", ["dataset", "missing.npz", "no file"]),
        ("DEPTH=[1,1]", ["depth", "1 is there twice"]),
        ("DEPTH=1,0", ["depth", "0", "greater than 0"]),
        ("OPTIMIZER=adam,lion", ["optimizer", "'lion'", "'adam'"]),
        ("LEARNING_RATE=0.01,-1", ["learning_rate", "-1", "greater than 0"]),
        ("DATASET=digits,cats", ["dataset", "'cats'", "mnist5k, digits, photos, mnist"]),
        ("TRAIN_SIZE=[100,99999]", ["train_size", "99999", "allowed: 1 to", "digits"]),
        ("TRAIN_SIZE=99999", ["train_size", "99999", "allowed: 1 to"]),
        ("IMAGE_SIZE=7", ["image_size", "7", "from 8 to 128, or [height, width]"]),
        ("IMAGE_SIZE=24,300", ["image_size", "[24, 300]", "from 8 to 128"]),
        ("TEST_FRACTION=0.0001", ["test_fraction", "too few images to split"]),
    ],
)
def test_a_bad_override_is_refused(study, refused, override, parts):
    line = refused(study, override)
    assert line.startswith("error: ")
    assert [part for part in parts if part not in line] == []


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (None, ["study", "cannot read", "No such file"]),
        ("a: [1", ["study", "not YAML"]),
        ("- relu\n- tanh\n", ["study", "holds a list"]),
        ("activation: [relu]\n", ["activation", "did you mean 'activations'"]),
        ("name: ../elsewhere\n", ["name", "'../elsewhere'"]),
    ],
)
def test_a_bad_study_file_is_refused(tmp_path, refused, content, parts):
    path = tmp_path / "small.yml"
    if content is not None:
        path.write_text(content)
    line = refused(str(path))
    assert [part for part in parts if part not in line] == []


def test_a_data_set_that_needs_a_network_is_refused_without_one(study, refused, monkeypatch):
    from vaelib.backend import keras

    def fail():
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", fail)
    line = refused(study, "DATASET=mnist")
    assert "dataset: 'mnist' could not be loaded by keras.datasets (URL fetch failure)" in line


def test_another_backend_is_refused_before_anything_starts(study, refused, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert refused(study) == "error: KERAS_BACKEND: 'torch' is set; allowed: 'tensorflow'\n"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("NO", "error: shared_folder: 'NO' is not allowed; allowed: yes or no\n"),
        ("no", "error: shared_folder: no is for a scheduler; allowed: yes without one\n"),
    ],
)
def test_a_shared_folder_is_yes_or_no_and_of_a_scheduler(study, refused, value, line):
    assert refused(study, "--shared-folder", value) == line


@pytest.mark.parametrize(
    "name", ["a b, c.npz", "it's [1] (2).npz", "x: y # z.npz", "-.npz", "é.npz"]
)
def test_a_path_may_have_any_character(study, refused, name):
    line = refused(study, f"DATASET={name}")
    assert line == f"error: dataset: there is no file {repr(name)}\n".replace(
        repr(name), repr(str(Path(name).absolute()))
    )


def _no_picture(path):
    path.write_text("no picture")


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda folder: None, "'its \"own\" Ä' has no pictures, it is empty; allowed: files of"),
        (lambda folder: _no_picture(folder / "a.txt"), "no pictures; it has 1 .txt; allowed"),
        (lambda folder: _no_picture(folder / "a.png"), "1 of 1 pictures cannot be read ('a.png'"),
        (lambda folder: (folder / "a.png").mkdir(), "has no pictures, it is empty"),
        (lambda folder: (folder / "a.png").symlink_to("a.png"), "1 of 1 pictures cannot be read"),
        (lambda folder: (folder / "a").symlink_to(folder), "has no pictures, it is empty"),
    ],
    ids=["empty", "others", "text", "folder", "loop of one", "loop"],
)
def test_a_folder_without_a_readable_picture_is_refused(study, refused, tmp_path, make, part):
    folder = tmp_path / 'its "own" Ä'
    folder.mkdir()
    make(folder)
    line = refused(study, f"DATASET={folder}", "IMAGE_SIZE=16")
    assert line.startswith("error: dataset: ")
    assert part in line


def test_a_folder_that_links_to_itself_is_refused(study, refused, tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    assert "there is no folder" in refused(study, f"DATASET={tmp_path / 'loop'}")


def test_a_report_folder_that_cannot_be_written_is_refused(study, tmp_path, capsys):
    (tmp_path / "file").write_text("here already")
    assert main([study, "--reports", str(tmp_path / "file")]) == 2
    err = capsys.readouterr().err
    assert "reports: cannot write" in err
    assert err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "here already"


def test_too_few_images_are_refused(study, refused, tmp_path):
    one = np.zeros((1, 8, 8), "uint8")
    np.savez(tmp_path / "one.npz", x_train=one, x_test=one)
    line = refused(study, f"DATASET={tmp_path / 'one.npz'}")
    assert "validation_fraction: 0 of 1 images" in line
