"""Judge the claims of articles: ``python -m vaelib.study.audit reports``."""

import sys
from pathlib import Path

from vaelib.exceptions import RunError
from vaelib.results import files
from vaelib.study import report


def main(arguments: list[str]) -> int:
    """Make the page of the claims of a folder of reports; return the exit code."""
    (reports,) = arguments
    if not list(Path(reports).glob(f"*/{files.FACTS}")):
        print(
            f"error: reports: {reports!r} has no finished study; allowed: a folder of reports",
            file=sys.stderr,
        )
        return 2
    try:
        print(report.audit(reports))
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except RunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
