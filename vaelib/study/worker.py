"""Train a block of models: execute the training notebook and keep its results.

What runs on a worker, of a thread pool here or of a cluster; it knows nothing of
what schedules it.
"""

from pathlib import Path

from vaelib.exceptions import RunError
from vaelib.results import files
from vaelib.results.provenance import NOTEBOOKS
from vaelib.study import workspace
from vaelib.study.notebook import run_notebook


def train_block(folder: str, attempts: str, parameters: dict) -> None:
    """Execute the training notebook for a block of models.

    The results are made in a folder of this attempt's own and moved to the run's
    when they are whole, so that a scheduler may run the same block twice.

    Parameters
    ----------
    folder : str
        Of the run once it is finished.
    attempts : str
        Folder for the attempt's own.
    parameters : dict
        Of ``01_train.ipynb``, without ``output``.

    Raises
    ------
    RunError
        With the cause.
    """
    notebook = NOTEBOOKS / "01_train.ipynb"
    with workspace.attempt(Path(attempts)) as attempt:
        run_notebook(notebook, attempt / notebook.name, {**parameters, "output": str(attempt)})
        if not (attempt / files.FILES["runs"]).is_file():  # which is written last
            raise RunError("the notebook ended without writing its results")
        workspace.seal(attempt)
        workspace.publish(attempt, Path(folder))
