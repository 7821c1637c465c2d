"""Run a study: train what is missing, one notebook for each block, then report."""

import concurrent.futures
from pathlib import Path

import pandas as pd

from vaelib.data.images import ImagePool
from vaelib.exceptions import RunError, StudyError
from vaelib.results import files
from vaelib.study import blocks, executors, expectation, report, time_limit, worker
from vaelib.study.blocks import Block, Queue
from vaelib.study.progress import Progress, headline
from vaelib.study.study import Study
from vaelib.study.tasks import Plan, Planner, pools_of
from vaelib.study.workspace import Workspace

_TICK = 1  # seconds between two looks at what is trained
_OTHER_MODELS = "trained other models: code, libraries or images changed while the study ran"


def run_study(
    study: Study,
    reports: str | Path = "reports",
    executor: concurrent.futures.Executor | None = None,
    progress: bool = True,
    *,
    scheduler: str | None = None,
    shared_folder: bool = True,
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
    if executor is not None and scheduler is not None:
        raise StudyError("scheduler: given with an executor; allowed: one of them")
    with executors.connected(scheduler) as client:
        pools = pools_of(study)
        _check_splits(study, pools)
        workspace = Workspace(reports, study.name)
        workspace.create()
        with workspace.lock(), Progress(study, progress) as shown:
            workspace.delete_attempts()
            planner = Planner(study, pools)
            shown.begin(workspace.folder)
            try:
                with executors.executor(
                    executor, client, planner.pools, workspace, shared_folder, shown.note
                ) as used:
                    plan, failures = _train_all(planner, workspace, used, shown)
            except concurrent.futures.BrokenExecutor as error:
                raise RunError(" ".join(str(error).split())) from error
            shown.stage("page")
            return _make_report(study, pools, plan, failures, workspace)


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
    """Train until no model is missing; return the plan, and why some blocks failed."""
    failures: dict[Block, str] = {}
    noted: set[Path] = set()
    begun = False
    while True:
        failed = {model.identity for block in failures for model in block.models}
        plan, found, damaged = planner.planned(workspace, failed)
        for run in damaged.keys() - noted:
            names = ", ".join(damaged[run])
            progress.note(f"{run.name}: {names} damaged or missing, trained again")
        noted |= damaged.keys()
        missing = [one for one in plan.models if one.identity not in {*found, *failed}]
        workers = getattr(executor, "workers", None)
        if not begun:
            progress.note(expectation.sentence(planner, missing, workspace.runs, workers))
            begun = True
        progress.expect(len(plan.models), len(plan.models) - len(missing))
        if not missing:
            return plan, failures
        parts = blocks.divide(planner.study, missing, workers or 1)
        failures |= _train(parts, plan, found, workspace, executor, progress)
        there, _ = workspace.find([one.identity for one in missing])
        for block in parts:
            if block not in failures and any(one.identity not in there for one in block.models):
                failures[block] = _OTHER_MODELS


def _train(
    parts: list[Block],
    plan: Plan,
    found: dict[str, Path],
    workspace: Workspace,
    executor: concurrent.futures.Executor,
    progress: Progress,
) -> dict[Block, str]:
    """Train blocks; return why some failed."""
    failures, futures, found = {}, {}, dict(found)
    queue = Queue(parts)

    def start(several: list[Block]) -> None:
        for block in several:
            given = {
                **block.parameters,
                "earlier": _earlier(block, plan, found),
                "own_activations": block.own_activations,
                "time_limit": time_limit.seconds(block.work),
            }
            run = workspace.run_folder(block.run_name)
            arguments = str(run), str(workspace.folder), given
            futures[executor.submit(worker.train_block, *arguments)] = block

    try:
        start(queue.first)
        while futures:
            done, _ = concurrent.futures.wait(futures, timeout=_TICK, return_when="FIRST_COMPLETED")
            progress.tick(workspace.trained_now())
            for future in done:
                block = futures.pop(future)
                run = workspace.run_folder(block.run_name)
                workspace.forget(run)
                try:
                    future.result()
                    line = headline(run)
                    found |= {model.identity: run for model in block.models}
                except concurrent.futures.BrokenExecutor:
                    raise
                except Exception as error:  # the other blocks go on
                    failures[block] = " ".join(str(error).split()) or type(error).__name__
                    line = f"FAILED: {failures[block]}"
                progress.advance(block, line, block in failures)
                start(queue.after(block))
    except BaseException:  # Ctrl-C: whoever runs the notebooks must not wait for them
        for future in futures:
            future.cancel()
        raise
    return failures


def _earlier(block: Block, plan: Plan, found: dict[str, Path]) -> list[str]:
    """Return the runs with other models of a block's activation, for its notebook to show."""
    first = block.models[0]
    others = [
        found[model.identity]
        for model in plan.models
        if model.identity in found
        and (model.source, model.activation) == (first.source, first.activation)
        and model.configuration.scored == first.configuration.scored
    ]
    return [str(run) for run in dict.fromkeys(others)]


def _make_report(
    study: Study,
    pools: dict[str, ImagePool],
    plan: Plan,
    failures: dict[Block, str],
    workspace: Workspace,
) -> Path:
    """Write the failures and make the page; raise RunError where a block failed."""
    folder, names = workspace.folder, study.shown_names
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
    page = report.build(study, pools, plan, found, folder)
    if failures:
        raise RunError(f"some runs failed and are named in {page}: {causes}")
    return page
