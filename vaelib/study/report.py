"""Make a report: from finished runs to tables and one self-contained page."""

import datetime
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd

from vaelib.analysis import summary
from vaelib.analysis.new_images import test_sets
from vaelib.analysis.rules import Rules
from vaelib.data.images import ImagePool
from vaelib.data.sources import Source
from vaelib.reporting import fragments, index
from vaelib.reporting.page import to_html
from vaelib.results import exploration, files, gallery, provenance
from vaelib.study import time_limit
from vaelib.study.notebook import run_notebook
from vaelib.study.study import Study
from vaelib.study.tasks import Plan, Planner
from vaelib.training.configuration import suited

COMPARE = provenance.NOTEBOOKS / "02_compare.ipynb"
CLAIMS = provenance.NOTEBOOKS / "04_claims.ipynb"
_LINKS = {"All studies": f"../{files.INDEX}", "Claims of articles": f"../{files.CLAIMS_PAGE}"}
_CLAIMS_TITLE = "Are the claims about activation functions true?"
_LINKS_OF_CLAIMS = {"All studies": files.INDEX}
TIMES = provenance.NOTEBOOKS.parent / "benchmarks" / "activations.csv"


def build(planner: Planner, plan: Plan, found: Mapping[str, Path], folder: Path) -> Path:
    """Write the tables and the gallery of finished runs, then make the page.

    Parameters
    ----------
    planner : Planner
        Of the study. The gallery shows the first of its data sets.
    plan : Plan
    found : mapping of str to path
        By model, the folder of its run; those of failed runs are not there.
    folder : path
        Of the study's report.

    Returns
    -------
    pathlib.Path
        Of the page.
    """
    study, pools = planner.study, planner.pools
    models = [model.identity for model in plan.models if model.identity in found]
    runs = list(dict.fromkeys(found[model] for model in models))
    tables = {
        name: _with_shown_names(table, study) for name, table in files.collect(runs, models).items()
    }
    files.write(folder, tables)
    failures = files.read_csv(folder / files.FAILURES)
    failed = {name: set(rows["activation"]) for name, rows in failures.groupby("dataset")}
    images = {pool.name: _describe(study, pool) for pool in pools.values()}
    rules = Rules.of(_shown_fields(study))
    summaries, verdicts, compared = summary.of_study(tables, rules, test_sets(images), failed)
    files.write_csv(folder / files.SUMMARY, summaries)
    files.write_csv(folder / files.VERDICTS, verdicts)
    _write_gallery(planner, plan, runs, folder)
    skipped = {pool.name: pool.skipped for pool in pools.values()}
    architectures = set(tables["runs"]["architecture"])
    facts = _facts(planner, images, skipped, compared, runs, architectures)
    with files.whole(folder / files.FACTS) as partial:
        partial.write_text(json.dumps(facts, indent=2) + "\n")
    return make_page(folder)


def make_page(folder: Path) -> Path:
    """Make the page of a report from its tables, facts and gallery, and the page of all studies.

    Parameters
    ----------
    folder : path
        Of a report, published or not; neither runs nor models are needed.

    Returns
    -------
    pathlib.Path
        Of the page.
    """
    facts = json.loads((folder / files.FACTS).read_text())
    executed = folder / COMPARE.name
    run_notebook(COMPARE, executed, {"folder": str(folder)}, time_limit.seconds())
    title, subtitle = facts["study"]["question"], index.described(facts)
    page = to_html(executed, folder / files.PAGE, title, subtitle, _LINKS)
    index.write(folder.parent)
    return page


def _write_gallery(planner: Planner, plan: Plan, runs: Sequence[Path], folder: Path) -> None:
    """Write the first replicate's reconstructions and models of the first comparison."""
    study = planner.study
    contest, models = next(iter(plan.compared.items()))
    shown = {one.identity for one in models if one.configuration.seed == study.seeds[0]}
    images = planner.pools[contest.source].split(
        study.seeds[0],
        study.validation_fraction,
        study.test_fraction,
        contest.setting.train_size,
    )
    names = study.shown_names
    gallery.join(folder, runs, shown, images.test, study.gallery_images, names)
    exploration.write_models(folder, runs, shown, images.test, images.test_labels, names)


def _with_shown_names(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Replace the names of activations that come from files by those that are shown."""
    columns = {"activation", "decoder_activation"} & {*table.columns}
    return table.assign(**{name: table[name].replace(study.shown_names) for name in columns})


def _shown_fields(study: Study) -> dict:
    """Return the fields of a study as the page shows them."""
    names = study.shown_names
    values = study.model_dump(mode="json", exclude={"own_activations"})
    for field in ("activations", "decoder_activation"):
        values[field] = [names.get(name, name) for name in values[field]]
    return values


def _own_activations(study: Study) -> list[dict[str, str]]:
    """Return the study's activations that come from files, for the page and the explorer."""
    described = []
    for name, shown in study.shown_names.items():
        file, _, function = name.rpartition(":")
        text = study.own_activations[name]
        described.append({"name": shown, "file": file, "function": function, "text": text})
    return described


def build_without_runs(study: Study, failed: pd.DataFrame, folder: Path) -> Path:
    """Leave a page that only names the failures, and no file of an earlier report.

    Parameters
    ----------
    study : Study
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

    tables = [*files.FILES.values(), *files.EARLIER.values(), files.SUMMARY, files.VERDICTS]
    for name in [*tables, files.GALLERY, files.FACTS]:
        (folder / name).unlink(missing_ok=True)
    text = f"## No run finished\n\n{fragments.failures(failed, pd.DataFrame())}"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    executed = folder / COMPARE.name
    nbformat.write(notebook, executed)
    return to_html(executed, folder / files.PAGE, study.question, study.name, _LINKS)


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
    parameters = {
        "reports": str(reports),
        "times": str(TIMES),
        "output": str(reports),
    }
    run_notebook(CLAIMS, executed, parameters, time_limit.seconds())
    page = to_html(executed, reports / files.CLAIMS_PAGE, _CLAIMS_TITLE, links=_LINKS_OF_CLAIMS)
    index.write(reports)
    return page


def _facts(
    planner: Planner,
    images: dict,
    skipped: dict,
    compared: list[dict],
    runs: Sequence[Path],
    architectures: Collection[str],
) -> dict:
    """Return what the page says about how it was made."""
    study = planner.study
    labels = [Source.parse(dataset).label for dataset in study.dataset]
    return {
        "study": _shown_fields(study) | {"dataset": labels},
        "own_activations": _own_activations(study),
        "images": images,
        "skipped": skipped,
        "comparisons": compared,
        "runs": [run.name for run in runs],
        "versions": provenance.versions(),
        "code": provenance.code_digest(architectures),
        "commit": provenance.commit(),
        "date": datetime.date.today().isoformat(),
        "device": planner.device,
    }


def _describe(study: Study, pool: ImagePool) -> dict:
    train, validation, test = pool.sizes(study.validation_fraction, study.test_fraction)
    return {
        "train": train,
        "validation": validation,
        "test": test,
        "redrawn": pool.test is None,
        "shape": list(pool.shape),
        "likelihood": suited(study.network("linear"), [], pool.shape)[0].likelihood,
        "pixels": pool.scale,
        "fingerprint": pool.fingerprint,
    }
