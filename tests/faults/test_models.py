"""Models that fail in every way, with hostile names: named on the page, the others unharmed."""

import json

import numpy as np
import pytest
from bs4 import BeautifulSoup

from vaelib.results import files

# Harmless to the checks of an activation, whose layers have other widths than the study's.
FUNCTIONS = """# <script>alert("text")</script>
import os


def fails(a):
    if a.shape[-1] == 9:
        raise ValueError("</li><script>alert('cause')</script>")
    return a


def swells(a):
    return a if a.shape[-1] != 9 else bytearray(2**62)


def dies(a):
    if a.shape[-1] == 9:
        os.kill(os.getpid(), 9)  # as the system does where memory is short
    return a


def undefined(a):
    return a * float("nan") if a.shape[-1] == 9 else a
"""
NAME = "<script>alert('name')<b>"
CAUSES = {
    "dies": "DeadKernelError",
    "fails": "</li><script>alert('cause')</script>",
    "swells": "MemoryError",
    "undefined": "every layer has a gradient before training",
}
RATES = [0.001, 1000.0]


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """Return the file of a study of which all but one rate of one activation fail."""
    folder = tmp_path_factory.mktemp("failing")
    images = np.random.default_rng(0).uniform(size=(120, 6, 5))
    label = f"</script>{NAME}"
    np.savez(folder / f"{NAME}.npz", x_train=images, x_test=images, y_train=[label] * 120)
    (folder / NAME).mkdir()
    (folder / NAME / "mine.py").write_text(FUNCTIONS)
    own = [f"{folder / NAME / 'mine.py'}:{name}" for name in CAUSES]
    fields = {
        "question": f"Is {label} shown?",
        "dataset": str(folder / f"{NAME}.npz"),
        "activations": ["tanh", *own],
        "learning_rate": RATES,
        "seeds": 1,
        "epochs": 2,
        "hidden_units": 9,
        "patience": None,
    }
    path = folder / "failing.yml"
    path.write_text(json.dumps(fields))  # which is YAML, too
    return path


def test_what_fails_is_a_row_and_a_line_and_the_others_are_there(tmp_path, make_report, failing):
    code, _, err = make_report(tmp_path, failing).end()
    assert code == 1, err
    assert "Traceback" not in err
    folder = tmp_path / "failing"
    failed = files.read_csv(folder / files.FAILURES).set_index("activation")["reason"]
    assert sorted(failed.index) == sorted(CAUSES)
    assert [name for name in CAUSES if CAUSES[name] not in failed[name]] == []
    runs = files.read_csv(folder / files.FILES["runs"])
    status = runs.set_index(["activation", "learning_rate"])["status"].to_dict()
    assert status == {("tanh", RATES[0]): "finished", ("tanh", RATES[1]): "diverged"}

    page = BeautifulSoup((folder / files.PAGE).read_text(), "html.parser")
    lines = {
        line.b.get_text(): line.get_text() for line in page.find(class_="failure").find_all("li")
    }
    assert {*CAUSES, "tanh"} <= set(lines), "the diverged one, too"
    assert [name for name in CAUSES if CAUSES[name] not in lines[name]] == []
    for made in (folder / files.PAGE, tmp_path / files.INDEX):
        found = BeautifulSoup(made.read_text(), "html.parser")
        scripts = [one.get_text() for one in found.find_all("script")]
        assert not [script for script in scripts if "alert" in script]
        assert NAME in found.get_text(), "shown as text"
