"""Work on many files in threads, with a progress bar on standard error."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import joblib
from tqdm import tqdm

_PATIENCE = 1  # s: what is over before then shows no bar


def in_parallel(function: Callable, items: Iterable, total: int, description: str) -> Iterator[Any]:
    """Yield a function's results in the order of the items.

    Threads serve, as decoders and hashes release the interpreter's lock. Items are taken
    as they are needed, so that no archive is in memory as a whole.

    Parameters
    ----------
    function : callable
        Of an item.
    items : iterable
    total : int
        How many items there are.
    description : str
        Of the progress bar.
    """
    threads = joblib.Parallel(joblib.cpu_count(), prefer="threads", return_as="generator")
    results = threads(joblib.delayed(function)(item) for item in items)
    yield from tqdm(
        results, description, total, leave=False, delay=_PATIENCE, unit=" files", mininterval=0.5
    )
