"""Run a study: one notebook for each activation, then the report."""

import concurrent.futures
import contextlib
import fcntl
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import joblib
import pandas as pd
from tqdm import tqdm

from vaelib import report, results
from vaelib.data import load_images
from vaelib.execute import NOTEBOOKS, RunError, run_notebook
from vaelib.study import Study, StudyError

FAILURES = "failures.csv"
ATTEMPT = ".attempt-"


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


def is_finished(folder: Path) -> bool:
    """Tell whether a run's folder holds its results; they are written last."""
    return (folder / results.FILES["runs"]).is_file()


def run_study(
    study: Study,
    reports: str | Path = "reports",
    executor: concurrent.futures.Executor | None = None,
    progress: bool = True,
) -> Path:
    """Train what is not trained yet, then make the report.

    Parameters
    ----------
    study : Study
    reports : str or path
        Folder of the reports; the study's is ``reports/<name>``.
    executor : concurrent.futures.Executor, optional
        Where the notebooks run; threads on this machine by default, as many as
        cores. For a cluster ``dask.distributed.Client(address).get_executor()``,
        with `reports` on a file system that all share.
    progress : bool
        Whether to show a progress bar and a line for each finished run.

    Returns
    -------
    pathlib.Path
        Of ``report.html``.

    Raises
    ------
    StudyError, ValueError, OSError
        Before anything runs, for a study, images or folder that cannot serve.
    RunError
        After the report is made, when a run failed; the others stand.
    """
    images = load_images(
        study.dataset,
        validation_fraction=study.validation_fraction,
        test_fraction=study.test_fraction,
        train_size=study.train_size,
        split_seed=study.split_seed,
    )
    folder = _writable(Path(reports).absolute() / study.name)
    with _only_one(folder):
        for leftover in (folder / "runs").glob(f"{ATTEMPT}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        places = {
            name: folder / "runs" / f"{name}-{study.identity(name, images.fingerprint)}"
            for name in study.activations
        }
        failures = _train_missing(study, places, executor, progress)
        finished = [place for place in places.values() if is_finished(place)]
        table = pd.DataFrame(failures.items(), columns=["activation", "reason"])
        results.write_csv(folder / FAILURES, table)
        causes = "; ".join(map(": ".join, failures.items()))
        if not finished:
            page = report.build_without_runs(table, folder)
            raise RunError(f"no run finished, see {page}: {causes}")
        page = report.build(study, images, finished, folder)
    if failures:
        raise RunError(
            f"{len(failures)} of {len(places)} runs failed and are named in {page}: {causes}"
        )
    return page


def _train_missing(study, places, executor, progress) -> dict[str, str]:
    """Train the activations without a finished run; return reasons of failures."""
    missing = {name: place for name, place in places.items() if not is_finished(place)}
    failures = {}
    with contextlib.ExitStack() as stack:
        if executor is None:
            executor = stack.enter_context(
                concurrent.futures.ThreadPoolExecutor(max_workers=joblib.cpu_count())
            )
        bar = stack.enter_context(
            tqdm(
                total=len(places),
                initial=len(places) - len(missing),
                desc=f"{study.name}: {len(study.seeds)} seeds each",
                unit="run",
                disable=not progress,
                dynamic_ncols=True,
            )
        )
        bar.refresh()
        futures = {
            executor.submit(train_activation, str(place), study.training_parameters(name)): name
            for name, place in missing.items()
        }
        try:
            for future in concurrent.futures.as_completed(futures):
                name = futures[future]
                try:
                    future.result()
                    line = _headline(places[name])
                except Exception as error:  # one run's failure is that run's alone
                    failures[name] = " ".join(str(error).split()) or type(error).__name__
                    line = f"FAILED: {failures[name]}"
                if progress:
                    bar.write(f"{name:>12}  {line}", file=sys.stdout)
                bar.update()
        except KeyboardInterrupt:
            for future in futures:
                future.cancel()
            raise
    return {name: failures[name] for name in places if name in failures}


def _headline(place: Path) -> str:
    runs = results.read_csv(place / results.FILES["runs"])
    finished = runs[runs["status"] == "finished"]
    line = f"{runs['seconds'].sum():5.1f} s training, {len(runs)} models"
    if len(finished):
        line = f"test ELBO {finished['elbo'].mean():8.2f} nats, {line}"
    if len(finished) < len(runs):
        line += f", {len(runs) - len(finished)} diverged"
    return line


def _writable(folder: Path) -> Path:
    """Make the folder, or say in a line why it cannot be written."""
    try:
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        probe = folder / f".{uuid.uuid4().hex}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StudyError(
            f"reports: cannot write {str(folder)!r}: {error.strerror}; allowed: a folder "
            "that can be written"
        ) from None
    return folder


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the study's lock, so that no second call works in the same folder."""
    with open(folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StudyError(
                f"reports: {str(folder)!r} is in use by another run of this study"
            ) from None
        yield
