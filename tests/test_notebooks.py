"""The notebooks as files: clean, short, and with the parameters of a study.

That they run is checked by nbval, which collects `notebooks/` beside these tests.
"""

import ast
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import planted_claims
import pytest

from vaelib import Study
from vaelib.data.images import load_pool
from vaelib.results.provenance import NOTEBOOKS
from vaelib.study.blocks import divide
from vaelib.study.tasks import Planner

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
    # The cell of parameters has a line for each field of a study, and nothing to read but those.
    others = [cell for cell in notebook.cells if "parameters" not in cell.metadata.get("tags", [])]
    assert max(len(cell.source.splitlines()) for cell in others) <= 25
    assert notebook.cells[0].source.startswith("# "), "a title"
    assert not any("class " in cell.source for cell in code), "classes belong in vaelib"
    assert any("assert" in cell.source for cell in code), "sanity checks"
    assert notebook.metadata.kernelspec.name == "python3"


def test_training_takes_every_parameter_of_a_study_and_no_other():
    pools = {"digits": load_pool("digits")}
    study = Study.create(dataset="digits", activations="relu", seeds=1)
    (block,) = divide(study, Planner(study, pools).plan(pd.DataFrame()).models)
    given = {*block.parameters, "earlier", "output"}
    assert set(parameters(NOTEBOOKS / "01_train.ipynb")) == given


def test_the_defaults_of_training_are_a_small_study():
    defaults = parameters(NOTEBOOKS / "01_train.ipynb")
    of_blocks = {name: defaults.pop(name) for name in ("scored", "earlier", "output")}
    assert of_blocks == {"scored": True, "earlier": [], "output": None}
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


@pytest.mark.parametrize("there", [True, False])
def test_claims_are_judged_on_the_studies_there_are(tmp_path, monkeypatch, there):
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    if there:
        planted_claims.write(tmp_path)
    found = run(NOTEBOOKS / "04_claims.ipynb", reports=str(tmp_path), times=None)["found"]
    verdicts = {(claim.number, claim.part): str(claim.verdict) for claim in found}
    assert sorted({number for number, _ in verdicts}) == list(range(1, 9))
    expected = {
        (1, ""): "supported",
        (2, "steps"): "supported",
        (2, "time"): "undecided",
        (3, "steps"): "supported",
        (3, "time"): "undecided",
        (4, "sigmoid"): "supported",
        (4, "tanh"): "supported",
        (4, "relu"): "supported",
        (5, ""): "refuted",
        (6, ""): "conditional",
        (7, "deeper model"): "undecided",
        (7, "other optimiser"): "undecided",
        (7, "other activation"): "conditional",
        (8, "squared error"): "undecided",
        (8, "ELBO"): "undecided",
    }
    assert verdicts == (expected if there else dict.fromkeys(expected, "undecided"))
