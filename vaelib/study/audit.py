"""Judge the claims of articles: ``python -m vaelib.study.audit reports``."""

import sys
from pathlib import Path

from vaelib.exceptions import StudyError
from vaelib.results import files
from vaelib.study import command, report


def main(arguments: list[str]) -> int:
    """Make the page of the claims of a folder of reports; return the exit code."""
    (reports,) = arguments
    return command.exit_code(lambda: _audit(reports))


def _audit(reports: str) -> None:
    if not list(Path(reports).glob(f"*/{files.FACTS}")):
        raise StudyError(
            f"reports: {reports!r} has no finished study; allowed: a folder of reports"
        )
    print(report.audit(reports))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
