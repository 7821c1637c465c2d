"""One run of the training notebook, from an attempt to its place."""

import os
import shutil
import uuid
from pathlib import Path

from vaelib.exceptions import RunError
from vaelib.results.provenance import NOTEBOOKS
from vaelib.study.notebook import run_notebook
from vaelib.study.workspace import ATTEMPT, is_finished


def train_activation(folder: str, parameters: dict) -> None:
    """Execute the training notebook of one activation.

    The results are made under an attempt's own name and moved into place when
    they are whole.

    Parameters
    ----------
    folder : str
        Where the finished run shall lie.
    parameters : dict
        Of ``01_train.ipynb``, without ``output``.

    Raises
    ------
    RunError
        With the cause.
    """
    place = Path(folder)
    attempt = place.with_name(f"{ATTEMPT}{uuid.uuid4().hex}")
    attempt.mkdir(parents=True)
    notebook = NOTEBOOKS / "01_train.ipynb"
    try:
        run_notebook(notebook, attempt / notebook.name, {**parameters, "output": str(attempt)})
        if not is_finished(attempt):
            raise RunError("the notebook ended without writing its results")
        shutil.rmtree(place, ignore_errors=True)
        os.replace(attempt, place)
    finally:
        shutil.rmtree(attempt, ignore_errors=True)
