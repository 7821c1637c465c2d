"""What a result depends on: a change anywhere is a change of the hash."""

import json
import shutil
import subprocess
from importlib import metadata

import numpy as np
import pytest

from vaelib.models import conv, dense, vae
from vaelib.models.vae import VAE
from vaelib.results import provenance


@pytest.fixture
def copies(tmp_path, monkeypatch):
    """Copy the package and the notebooks, so that a test may change them."""
    for name, folder in (("PACKAGE", "vaelib"), ("NOTEBOOKS", "notebooks")):
        copied = shutil.copytree(getattr(provenance, name), tmp_path / folder)
        monkeypatch.setattr(provenance, name, copied)


def executed(cells):
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["done"]}]
        cell["metadata"]["executed"] = True


def explained(cells):
    cells[0]["source"] = ["# Another title"]
    cells.append({"cell_type": "markdown", "id": "last", "metadata": {}, "source": ["The end."]})


def parameterised(cells):
    (cell,) = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    cell["source"] = ["activation = 'tanh'"]


def recoded(cells):
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    code[-1]["source"] = [*code[-1]["source"], "\nprint('more')"]


@pytest.mark.parametrize(
    ("change", "equal"),
    [(executed, True), (explained, True), (parameterised, True), (recoded, False)],
)
def test_the_code_of_the_notebook_counts_and_nothing_else(copies, change, equal):
    before, path = provenance.code_digest(["dense"]), provenance.NOTEBOOKS / "01_train.ipynb"
    notebook = json.loads(path.read_text())
    change(notebook["cells"])
    path.write_text(json.dumps(notebook))
    assert (provenance.code_digest(["dense"]) == before) == equal


@pytest.mark.parametrize(
    "file",
    ["data/sources.py", "models/elbo/new.py", "training/fit.py", "metrics.py"],
)
def test_the_code_digest_changes_with_code_and_with_nothing_else(tmp_path, copies, file):
    before = provenance.code_digest(["dense"])
    unrelated = ["vaelib/reporting/page.py", "vaelib/study/new.py", "notebooks/02_compare.ipynb"]
    for other in unrelated:
        (tmp_path / other).write_text("changed")
    assert provenance.code_digest(["dense"]) == before
    path = tmp_path / "vaelib" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.is_file() else "") + "\n")
    assert provenance.code_digest(["dense"]) != before


@pytest.mark.parametrize(
    ("changed", "unchanged", "file"),
    [
        ("dense", "conv", "models/dense.py"),
        ("conv", "dense", "models/conv.py"),
        ("conv", "dense", "onednn.py"),
    ],
)
def test_code_of_one_architecture_does_not_matter_to_the_other(copies, changed, unchanged, file):
    sets = [changed], [unchanged], [changed, unchanged]
    before = [provenance.code_digest(names) for names in sets]
    (provenance.PACKAGE / file).write_text("changed")
    after = [provenance.code_digest(names) for names in sets]
    assert [a == b for a, b in zip(after, before, strict=True)] == [False, True, False]


@pytest.mark.parametrize(("used", "other"), [("dense", conv), ("conv", dense)])
def test_a_model_uses_nothing_of_the_other_architecture(monkeypatch, used, other):
    """Else the hash of its environment would miss code that it depends on."""
    for name, value in vars(other).items():
        if callable(value) and value.__module__ == other.__name__:
            monkeypatch.setattr(other, name, None)
    model = VAE((8, 8, 1), architecture=used, hidden_units=(4,), channels=(2,), latent_dim=2)
    model.compile("adam")
    model.fit(np.zeros((4, 8, 8, 1), "float32"), epochs=1, batch_size=2, verbose=0)


def test_every_architecture_has_an_environment():
    assert set(provenance.environments()) == set(vae.ARCHITECTURES)


def test_the_hash_depends_on_each_part_and_not_on_the_order_of_keys():
    reference = provenance.hash_of([{"a": 1, "b": [2]}, "f"])
    assert provenance.hash_of([{"b": [2], "a": 1}, "f"]) == reference
    others = {provenance.hash_of([{"a": 1, "b": [3]}, "f"]), provenance.hash_of([{"a": 1}])}
    assert len(others | {reference}) == 3


def test_the_environment_depends_on_architecture_code_and_libraries(monkeypatch):
    found = {*provenance.environments().values()}
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "code_digest", " and ".join)
        found.update(provenance.environments().values())
    monkeypatch.setattr(provenance, "versions", dict)
    found.update(provenance.environments().values())
    assert len(found) == 6


def test_versions_are_those_installed():
    found = provenance.versions()
    assert {"tensorflow", "keras", "numpy"} <= set(found)
    assert found == {name: metadata.version(name) for name in found}


def test_the_commit_is_that_of_the_checkout_and_marks_changes(tmp_path, monkeypatch):
    def git(*arguments) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        command = ["git", *identity, *arguments]
        done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.commit() == "not a git checkout"
    git("init", "--quiet")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "--quiet", "--message", "one")
    assert provenance.commit() == git("rev-parse", "HEAD")[:12]
    (tmp_path / "file").write_text("two")
    assert provenance.commit() == git("rev-parse", "HEAD")[:12] + "-dirty"


def test_without_git_there_is_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.commit() == "not a git checkout"
