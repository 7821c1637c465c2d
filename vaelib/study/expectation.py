"""How long a study is expected to train, by the models that are there, or published ones."""

import contextlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import joblib
import pandas as pd

from vaelib.data.sources import Kind, Source
from vaelib.formatting import count, duration
from vaelib.results import files
from vaelib.results.keys import Status
from vaelib.results.provenance import CPU, NOTEBOOKS
from vaelib.study.blocks import PlannedModel
from vaelib.study.study import Study
from vaelib.study.tasks import Planner, pools_of
from vaelib.study.workspace import Workspace

# Of a checkout, for a machine that has trained nothing like it: each folder is a report.
PUBLISHED = NOTEBOOKS.parent / "reports" / "published"
# What the time of a model depends on, besides its activation, as columns of ``runs``.
_ALIKE = [
    "dataset",
    "train_size",
    "architecture",
    "hidden_units",
    "depth",
    "batch_norm",
    "latent_dim",
    "batch_size",
    "most_epochs",
    "patience",
]


def of_study(study: Study, reports: Path) -> str:
    """Return what `sentence` says of a study, or why it cannot be said.

    Parameters
    ----------
    study : Study
    reports : path
        Folder of the reports.
    """
    if any(Source.parse(dataset).kind == Kind.KERAS for dataset in study.dataset):
        return "Some of its images may have to be downloaded."
    try:
        pools = pools_of(study)
    except (ValueError, OSError) as error:
        return f"Its images cannot be read: {error}."
    workspace = Workspace(reports, study.name)
    planner = Planner(study, pools)
    plan, found, _ = planner.planned(workspace)
    missing = [one for one in plan.models if one.identity not in found]
    return sentence(planner, missing, workspace.runs, joblib.cpu_count())


def sentence(
    planner: Planner, missing: Sequence[PlannedModel], runs: Path, processes: int | None
) -> str:
    """Return how many models are missing, and how long they are expected to train, if known.

    Where none like them are there, as long as those of published reports, on other machines.

    How long on a GPU is not known: the models that are there may be of cores.

    Parameters
    ----------
    planner : Planner
    missing : sequence of PlannedModel
    runs : path
        The folder of the runs that are there.
    processes : int or None
        How many train at once, where that is known.
    """
    if not missing:
        return "All models are there."
    study = planner.study
    sizes = {
        source: pool.sizes(study.validation_fraction, study.test_fraction)[0]
        for source, pool in planner.pools.items()
    }
    seconds, like = training_seconds(missing, sizes, _earlier(runs)), "by earlier ones like them"
    if math.isnan(seconds):
        seconds, like = (
            training_seconds(missing, sizes, _earlier(PUBLISHED)),
            "as published ones took",
        )
    text = f"{count(len(missing), 'model')} to train"
    if math.isnan(seconds) or planner.device != CPU:
        return f"{text}."
    processes = min(processes or 1, len(missing))
    at_once = f" in {processes} processes" if processes > 1 else ""
    return f"{text}: about {duration(seconds / processes)}{at_once}, {like}."


def _earlier(runs: Path) -> pd.DataFrame:
    """Return the models of all runs whose table can be read."""
    tables = [pd.DataFrame()]
    for path in sorted(runs.glob(f"*/{files.FILES['runs']}")):
        with contextlib.suppress(OSError, ValueError, KeyError):  # damaged, or deleted just now
            tables.append(files.read_csv(path))
    return pd.concat(tables, ignore_index=True)


def training_seconds(
    missing: Sequence[PlannedModel], train_images: Mapping[str, int], runs: pd.DataFrame
) -> float:
    """Return how long models will train, one after the other.

    Each as long as the median of those like it with its activation, or with any.

    Parameters
    ----------
    missing : sequence of PlannedModel
    train_images : mapping of str to int
        How many there are, by the study's entry in ``dataset``.
    runs : pandas.DataFrame
        Models that are there.

    Returns
    -------
    float
        NaN where a model has none like it.
    """
    if not {*_ALIKE, "status", "seconds"} <= {*runs}:  # none, or of an earlier version
        return math.nan
    finished = runs[runs["status"] == Status.FINISHED]
    finished = finished.assign(patience=finished["patience"].fillna(0))
    by_activation = finished.groupby([*_ALIKE, "activation"])["seconds"].median().to_dict()
    by_kind = finished.groupby(_ALIKE)["seconds"].median().to_dict()
    total = 0.0
    for model in missing:
        kind = _kind(model, train_images[model.source])
        seconds = by_activation.get((*kind, model.activation), by_kind.get(kind))
        total += math.nan if seconds is None else seconds
    return total


def _kind(model: PlannedModel, train_images: int) -> tuple:
    """Return a model's values of `_ALIKE`."""
    own = model.configuration
    values = {
        "dataset": model.dataset,
        "train_size": own.setting.train_size or train_images,
        "architecture": own.setting.architecture,
        "hidden_units": "-".join(map(str, own.network.widths(own.setting.architecture))),
        "depth": own.setting.depth,
        "batch_norm": own.setting.batch_norm,
        "latent_dim": own.network.latent_dim,
        "batch_size": own.training.batch_size,
        "most_epochs": own.training.epochs,
        "patience": own.training.patience or 0,
    }
    return tuple(values[name] for name in _ALIKE)
