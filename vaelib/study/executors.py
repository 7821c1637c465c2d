"""What notebooks run on: an executor of `concurrent.futures`, with the number of its workers."""

import concurrent.futures
import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import joblib

from vaelib.data.images import ImagePool
from vaelib.study.workspace import Workspace

if TYPE_CHECKING:  # dask is loaded where a study runs on it
    from distributed import Client


class Threads(concurrent.futures.ThreadPoolExecutor):
    """Threads of this process, as many as cores."""

    def __init__(self):
        self.workers = joblib.cpu_count()
        super().__init__(self.workers)


@contextlib.contextmanager
def connected(scheduler: str | None) -> Iterator["Client | None"]:
    """Yield a connection with a scheduler, where there is one."""
    if scheduler is None:
        yield None
    else:
        from vaelib.study import cluster  # dask, which nothing else needs

        with cluster.connected(scheduler) as client:
            yield client


@contextlib.contextmanager
def executor(
    given: concurrent.futures.Executor | None,
    client: "Client | None",
    pools: Mapping[str, ImagePool],
    workspace: Workspace,
    shared_folder: bool,
    note: Callable[[str], None],
) -> Iterator[concurrent.futures.Executor]:
    """Yield the executor given, else one on a cluster, else threads."""
    if given is not None:
        yield given
    elif client is not None:
        from vaelib.study import cluster

        with cluster.prepared(client, workspace, pools, shared_folder, note) as used:
            yield used
    else:
        with Threads() as threads:
            yield threads
