"""Run a study: train what is missing, one notebook for each activation, then report."""

import concurrent.futures
import contextlib
from collections.abc import Iterator
from pathlib import Path

import joblib
import pandas as pd

from vaelib.data.images import ImageSet, load_images
from vaelib.exceptions import RunError, StudyError
from vaelib.results import files
from vaelib.study import report, tasks, worker
from vaelib.study.progress import Progress, headline
from vaelib.study.study import Study
from vaelib.study.tasks import Task
from vaelib.study.workspace import Workspace


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
        After the report is made, when a run failed; the report has the others.
    """
    images = _load_images(study)
    _check_train_sizes(study, images)
    workspace = Workspace(reports, study.name)
    workspace.create()
    with workspace.lock():
        workspace.delete_attempts()
        planned = tasks.of_study(study, images)
        missing = workspace.missing(planned)
        with Progress(study, len(planned), len(missing), progress) as shown:
            for task, names in workspace.damaged(planned).items():
                shown.note(f"{task.label}: {', '.join(names)} damaged or missing, trained again")
            reasons = _train(missing, workspace, executor, shown)
        failures = {task: reasons[task] for task in planned if task in reasons}
        return _make_report(study, images, planned, failures, workspace)


def _load_images(study: Study) -> dict[str, ImageSet]:
    """Load the data sets of a study, by its entry in ``dataset``."""
    return {
        dataset: load_images(
            dataset,
            validation_fraction=study.validation_fraction,
            test_fraction=study.test_fraction,
            split_seed=study.split_seed,
        )
        for dataset in study.dataset
    }


def _check_train_sizes(study: Study, images: dict[str, ImageSet]) -> None:
    """Refuse more training images than there are, and all of them twice."""
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


def _train(
    missing: list[Task],
    workspace: Workspace,
    executor: concurrent.futures.Executor | None,
    progress: Progress,
) -> dict[Task, str]:
    """Train the tasks, the longest first; return why some failed."""
    missing = sorted(missing, key=lambda task: task.pixels, reverse=True)
    failures = {}
    with _executor_or_threads(executor) as used:
        futures = {
            used.submit(
                worker.train_activation, str(workspace.run_folder(task)), task.parameters
            ): task
            for task in missing
        }
        try:
            for future in concurrent.futures.as_completed(futures):
                task = futures[future]
                try:
                    future.result()
                    line = headline(workspace.run_folder(task))
                except Exception as error:  # the other runs go on
                    failures[task] = " ".join(str(error).split()) or type(error).__name__
                    line = f"FAILED: {failures[task]}"
                progress.advance(task, line)
        except KeyboardInterrupt:
            for future in futures:
                future.cancel()
            raise
    return failures


@contextlib.contextmanager
def _executor_or_threads(
    executor: concurrent.futures.Executor | None,
) -> Iterator[concurrent.futures.Executor]:
    """Yield the executor given, else threads of this process, as many as cores."""
    if executor is not None:
        yield executor
    else:
        with concurrent.futures.ThreadPoolExecutor(max_workers=joblib.cpu_count()) as threads:
            yield threads


def _make_report(
    study: Study,
    images: dict[str, ImageSet],
    planned: list[Task],
    failures: dict[Task, str],
    workspace: Workspace,
) -> Path:
    """Write the failures and make the page; raise RunError where a run failed."""
    folder = workspace.folder
    table = pd.DataFrame(
        [(task.dataset, task.activation, reason) for task, reason in failures.items()],
        columns=files.FAILURE_COLUMNS,
    )
    files.write_csv(folder / files.FAILURES, table)
    causes = "; ".join(f"{task.label}: {reason}" for task, reason in failures.items())
    finished = workspace.finished(planned)
    if not finished:
        page = report.build_without_runs(table, folder)
        raise RunError(f"no run finished, see {page}: {causes}")
    page = report.build(study, {split.name: split for split in images.values()}, finished, folder)
    if failures:
        raise RunError(
            f"{len(failures)} of {len(planned)} runs failed and are named in {page}: {causes}"
        )
    return page
