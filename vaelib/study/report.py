"""Make a report: from finished runs to tables and one self-contained page."""

import datetime
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from vaelib.analysis import summary
from vaelib.data.images import ImageSet
from vaelib.data.sources import Source
from vaelib.reporting import fragments
from vaelib.reporting.page import to_html
from vaelib.results import files, gallery, provenance
from vaelib.study.notebook import run_notebook
from vaelib.study.study import Study

COMPARE = provenance.NOTEBOOKS / "02_compare.ipynb"
CLAIMS = provenance.NOTEBOOKS / "04_claims.ipynb"


def build(
    study: Study, images: dict[str, ImageSet], finished: Sequence[Path], folder: Path
) -> Path:
    """Write the tables and the gallery of finished runs, then make the page.

    Parameters
    ----------
    study : Study
    images : dict of str to ImageSet
        By name. The gallery shows the first of them.
    finished : sequence of path
        Folders of the runs to compare.
    folder : path
        Of the study's report.

    Returns
    -------
    pathlib.Path
        Of the page.
    """
    tables = files.collect(finished)
    files.write(folder, tables)
    summaries, verdicts, compared = summary.of_study(tables, study.margins, study.target_loss)
    files.write_csv(folder / files.SUMMARY, summaries)
    files.write_csv(folder / files.VERDICTS, verdicts)
    shown = next(iter(images.values()))
    gallery.join(folder, finished, shown.name, shown.test[: study.gallery_images])
    gallery.write_models(folder, finished, shown.name, shown.test)
    facts = _facts(study, images, compared, finished)
    (folder / files.FACTS).write_text(json.dumps(facts, indent=2) + "\n")
    executed = folder / COMPARE.name
    run_notebook(COMPARE, executed, {"folder": str(folder)})
    return to_html(executed, folder / files.PAGE)


def build_without_runs(failed: pd.DataFrame, folder: Path) -> Path:
    """Leave a page that only names the failures, and no file of an earlier report.

    Parameters
    ----------
    failed : pandas.DataFrame
        With the columns `results.files.FAILURE_COLUMNS`.
    folder : path
        Of the study's report.

    Returns
    -------
    pathlib.Path
        Of the page.
    """
    import nbformat

    outdated = [*files.FILES.values(), files.SUMMARY, files.VERDICTS, files.GALLERY, files.FACTS]
    for name in outdated:
        (folder / name).unlink(missing_ok=True)
    text = f"# No run finished\n\n{fragments.failures(failed, pd.DataFrame())}"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    executed = folder / COMPARE.name
    nbformat.write(notebook, executed)
    return to_html(executed, folder / files.PAGE)


def audit(reports: str | Path = "reports") -> Path:
    """Judge the claims of articles on all finished studies.

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
    run_notebook(CLAIMS, executed, {"reports": str(reports)})
    return to_html(executed, reports / "claims.html")


def _facts(
    study: Study, images: dict[str, ImageSet], compared: list[dict], finished: Sequence[Path]
) -> dict:
    """Return what the page says about how it was made."""
    labels = [Source.parse(dataset).label for dataset in study.dataset]
    return {
        "study": study.model_dump(mode="json") | {"dataset": labels},
        "images": {name: _describe(split) for name, split in images.items()},
        "comparisons": compared,
        "runs": [run.name for run in finished],
        "versions": provenance.versions(),
        "code": provenance.code_digest(),
        "commit": provenance.commit(),
        "date": datetime.date.today().isoformat(),
    }


def _describe(images: ImageSet) -> dict:
    return {
        "train": len(images.train),
        "validation": len(images.validation),
        "test": len(images.test),
        "shape": list(images.shape),
        "pixels": images.scale,
        "fingerprint": images.fingerprint,
    }
