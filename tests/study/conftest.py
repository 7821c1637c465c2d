"""What the tests of studies share."""

import nbformat
import numpy as np
import pytest

from vaelib import Study, StudyError
from vaelib.data.images import ImagePool


@pytest.fixture(scope="session")
def tiny() -> Study:
    """A study of two small models."""
    return Study.create(
        name="tiny", dataset="digits", activations="relu,tanh", seeds=1, epochs=1, hidden_units=8
    )


@pytest.fixture
def pools() -> dict[str, ImagePool]:
    """Images of the data set that a planned study names, small ones."""
    images = np.random.default_rng(0).uniform(size=(100, 4, 4, 1)).astype("float32")
    return {"digits": ImagePool("digits", images)}


@pytest.fixture
def several(tmp_path, tiny) -> Study:
    """A study of two data sets: many small images, then few that are larger."""
    rng = np.random.default_rng(0)
    for name, n, side in [("many", 100, 4), ("large", 50, 16)]:
        x = rng.integers(0, 256, (n, side, side), "uint8")
        np.savez(tmp_path / f"{name}.npz", x_train=x, x_test=x[:5])
    dataset = [str(tmp_path / f"{name}.npz") for name in ("many", "large")]
    return Study.create(**{**tiny.model_dump(), "dataset": dataset})


@pytest.fixture
def write_notebook(tmp_path):
    """Write a notebook of one cell after its parameters; return its path."""

    def write(name: str, source: str) -> str:
        parameters = nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]})
        metadata = {
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python"},
        }
        notebook = nbformat.v4.new_notebook(
            cells=[parameters, nbformat.v4.new_code_cell(source)], metadata=metadata
        )
        nbformat.write(notebook, tmp_path / name)
        return str(tmp_path / name)

    return write


@pytest.fixture
def write_study(tmp_path):
    """Write a study's file and return its path."""

    def to_yaml(text: str, name: str = "own.yml"):
        path = tmp_path / name
        path.write_bytes(text.encode("latin-1"))
        return path

    return to_yaml


@pytest.fixture
def refusal():
    """Return the one line with which a call refuses its input."""

    def call(make, *arguments, **fields) -> str:
        with pytest.raises(StudyError) as caught:
            make(*arguments, **fields)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return call
