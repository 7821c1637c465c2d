"""Publish a report: ``python -m vaelib.study.publish reports studies/default.yml``."""

import shutil
import sys
from pathlib import Path

from vaelib.exceptions import StudyError
from vaelib.reporting import plots
from vaelib.reporting.study_results import load_results
from vaelib.results import files
from vaelib.study import command, report
from vaelib.study.study import Study

PUBLISHED = "published"  # in the folder of reports; the rest of it is not committed
LARGEST = 2_000_000  # bytes of a published file
# Without these there is no report; its other tables and its gallery are published too.
_REQUIRED = (files.PAGE, files.FACTS, files.SUMMARY, files.VERDICTS, files.FAILURES)


def publish(reports: str | Path, name: str) -> Path:
    """Copy a study's page and tables to where published reports are.

    Beside them goes a picture of reconstructions. The page of the claims is made anew of
    all published studies.

    Parameters
    ----------
    reports : str or path
        Folder of the reports.
    name : str
        Of the study.

    Returns
    -------
    pathlib.Path
        Of the published page.

    Raises
    ------
    StudyError
        When the report is missing, or had failed runs.
    """
    source, target = Path(reports) / name, Path(reports) / PUBLISHED / name
    missing = [file for file in _REQUIRED if not (source / file).is_file()]
    if missing:
        raise StudyError(
            f"report: {str(source)!r} has no {', '.join(missing)}; allowed: one of `make report`"
        )
    if len(files.read_csv(source / files.FAILURES)):
        raise StudyError(f"report: {str(source)!r} has failed runs; allowed: a report without")
    offered = [*(files.path_of(source, name).name for name in files.FILES), files.GALLERY]
    present = [file for file in (*_REQUIRED, *offered) if (source / file).is_file()]
    large = [file for file in present if (source / file).stat().st_size >= LARGEST]
    if set(large) & set(_REQUIRED):
        raise StudyError(f"report: {', '.join(large)} is too large; allowed: under 2 MB each")
    target.mkdir(parents=True, exist_ok=True)
    for file in set(present) - set(large):
        shutil.copyfile(source / file, target / file)
    tables = {*files.FILES.values(), *files.EARLIER.values()}
    for file in (tables - set(present)) | set(large):  # published before
        (target / file).unlink(missing_ok=True)
    for file in large:
        print(f"{name}: {file} has 2 MB or more and is left out")
    if (target / files.GALLERY).is_file():
        draw_reconstructions(target)
    report.audit(target.parent)
    return target / files.PAGE


def draw_reconstructions(folder: str | Path) -> Path:
    """Draw test images and what each activation makes of them, as the README shows them.

    Parameters
    ----------
    folder : str or path
        Of a report, with its gallery.

    Returns
    -------
    pathlib.Path
        Of the picture, a PNG file in that folder.
    """
    figure = plots.reconstructions(load_results(folder))
    path = Path(folder) / files.RECONSTRUCTIONS
    figure.savefig(path, dpi=figure.dpi, metadata={"Software": None})
    return path


def main(arguments: list[str]) -> int:
    """Publish the report of a study's file; return the exit code."""
    reports, study = arguments
    return command.exit_code(
        lambda: print(f"published: {publish(reports, Study.from_yaml(study).name)}")
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
