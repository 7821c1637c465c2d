"""What a result depends on: a change anywhere is a change of the hash."""

import ast
import shutil
from importlib import metadata

import pytest

from vaelib import provenance

# Read tables or start runs: what they do shows in no result of a run.
_APART = {
    *("claim_plots", "claims", "evidence", "measures"),
    *("__init__", "__main__", "comparisons", "diagnosis", "execute", "explore", "facets"),
    *("fields", "leagues", "paired", "plots", "provenance", "report", "results", "runner"),
    *("signs", "standing", "stats", "study", "tables", "verdicts"),
}


def test_every_module_is_part_of_a_result_or_apart_from_it():
    modules = {path.stem for path in provenance.PACKAGE.glob("*.py")}
    assert modules == _APART | set(provenance._CODE)
    assert not _APART & set(provenance._CODE)


@pytest.mark.parametrize("module", provenance._CODE)
def test_what_makes_a_result_uses_nothing_that_is_apart_from_it(module):
    tree = ast.parse((provenance.PACKAGE / f"{module}.py").read_text())
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vaelib"):
            _, _, submodule = node.module.partition(".")
            used |= {submodule} if submodule else {alias.name for alias in node.names}
    assert used & _APART <= {"provenance"}, "its versions are in the hash themselves"


@pytest.mark.parametrize("file", ["runs.py", "grid.py", "probes.py", "01_train.ipynb"])
def test_the_code_digest_changes_with_code_and_with_nothing_else(tmp_path, monkeypatch, file):
    for name, folder in (("PACKAGE", "vaelib"), ("NOTEBOOKS", "notebooks")):
        copied = shutil.copytree(getattr(provenance, name), tmp_path / folder)
        monkeypatch.setattr(provenance, name, copied)
    before = provenance.code_digest()
    for apart in ("vaelib/tables.py", "notebooks/02_compare.ipynb"):
        (tmp_path / apart).write_text("changed")
    assert provenance.code_digest() == before
    (path,) = tmp_path.glob(f"*/{file}")
    path.write_text(path.read_text() + "\n")
    assert provenance.code_digest() != before


def test_the_digest_depends_on_each_part_and_not_on_the_order_of_keys(monkeypatch):
    reference = provenance.digest({"a": 1, "b": [2]}, "f")
    assert provenance.digest({"b": [2], "a": 1}, "f") == reference
    assert int(reference, 16) < 16**12
    others = {
        provenance.digest({"a": 1, "b": [3]}, "f"),
        provenance.digest({"a": 1, "b": [2]}, "g"),
        provenance.digest({"a": 1, "b": [2]}),
    }
    monkeypatch.setattr(provenance, "versions", dict)
    assert len(others | {provenance.digest({"a": 1, "b": [2]}, "f"), reference}) == 5


def test_versions_are_those_installed():
    found = provenance.versions()
    assert {"tensorflow", "keras", "numpy"} <= set(found)
    assert found == {name: metadata.version(name) for name in found}
