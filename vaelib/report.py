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

from vaelib import results, tables
from vaelib.data import ImageSet
from vaelib.execute import NOTEBOOKS, run_notebook
from vaelib.study import PACKAGE, Study, code_digest, versions

PAGE = "report.html"
TEMPLATES = PACKAGE / "templates"
EXPLORED = 200  # test images kept beside the models


def build(study: Study, images: ImageSet, finished: Sequence[Path], folder: Path) -> Path:
    """Join the tables of finished runs and execute the comparison notebook.

    Parameters
    ----------
    study : Study
    images : ImageSet
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
    target = study.target_loss
    if target is None:
        target = results.default_target(found)
    results.write(folder, found)
    results.write_csv(folder / "summary.csv", results.summarize(found, target))
    _write_pictures(study, images, finished, folder)
    facts = {
        "study": study.model_dump(mode="json") | {"dataset": Path(study.dataset).name},
        "images": {
            "train": len(images.train),
            "validation": len(images.validation),
            "test": len(images.test),
            "shape": list(images.shape),
            "fingerprint": images.fingerprint,
        },
        "target_loss": None if math.isnan(target) else target,
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


def _write_pictures(study: Study, images: ImageSet, finished: Sequence[Path], folder: Path) -> None:
    """Leave the runs' galleries in one file, and models with test images to explore."""
    models = folder / "models"
    shutil.rmtree(models, ignore_errors=True)
    models.mkdir()
    shown = images.test[: study.gallery_images]
    joined = {"index": np.arange(len(shown)), "original": _grey_levels(shown)}
    for place in finished:
        if not (place / "gallery.npz").is_file():
            continue  # every model diverged
        with np.load(place / "gallery.npz") as gallery:
            activation = str(gallery["activation"])
            joined[f"by_{activation}"] = gallery["reconstruction"]
        shutil.copyfile(place / "model.keras", models / f"{activation}.keras")
    np.savez_compressed(folder / "gallery.npz", **joined)
    np.savez_compressed(models / "images.npz", test=_grey_levels(images.test[:EXPLORED]))


def _grey_levels(images: np.ndarray) -> np.ndarray:
    """Return images in [0, 1] as 8-bit integers."""
    return np.round(255 * images).astype("uint8")


def build_without_runs(failed: pd.DataFrame, folder: Path) -> Path:
    """Leave a page that only names the failures, and no table of an earlier report."""
    import nbformat

    for name in (*results.FILES.values(), "summary.csv", "gallery.npz", "study.json"):
        (folder / name).unlink(missing_ok=True)
    nothing = pd.DataFrame({"diverged": []})
    text = f"# No run finished\n\n{tables.failures(failed, nothing)}"
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
