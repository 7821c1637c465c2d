"""What a result depends on: a change anywhere is a change of the hash."""

import shutil
from importlib import metadata

import pytest

from vaelib.results import provenance


@pytest.mark.parametrize(
    "file",
    ["data/sources.py", "models/elbo/new.py", "training/fit.py", "metrics.py", "01_train.ipynb"],
)
def test_the_code_digest_changes_with_code_and_with_nothing_else(tmp_path, monkeypatch, file):
    for name, folder in (("PACKAGE", "vaelib"), ("NOTEBOOKS", "notebooks")):
        copied = shutil.copytree(getattr(provenance, name), tmp_path / folder)
        monkeypatch.setattr(provenance, name, copied)
    before = provenance.code_digest()
    for apart in ("vaelib/reporting/page.py", "vaelib/study/new.py", "notebooks/02_compare.ipynb"):
        (tmp_path / apart).write_text("changed")
    assert provenance.code_digest() == before
    path = tmp_path / ("notebooks" if file.endswith("ipynb") else "vaelib") / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.is_file() else "") + "\n")
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
