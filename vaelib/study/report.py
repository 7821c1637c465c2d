"""From finished runs to tables and one self-contained page."""

import datetime
import json
import math
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vaelib.analysis import comparisons, summary
from vaelib.data.images import ImageSet
from vaelib.data.sources import Source
from vaelib.reporting import sentences
from vaelib.reporting.page import to_html
from vaelib.results import files
from vaelib.results.provenance import NOTEBOOKS, PACKAGE, code_digest, versions
from vaelib.study.notebook import run_notebook
from vaelib.study.study import Study

PAGE = "report.html"
MADE = ("summary.csv", "verdicts.csv", "gallery.npz", "study.json")
EXPLORED = 200  # test images kept beside the models


def build(
    study: Study, images: dict[str, ImageSet], finished: Sequence[Path], folder: Path
) -> Path:
    """Join the tables of finished runs and execute the comparison notebook.

    Parameters
    ----------
    study : Study
    images : dict of str to ImageSet
        By name.
    finished : sequence of path
        Folders of the runs to compare.
    folder : path
        Of the study's report.

    Returns
    -------
    pathlib.Path
        Of the page.
    """
    found = files.collect(finished)
    files.write(folder, found)
    compared = _compare(study, found, folder)
    _write_pictures(study, next(iter(images.values())), finished, folder)
    settings = study.model_dump(mode="json")
    facts = {
        "study": settings | {"dataset": [Source.parse(dataset).label for dataset in study.dataset]},
        "images": {
            name: {
                "train": len(split.train),
                "validation": len(split.validation),
                "test": len(split.test),
                "shape": list(split.shape),
                "fingerprint": split.fingerprint,
            }
            for name, split in images.items()
        },
        "comparisons": compared,
        "runs": [place.name for place in finished],
        "versions": versions(),
        "code": code_digest(),
        "commit": _commit(),
        "date": datetime.date.today().isoformat(),
    }
    (folder / "study.json").write_text(json.dumps(facts, indent=2) + "\n")
    executed = folder / "02_compare.ipynb"
    run_notebook(NOTEBOOKS / executed.name, executed, {"folder": str(folder)})
    return to_html(executed, folder / PAGE)


def _compare(study: Study, found: dict[str, pd.DataFrame], folder: Path) -> list[dict]:
    """Write the summary and the verdicts of every comparison; return their facts."""
    facts, summaries, judged = [], [], []
    for number, comparison in enumerate(comparisons.of_study(found["runs"])):
        chosen = comparisons.select(found, comparison)
        target = study.target_loss
        if target is None:
            target = summary.default_target(chosen)
        pairs = comparisons.judge(chosen["runs"], study.margins)
        table = summary.summarize(chosen, target, pairs)
        summaries.append(table.assign(comparison=number))
        judged.append(pairs.assign(comparison=number))
        known = None if math.isnan(target) else target
        facts.append({"label": comparison.label, "target_loss": known, **comparison.fields})
    files.write_csv(folder / "summary.csv", pd.concat(summaries))
    files.write_csv(folder / "verdicts.csv", pd.concat(judged))
    return facts


def _write_pictures(study: Study, images: ImageSet, finished: Sequence[Path], folder: Path) -> None:
    """Leave the runs' galleries in one file, and models with test images to explore.

    Of the first data set, setting and learning rate.
    """
    models = folder / "models"
    shutil.rmtree(models, ignore_errors=True)
    models.mkdir()
    shown = images.test[: study.gallery_images]
    joined = {"index": np.arange(len(shown)), "original": _grey_levels(shown)}
    for place in finished:
        if not (place / "gallery.npz").is_file():
            continue  # every model diverged
        with np.load(place / "gallery.npz") as gallery:
            if str(gallery["dataset"]) != images.name:
                continue
            activation = str(gallery["activation"])
            joined[f"by_{activation}"] = gallery["reconstruction"]
        shutil.copyfile(place / "model.keras", models / f"{activation}.keras")
    np.savez_compressed(folder / "gallery.npz", **joined)
    np.savez_compressed(models / "images.npz", test=_grey_levels(images.test[:EXPLORED]))


def _grey_levels(images: np.ndarray) -> np.ndarray:
    """Return images in [0, 1] as 8-bit integers."""
    return np.round(255 * images).astype("uint8")


def audit(reports: str | Path = "reports") -> Path:
    """Put the claims to the test on all finished studies.

    Parameters
    ----------
    reports : str or path
        Folder of the reports.

    Returns
    -------
    pathlib.Path
        Of the page ``claims.html`` in that folder.
    """
    reports = Path(reports).absolute()
    executed = reports / "claims.ipynb"
    run_notebook(NOTEBOOKS / "04_claims.ipynb", executed, {"reports": str(reports)})
    return to_html(executed, reports / "claims.html")


def build_without_runs(failed: pd.DataFrame, folder: Path) -> Path:
    """Leave a page that only names the failures, and no table of an earlier report."""
    import nbformat

    for name in (*files.FILES.values(), *MADE):
        (folder / name).unlink(missing_ok=True)
    text = f"# No run finished\n\n{sentences.failures(failed, pd.DataFrame())}"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    executed = folder / "02_compare.ipynb"
    nbformat.write(notebook, executed)
    return to_html(executed, folder / PAGE)


def _commit() -> str:
    """Return the commit of the checkout, with a mark when files are changed."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=PACKAGE,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "not a git checkout"
    return done.stdout.strip()
