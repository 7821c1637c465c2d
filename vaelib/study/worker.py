"""Train one activation: execute the training notebook and keep its results.

What runs on a worker, of a thread pool here or of a cluster; it knows nothing of
what schedules it.
"""

from pathlib import Path

from vaelib.exceptions import RunError
from vaelib.results import files
from vaelib.results.provenance import NOTEBOOKS
from vaelib.study import workspace
from vaelib.study.notebook import run_notebook


def train_activation(folder: str, parameters: dict) -> None:
    """Execute the training notebook of one activation.

    The results are made in a folder of this attempt's own and moved to the run's
    when they are whole, so that a scheduler may run the same task twice.

    Parameters
    ----------
    folder : str
        Of the run once it is finished.
    parameters : dict
        Of ``01_train.ipynb``, without ``output``.

    Raises
    ------
    RunError
        With the cause.
    """
    run = Path(folder)
    notebook = NOTEBOOKS / "01_train.ipynb"
    with workspace.attempt(run) as attempt:
        run_notebook(notebook, attempt / notebook.name, {**parameters, "output": str(attempt)})
        if not (attempt / files.FILES["runs"]).is_file():  # which is written last
            raise RunError("the notebook ended without writing its results")
        workspace.seal(attempt)
        workspace.publish(attempt, run)
