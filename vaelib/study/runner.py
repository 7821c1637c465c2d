"""Run a study: train what is missing, one notebook for each block, then report."""

import concurrent.futures
from pathlib import Path

import pandas as pd

from vaelib.data.images import ImagePool
from vaelib.exceptions import RunError, StudyError
from vaelib.results import files
from vaelib.results.provenance import CPU, GPU
from vaelib.study import blocks, devices, executors, expectation, report, time_limit
from vaelib.study.blocks import Block
from vaelib.study.progress import Progress
from vaelib.study.study import Study
from vaelib.study.submissions import Submissions
from vaelib.study.tasks import Plan, Planner, pools_of
from vaelib.study.workspace import Workspace


def run_study(
    study: Study,
    reports: str | Path = "reports",
    executor: concurrent.futures.Executor | None = None,
    progress: bool = True,
    *,
    scheduler: str | None = None,
    shared_folder: bool = True,
    device: str = CPU,
) -> Path:
    """Train what is not trained yet, then make the report.

    Parameters
    ----------
    study : Study
    reports : str or path
        Folder of the reports; the study's is ``reports/<name>``.
    executor : concurrent.futures.Executor, optional
        Where the notebooks run; threads on this machine by default, as many as
        cores. Those of another machine need `reports` and images in the same place.
        Its ``workers``, if it has them, are how many notebooks run at once.
    progress : bool
        Whether to show a progress bar and a line for each finished run.
    scheduler : str, optional
        Address of a dask cluster to run on, in the place of `executor`; see
        `cluster.prepared`.
    shared_folder : bool
        False says that its workers do not see `reports` and images; else they are asked.
    device : {"cpu", "gpu"}
        What models are trained on: cores, or a GPU of this machine for each notebook.

    Returns
    -------
    pathlib.Path
        Of ``report.html``.

    Raises
    ------
    StudyError, ValueError, OSError
        Before anything runs, for a study, images, folder or cluster that cannot serve.
    RunError
        After the report is made, when a run failed; the report has the others. Without a
        report, when what the notebooks run on is lost.
    """
    time_limit.seconds()  # refused before anything runs
    if not isinstance(study, Study):
        raise StudyError(f"study: {study!r} is no Study; allowed: Study.from_yaml of a file")
    if not (shared_folder or scheduler):
        raise StudyError("shared_folder: no is for a scheduler; allowed: yes without one")
    if executor is not None and scheduler is not None:
        raise StudyError("scheduler: given with an executor; allowed: one of them")
    devices.check(device, elsewhere=executor is not None or scheduler is not None)
    gpus = devices.gpus() if device == GPU else []
    with executors.connected(scheduler) as client:
        pools = pools_of(study)
        _check_splits(study, pools)
        workspace = Workspace(reports, study.name)
        workspace.create()
        with workspace.lock(), Progress(study, progress) as shown:
            workspace.delete_attempts()
            planner = Planner(study, pools, device)
            shown.begin(workspace.folder)
            try:
                with executors.executor(
                    executor, client, gpus, planner.pools, workspace, shared_folder, shown.note
                ) as used:
                    plan, failures = _train_all(planner, workspace, used, shown)
            except concurrent.futures.BrokenExecutor as error:
                raise RunError(" ".join(str(error).split())) from error
            shown.stage("page")
            return _make_report(planner, plan, failures, workspace)


def _check_splits(study: Study, pools: dict[str, ImagePool]) -> None:
    """Refuse more training images than there are, all of them twice, and too few to split."""
    for dataset, pool in pools.items():
        most, *_ = pool.sizes(study.validation_fraction, study.test_fraction)
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
        pool.split(study.seeds[0], study.validation_fraction, study.test_fraction)


def _train_all(
    planner: Planner,
    workspace: Workspace,
    executor: concurrent.futures.Executor,
    progress: Progress,
) -> tuple[Plan, dict[Block, str]]:
    """Train until no model is missing; return the plan, and why some blocks failed.

    What is missing depends on what is there. It is looked for as soon as a worker has nothing
    to do, so that no race waits for another one, and no activation for the tuning of others.
    """
    workers = getattr(executor, "workers", None)
    submitted = Submissions(workspace, executor, progress)
    noted: set[Path] = set()
    begun = False
    try:
        while True:
            plan, found, damaged = planner.planned(workspace, submitted.failed_models)
            if submitted.check(found):
                continue  # what else is needed may depend on those that failed
            for run in damaged.keys() - noted:
                names = ", ".join(damaged[run])
                progress.note(f"{run.name}: {names} damaged or missing, trained again")
            noted |= damaged.keys()
            there, under_way = {*found, *submitted.failed_models}, submitted.models
            needed = [one for one in plan.models if one.identity not in there]
            missing = [one for one in needed if one.identity not in under_way]
            if not begun:
                progress.note(expectation.sentence(planner, missing, workspace.runs, workers))
                begun = True
            progress.expect(len(plan.models), len(plan.models) - len(needed))
            if missing:
                submitted.start(blocks.divide(planner.study, missing, workers or 1), plan, found)
            elif not under_way:
                return plan, submitted.failures
            submitted.wait(most=(workers or 1) - 1)
    except BaseException:  # Ctrl-C: whoever runs the notebooks must not wait for them
        submitted.cancel()
        raise


def _make_report(
    planner: Planner, plan: Plan, failures: dict[Block, str], workspace: Workspace
) -> Path:
    """Write the failures and make the page; raise RunError where a block failed."""
    study, folder = planner.study, workspace.folder
    names = study.shown_names
    table = pd.DataFrame(
        [
            (block.models[0].dataset, names.get(block.activation, block.activation), reason)
            for block, reason in failures.items()
        ],
        columns=files.FAILURE_COLUMNS,
    ).drop_duplicates()
    files.write_csv(folder / files.FAILURES, table)
    causes = "; ".join(
        dict.fromkeys(f"{block.label}: {reason}" for block, reason in failures.items())
    )
    found, _ = workspace.find([model.identity for model in plan.models])
    if not any(model.identity in found for models in plan.compared.values() for model in models):
        page = report.build_without_runs(study, table, folder)
        raise RunError(f"no run finished, see {page}: {causes}")
    page = report.build(planner, plan, found, folder)
    if failures:
        raise RunError(f"some runs failed and are named in {page}: {causes}")
    return page
