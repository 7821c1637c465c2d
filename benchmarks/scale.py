"""Seconds and memory of a study of many models, without the training.

    python benchmarks/scale.py --models 100,1000,10000

Each model is a run of its own, simulated: a model of the published full study with an
identity, a setting and noise of its own, and a thousand test images. A stub takes the place
of training and moves such a run to where it belongs, so that the time of the first stage is
what scheduling costs: on a dask cluster of two workers on this machine, whose start is not
counted, and on two threads, where all other stages are measured, too. They are those of
`run_study`. Every size and place is measured in processes of its own: peak memory is up to the
end of a stage, and of the page that of its notebook, too. CPU seconds are those of the process
and its children that have ended. Prints a table and writes ``scale.csv`` beside this file.
"""

import argparse
import concurrent.futures
import contextlib
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from distributed import LocalCluster

from vaelib import Study
from vaelib.analysis import summary
from vaelib.results import files, gallery
from vaelib.results.keys import SETTING_KEYS
from vaelib.results.pictures import Pictures
from vaelib.study import blocks, report, runner, worker, workspace
from vaelib.study.blocks import Block, PlannedModel
from vaelib.study.tasks import Planner, pools_of

RESULTS = Path(__file__).with_name("scale.csv")
PUBLISHED = Path(__file__).parent.parent / "reports" / "published" / "full"
SIZES = (100, 1_000, 10_000)
SEEDS = 10
RATES = [round(0.001 * 1.1**power, 6) for power in range(10)]
DECAYS = [round(0.01 * power, 2) for power in range(10)]
WORKERS = 2
THREADS, CLUSTER = PLACES = ("threads", "cluster")
_MIB = 1024  # of the kibibytes in which Linux counts
_DIVIDE = blocks.divide  # which `singly` takes the place of
_PICTURES = {
    "reconstruction": 64,
    "pca": 64,
    "ranked_reconstruction": 3,
    "samples": 16,
    "snapshot_original": 0,
}


