"""How the small commands of the Makefile end: with a line, and an exit code."""

import sys
from collections.abc import Callable

from vaelib.exceptions import RunError, StudyError


def exit_code(act: Callable[[], object]) -> int:
    """Run a command; return 0, or after a line 2 for bad input and 1 for a failed run."""
    try:
        act()
    except (StudyError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except RunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
