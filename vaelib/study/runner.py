"""Run a study: one notebook for each activation, then the report."""

import concurrent.futures
import contextlib
import dataclasses
import shutil
import sys
from pathlib import Path

import joblib
import pandas as pd
from tqdm import tqdm

from vaelib.data.images import load_images
from vaelib.exceptions import RunError, StudyError
from vaelib.results import files
from vaelib.results.keys import Status
from vaelib.study import report, worker
from vaelib.study.study import Study
from vaelib.study.workspace import ATTEMPT, FAILURES, is_finished, only_one, writable


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """One run of the training notebook: an activation on a data set.

    Attributes
    ----------
    dataset, activation : str
    place : pathlib.Path
        Where the finished run shall lie.
    parameters : dict
        Of the notebook, without ``output``.
    work : int
        Grows with how long it takes.
    """

    dataset: str
    activation: str
    place: Path
    parameters: dict
    work: int

    def name(self, several: bool) -> str:
        """Tell the run from the others, where there are several data sets too."""
        return f"{self.dataset} {self.activation}" if several else self.activation


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
    images = {
        dataset: load_images(
            dataset,
            validation_fraction=study.validation_fraction,
            test_fraction=study.test_fraction,
            split_seed=study.split_seed,
        )
        for dataset in study.dataset
    }
    for dataset, split in images.items():
        most = len(split.train)
        for size in study.train_size:
            if size is not None and size > most:
                raise StudyError(
                    f"train_size: {size} is too many; allowed: 1 to {most} for {dataset}"
                )
        if {None, most} <= set(study.train_size):
            raise StudyError(
                f"train_size: {most} are all of {dataset}, for which null is there too; "
                "allowed: each once"
            )
    folder = writable(Path(reports).absolute() / study.name)
    with only_one(folder):
        for leftover in (folder / "runs").glob(f"{ATTEMPT}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        tasks = [
            Task(
                split.name,
                name,
                # Its tables name the data set: equal images under another name are others.
                folder / "runs" / f"{split.name}-{name}-{study.identity(name, split.fingerprint)}",
                study.training_parameters(name, dataset),
                work=split.train.size,
            )
            for dataset, split in images.items()
            for name in study.activations
        ]
        failures = _train_missing(study, tasks, executor, progress)
        finished = [task.place for task in tasks if is_finished(task.place)]
        table = pd.DataFrame(
            [(task.dataset, task.activation, reason) for task, reason in failures.items()],
            columns=["dataset", "activation", "reason"],
        )
        files.write_csv(folder / FAILURES, table)
        several = len(images) > 1
        causes = "; ".join(f"{t.name(several)}: {reason}" for t, reason in failures.items())
        if not finished:
            page = report.build_without_runs(table, folder)
            raise RunError(f"no run finished, see {page}: {causes}")
        named = {split.name: split for split in images.values()}
        page = report.build(study, named, finished, folder)
    if failures:
        raise RunError(
            f"{len(failures)} of {len(tasks)} runs failed and are named in {page}: {causes}"
        )
    return page


def _train_missing(study, tasks, executor, progress) -> dict[Task, str]:
    """Train what has no finished run, the longest first; return reasons of failures."""
    missing = [task for task in tasks if not is_finished(task.place)]
    missing.sort(key=lambda task: task.work, reverse=True)
    several = len(study.dataset) > 1
    failures = {}
    with contextlib.ExitStack() as stack:
        if executor is None:
            executor = stack.enter_context(
                concurrent.futures.ThreadPoolExecutor(max_workers=joblib.cpu_count())
            )
        bar = stack.enter_context(
            tqdm(
                total=len(tasks),
                initial=len(tasks) - len(missing),
                desc=f"{study.name}: {study.models_in_a_run} models each",
                unit="run",
                disable=not progress,
                dynamic_ncols=True,
            )
        )
        bar.refresh()
        futures = {
            executor.submit(worker.train_activation, str(task.place), task.parameters): task
            for task in missing
        }
        try:
            for future in concurrent.futures.as_completed(futures):
                task = futures[future]
                try:
                    future.result()
                    line = _headline(task.place)
                except Exception as error:  # one run's failure is that run's alone
                    failures[task] = " ".join(str(error).split()) or type(error).__name__
                    line = f"FAILED: {failures[task]}"
                if progress:
                    bar.write(f"{task.name(several):>12}  {line}", file=sys.stdout)
                bar.update()
        except KeyboardInterrupt:
            for future in futures:
                future.cancel()
            raise
    return {task: failures[task] for task in tasks if task in failures}


def _headline(place: Path) -> str:
    runs = files.read_csv(place / files.FILES["runs"])
    finished = runs[runs["status"] == Status.FINISHED]
    line = f"{runs['seconds'].sum():5.1f} s training, {len(runs)} models"
    shown = finished[finished["point"] == 0]
    if len(shown):
        line = f"test ELBO {shown['elbo'].mean():8.2f} nats, {line}"
    if len(finished) < len(runs):
        line += f", {len(runs) - len(finished)} diverged"
    return line
