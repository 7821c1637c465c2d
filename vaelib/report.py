"""From finished runs to tables and one self-contained page."""

import datetime
import json
import math
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vaelib import comparisons, results, tables
from vaelib.data import ImageSet
from vaelib.execute import run_notebook
from vaelib.provenance import NOTEBOOKS, PACKAGE, code_digest, versions
from vaelib.study import Study

PAGE = "report.html"
MADE = ("summary.csv", "verdicts.csv", "gallery.npz", "study.json")
TEMPLATES = PACKAGE / "templates"
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
    found = results.collect(finished)
    results.write(folder, found)
    compared = _compare(study, found, folder)
    _write_pictures(study, next(iter(images.values())), finished, folder)
    settings = study.model_dump(mode="json")
    facts = {
        "study": settings | {"dataset": [Path(dataset).name for dataset in study.dataset]},
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
            target = results.default_target(chosen)
        pairs = comparisons.judge(chosen["runs"], study.margins)
        summary = results.summarize(chosen, target, pairs)
        summaries.append(summary.assign(comparison=number))
        judged.append(pairs.assign(comparison=number))
        known = None if math.isnan(target) else target
        facts.append({"label": comparison.label, "target_loss": known, **comparison.fields})
    results.write_csv(folder / "summary.csv", pd.concat(summaries))
    results.write_csv(folder / "verdicts.csv", pd.concat(judged))
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

    for name in (*results.FILES.values(), *MADE):
        (folder / name).unlink(missing_ok=True)
    text = f"# No run finished\n\n{tables.failures(failed, pd.DataFrame())}"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    executed = folder / "02_compare.ipynb"
    nbformat.write(notebook, executed)
    return to_html(executed, folder / PAGE)


def to_html(executed: Path, page: Path) -> Path:
    """Turn an executed notebook into one page that asks nothing of a network.

    Parameters
    ----------
    executed : path
        Of a notebook with outputs.
    page : path
        To write, whole or not at all.

    Returns
    -------
    pathlib.Path
        `page`.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="report",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    html, _ = exporter.from_filename(str(executed))
    partial = page.with_name(page.name + ".partial")
    partial.write_text(html, encoding="utf-8")
    os.replace(partial, page)
    return page


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
