"""The results of a finished study: which rows belong to what is shown."""

import shutil
import subprocess
import sys

import pandas as pd
import pytest

from vaelib import load_results
from vaelib.results import files, provenance
from vaelib.results.keys import Status

PUBLISHED = provenance.NOTEBOOKS.parent / "reports" / "published"


@pytest.fixture
def folder(tmp_path):
    """Copy a report in which one activation diverged throughout, and another once."""
    copy = tmp_path / "gelu"
    shutil.copytree(PUBLISHED / "gelu", copy)
    path = copy / files.FILES["runs"]
    runs = files.read_csv(path)
    lost = (runs["activation"] == "elu") | ((runs["activation"] == "relu") & (runs["seed"] == 0))
    files.write_csv(path, runs.assign(status=runs["status"].mask(lost, Status.DIVERGED)))
    return copy


def test_finished_models_of_one_comparison_are_shown(folder):
    found = load_results(folder)
    whole = pd.read_csv(folder / files.FILES["runs"])
    first = whole[whole["learning_rate"] == found.compared[0].fields["learning_rate"]]
    expected = first[(first["status"] == "finished") & first["scored"]]
    assert len(expected) < len(first) - 1, "some diverged"
    assert list(found.runs["model"]) == list(expected["model"])
    assert set(found.history["model"]) == set(found.gradients["model"]) == set(expected["model"])
    assert "elu" not in found.order
    ranked = pd.read_csv(folder / files.SUMMARY).query("comparison == 0")["activation"]
    assert found.order == [name for name in ranked if name != "elu"]
    assert set(found.shown["runs"]["activation"]) == {"elu", *found.order}


@pytest.mark.parametrize("number", [0, 3])
def test_another_comparison_has_tables_of_its_own(number):
    found = load_results(PUBLISHED / "depth").at(number)
    setting = found.compared[number].fields
    assert set(found.runs["depth"]) == {setting["depth"]}
    assert set(found.runs["initializer"]) == {setting["initializer"]}
    whole = pd.read_csv(PUBLISHED / "depth" / files.SUMMARY)
    own = whole[whole["comparison"] == number]
    assert list(found.summary["elbo"]) == list(own["elbo"])
    judged = pd.read_csv(PUBLISHED / "depth" / files.VERDICTS)
    assert len(found.pairs) == (judged["comparison"] == number).sum()
    assert found.labels[number] in repr(found)


def test_a_report_without_scores_of_images_can_be_read(folder):
    files.path_of(folder, "scores").unlink(missing_ok=True)
    found = load_results(folder)
    assert set(found.tables) == set(files.FILES) - {"scores"}
    assert len(found.runs)


@pytest.mark.parametrize("number", [-1, 8])
def test_a_comparison_that_is_not_there_is_refused(number):
    found = load_results(PUBLISHED / "depth")
    with pytest.raises(IndexError, match=f"^number: {number} is no .*; allowed: 0 to 7$"):
        found.at(number)


def test_pictures_are_of_the_first_comparison_alone():
    found = load_results(PUBLISHED / "depth")
    assert set(found.pictures.reconstructions) == set(found.order)
    with pytest.raises(ValueError, match="^number: 1 has no pictures; allowed: 0"):
        _ = found.at(1).pictures


def test_a_folder_without_a_report_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no report; run `make report` first"):
        load_results(tmp_path)


def test_results_and_figures_need_no_tensorflow():
    code = (
        "import sys; from vaelib import load_results, plots; "
        f"plots.learning_curves(load_results({str(PUBLISHED / 'gelu')!r})); "
        "print({'tensorflow', 'keras'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