def study(models: int) -> Study:
    """Return a study of a multiple of 100 models: ten activations, ten replicates."""
    comparisons = models // 100
    activations = pd.unique(files.read_table(PUBLISHED, "runs")["activation"])[:10]
    return Study.create(
        name="scale",
        dataset="mnist5k",
        activations=list(activations),
        seeds=SEEDS,
        test_fraction=0.2,  # of 5,000
        learning_rate=RATES[: min(comparisons, 10)],
        weight_decay=DECAYS[: max(1, comparisons // 10)],
    )


class Simulation:
    """Runs that look like those of the published study.

    Parameters
    ----------
    study : Study
    planner : Planner
        Of that study.
    """

    def __init__(self, study: Study, planner: Planner):
        self.study = study
        (pool,) = planner.pools.values()
        self.train, _, self.test = pool.sizes(study.validation_fraction, study.test_fraction)
        self.side = pool.shape
        self._parts = {}
        for name in files.FILES:
            table = files.read_table(PUBLISHED, name)
            if name == "scores":  # as often as there are test images
                times = -(-self.test // (table["image"].max() + 1))
                table = pd.concat([table] * times, ignore_index=True)
                table["image"] = table.groupby("model").cumcount()
                table = table[table["image"] < self.test]
            for key, rows in table.groupby(["activation", "seed"]):
                self._parts[name, *key] = rows.reset_index(drop=True)

    def tables(self, model: PlannedModel) -> dict[str, pd.DataFrame]:
        """Return the tables of a run of one model."""
        own = model.configuration
        rng = np.random.default_rng([own.seed, int(model.identity, 16)])
        shift = rng.normal(0, 0.5)  # nats
        found = {}
        for name in files.FILES:
            rows = self._parts[name, model.activation, own.seed].assign(model=model.identity)
            for column in rows.columns.intersection(["elbo", "bound", "val_elbo", "train_elbo"]):
                rows[column] += shift + (rng.normal(0, 1, len(rows)) if name == "scores" else 0)
            if name == "runs":
                setting = {key: getattr(own.setting, key) for key in SETTING_KEYS}
                setting |= {"train_size": self.train, "decoder_activation": "same"}
                rows = rows.assign(**setting)
            found[name] = rows
        return found

    def write(self, block: Block, folder: Path) -> None:
        """Write the run of a block of one model."""
        (model,) = block.models
        folder.mkdir(parents=True)
        files.write(folder, self.tables(model))
        if model.configuration.seed == self.study.seeds[0]:
            rng = np.random.default_rng(int(model.identity, 16))
            images = {
                name: rng.uniform(size=(count, *self.side)) for name, count in _PICTURES.items()
            }
            numbers = {
                "index": np.arange(_PICTURES["reconstruction"]),
                "ranked_index": np.arange(3),
                "ranked_ssim": np.array([0.1, 0.5, 0.9]),
                "snapshot_epochs": np.arange(0),
                "snapshots": np.zeros((0, 0, *self.side)),
            }
            pictures = Pictures(**images, **numbers)
            gallery.write_run(folder, model.activation, model.identity, pictures)
            (folder / files.RUN_MODEL).touch()
        workspace.seal(folder)


class Clock:
    """Measures stages: seconds, CPU seconds and peak memory, in order."""

    def __init__(self):
        self.rows = []

    def measured(self, stage: str, function: Callable) -> Callable:
        """Return a function that is measured whenever it is called."""

        def call(*arguments, **options):
            started, spent = time.perf_counter(), _cpu()
            try:
                return function(*arguments, **options)
            finally:
                seconds, used = time.perf_counter() - started, _cpu() - spent
                own, children = _peaks()
                row = {"stage": stage, "seconds": seconds, "cpu_seconds": used}
                self.rows.append(row | {"peak_mib": own, "notebook_mib": children})

        return call


def _cpu() -> float:
    return sum(os.times()[:4])


def _peaks() -> tuple[float, float]:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return tuple(resource.getrusage(kind).ru_maxrss / _MIB for kind in kinds)


def singly(study: Study, models: Sequence[PlannedModel], workers: int = 1) -> list[Block]:
    """Return a block for each model."""
    return [block for model in models for block in _DIVIDE(study, [model])]


def measure(models: int, folder: Path, place: str = THREADS) -> pd.DataFrame:
    """Return a row for each stage of a study of simulated models.

    Parameters
    ----------
    models : int
        A multiple of 100.
    folder : path
        For the runs and the report: an empty one, or that of an earlier call with as many
        models, of which the runs are taken.
    place : {"threads", "cluster"}
        Where the stub runs. On the cluster, the only stage is the first.
    """
    given = study(models)
    planner = Planner(given, pools_of(given))
    simulation = Simulation(given, planner)
    prepared, reports = folder / "prepared", folder / place
    if not prepared.exists():
        for block in singly(given, planner.plan(pd.DataFrame()).models):
            simulation.write(block, prepared / block.run_name)
    source = str(prepared)

    def train(run: str, attempts: str, parameters: dict) -> None:
        os.rename(os.path.join(source, os.path.basename(run)), run)

    clock = Clock()
    stages = [
        (runner, "_train_all", "plan and schedule"),
        (files, "collect", "join tables"),
        (files, "write", "write tables"),
        (summary, "of_study", "compare"),
        (report, "run_notebook", "execute the notebook"),
        (report, "to_html", "make the page"),
    ]
    with contextlib.ExitStack() as patched:
        patched.enter_context(mock.patch.object(worker, "train_block", train))
        patched.enter_context(mock.patch.object(blocks, "divide", singly))
        for module, name, stage in stages[:1] if place == CLUSTER else stages:
            function = clock.measured(stage, getattr(module, name))
            patched.enter_context(mock.patch.object(module, name, function))
        if place == CLUSTER:
            patched.enter_context(mock.patch.object(report, "build", return_value=None))
            ports = {"dashboard_address": "127.0.0.1:0"}  # a free one, not 8787
            cluster = LocalCluster(n_workers=WORKERS, threads_per_worker=1, **ports)
            where = {"scheduler": patched.enter_context(cluster).scheduler_address}
        else:
            threads = concurrent.futures.ThreadPoolExecutor(WORKERS)
            where = {"executor": patched.enter_context(threads)}
        page = runner.run_study(given, reports, progress=False, **where)
    if place == CLUSTER:
        os.replace(reports / "runs", prepared)
    table = pd.DataFrame(clock.rows)
    table.insert(0, "models", models)
    table.insert(1, "place", place)
    size = page.stat().st_size / 1e6 if page else math.nan
    return table.assign(score_rows=models * simulation.test, page_mb=size)


def show(table: pd.DataFrame) -> None:
    """Print a table in Markdown."""
    print("| models | on | stage | seconds | CPU seconds | ms a model | peak | of the notebook |")
    print("|---|---|---|---|---|---|---|---|")
    for row in table.itertuples():
        cells = [
            f"{row.models:,}",
            row.place,
            row.stage,
            f"{row.seconds:.1f}",
            f"{row.cpu_seconds:.1f}",
            f"{1000 * row.seconds / row.models:.1f}",
            f"{row.peak_mib:,.0f} MiB",
            f"{row.notebook_mib:,.0f} MiB",
        ]
        print(f"| {' | '.join(cells)} |")
    for models, rows in table[table["place"] == THREADS].groupby("models"):
        first = rows.iloc[0]
        print(f"{models:,} models, {first.score_rows:,} scores: a page of {first.page_mb:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default=",".join(map(str, SIZES)), help="multiples of 100")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        models, folder, place = options.worker
        table = measure(int(models), Path(folder), place)
        print(json.dumps(table.to_dict("records")))
        return
    parts = []
    for models in options.models.split(","):
        with tempfile.TemporaryDirectory() as folder:
            for place in reversed(PLACES):  # the cluster leaves its runs to the threads
                command = [sys.executable, __file__, "--worker", models, folder, place]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                parts.append(pd.DataFrame(json.loads(done.stdout.splitlines()[-1])))
    table = pd.concat(parts, ignore_index=True)
    show(table)
    table.to_csv(RESULTS, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
