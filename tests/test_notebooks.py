"""The notebooks as files: clean, short, and with the parameters of a study.

That they run is checked by nbval, which collects `notebooks/` beside these tests.
"""

import ast
from pathlib import Path

import nbformat
import pytest

from vaelib import Study
from vaelib.execute import NOTEBOOKS

FILES = sorted(NOTEBOOKS.glob("*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def parameters(path: Path) -> dict:
    (cell,) = [c for c in read(path).cells if "parameters" in c.metadata.get("tags", [])]
    return {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in ast.parse(cell.source).body
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_stored_without_outputs_and_reads_well(path):
    notebook = read(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert len(notebook.cells) <= 30
    assert max(len(cell.source.splitlines()) for cell in notebook.cells) <= 25
    assert notebook.cells[0].source.startswith("# "), "a title"
    assert not any("class " in cell.source for cell in code), "classes belong in vaelib"
    assert any("assert" in cell.source for cell in code), "sanity checks"
    assert notebook.metadata.kernelspec.name == "python3"


def test_training_takes_every_parameter_of_a_study_and_no_other():
    given = Study.create().training_parameters("relu")
    assert set(parameters(NOTEBOOKS / "01_train.ipynb")) == {*given, "output"}


def test_the_defaults_of_training_are_a_small_study():
    defaults = parameters(NOTEBOOKS / "01_train.ipynb")
    assert defaults.pop("output") is None
    study = Study.create(activations=[defaults.pop("activation")], **defaults)
    assert len(study.seeds) * study.epochs <= 10
