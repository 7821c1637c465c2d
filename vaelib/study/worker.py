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
        Of ``01_train.ipynb``, without ``output``; and ``own_activations``, the texts of
        the files that activations come from, by name. They are kept with the results. And
        ``time_limit``, the seconds it may take, and ``gpu``, the one that it trains on.

    Raises
    ------
    RunError
        With the cause.
    """
    notebook = NOTEBOOKS / "01_train.ipynb"
    with workspace.attempt(Path(attempts)) as attempt:
        given = {**_with_files(parameters, attempt), "output": str(attempt)}
        seconds, gpu = given.pop("time_limit", None), given.pop("gpu", None)
        run_notebook(notebook, attempt / notebook.name, given, seconds, gpu)
        if not (attempt / files.FILES["runs"]).is_file():  # which is written last
            raise RunError("the notebook ended without writing its results")
        workspace.seal(attempt)
        workspace.publish(attempt, Path(folder))


def _with_files(parameters: dict, folder: Path) -> dict:
    """Write the files that activations come from; return the parameters with their paths."""
    given = dict(parameters)
    texts = given.pop("own_activations", {})

    def placed(name: str | None) -> str | None:
        return str(folder / name) if name in texts else name

    for name, text in texts.items():
        file, _, _ = name.rpartition(":")
        (folder / file).write_text(text, encoding="utf-8")
    if texts:
        given["activation"] = placed(given["activation"])
        given["decoder_activation"] = [placed(name) for name in given["decoder_activation"]]
    return given
