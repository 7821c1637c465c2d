"""How long a notebook may run, as one that hangs would keep its place for ever."""

import os

from vaelib.exceptions import StudyError

VARIABLE = "VAELIB_RUN_HOURS"
_HOURS = 6  # ten times what the largest blocks take, and more
_LARGEST_BLOCK = 3e10  # training pixels times epochs; a single model may be more


def seconds(work: float = 0) -> float:
    """Return the seconds that a run may take.

    Parameters
    ----------
    work : float
        Training pixels times epochs, at most. Beyond that of the largest block of several
        models the default grows in proportion.

    Raises
    ------
    StudyError
        Where the environment gives what is no number of hours.
    """
    given = os.environ.get(VARIABLE)
    if given is None:
        return 3600 * _HOURS * max(1.0, work / _LARGEST_BLOCK)
    try:
        hours = float(given)
    except ValueError:
        hours = 0.0
    if not 0 < hours < 1e5:
        raise StudyError(f"{VARIABLE}: {given!r} is not allowed; allowed: hours, more than 0")
    return 3600 * hours
