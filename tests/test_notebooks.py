"""The notebooks as files: clean, short, and with the parameters of a study.

That they run is checked by nbval, which collects `notebooks/` beside these tests.
"""

import ast
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import planted
import pytest

from vaelib import Study
from vaelib.results import files
from vaelib.results.provenance import NOTEBOOKS

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
    given = Study.create().training_parameters("relu", "digits")
    assert set(parameters(NOTEBOOKS / "01_train.ipynb")) == {*given, "output"}


def test_the_defaults_of_training_are_a_small_study():
    defaults = parameters(NOTEBOOKS / "01_train.ipynb")
    assert defaults.pop("output") is None
    study = Study.create(activations=[defaults.pop("activation")], **defaults)
    assert len(study.seeds) * study.epochs <= 10


def run(path: Path, **replaced) -> dict:
    """Run a notebook's code here, ten times as fast as in a kernel; return its variables."""
    names: dict = {}
    for cell in read(path).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
            if "parameters" in cell.metadata.get("tags", []):
                names.update(replaced)
    return names


def several(row: dict) -> dict:
    """Plant results that support some claims, contradict others, or do both."""
    level = {"sigmoid": 120, "tanh": 110, "relu": 100, "linear": 115}[row["activation"]]
    loss = planted.falling(level - 10 + planted.noise(row))
    flow = {"sigmoid": 0.1, "tanh": 0.3, "relu": 0.9, "linear": 1}[row["activation"]]
    flow = flow ** row["depth"] * (1 + 0.1 * planted.noise(row))
    fit = (loss + np.append(loss[1:], loss[-1])) / 2  # at the end of each epoch
    scores = {"val_elbo": -level + planted.noise(row), "gradient_flow_start": flow}
    scores["weight_decay"] = np.nan  # off
    return {**scores, "loss": loss, "val_loss": fit + 10, "gradient_flow": flow}


@pytest.mark.parametrize("there", [True, False])
def test_claims_are_judged_on_the_studies_there_are(tmp_path, monkeypatch, there):
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    if there:
        tables = planted.study(["sigmoid", "tanh", "relu", "linear"], outcome=several, depth=[1, 3])
        (tmp_path / "depth").mkdir()
        for name, table in tables.items():
            files.write_csv(tmp_path / "depth" / files.FILES[name], table)
    found = run(NOTEBOOKS / "04_claims.ipynb", reports=str(tmp_path))["found"]
    expected = [
        "supported",
        "conditional",
        "conditional",
        "supported",
        "refuted",
        "conditional",
        "conditional",
    ]
    assert [claim.number for claim in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [claim.verdict for claim in found] == (expected if there else ["undecided"] * 7)
