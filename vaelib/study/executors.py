"""What notebooks run on: an executor of `concurrent.futures`, with the number of its workers."""

import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import joblib

from vaelib.data.images import ImagePool
from vaelib.study import processes
from vaelib.study.workspace import Workspace

if TYPE_CHECKING:  # dask is loaded where a study runs on it
    from distributed import Client

_STOPPING = 0.1  # seconds between two looks at what still runs


class Threads(concurrent.futures.ThreadPoolExecutor):
    """Threads of this process, as many as cores."""

    def __init__(self):
        self.workers = joblib.cpu_count()
        super().__init__(self.workers)

    def stop(self) -> None:
        """Kill the notebooks that run; others do not start."""
        self.shutdown(wait=False, cancel_futures=True)
        ending = threading.Thread(target=self.shutdown)
        ending.start()
        while ending.is_alive():
            processes.kill_all()
            ending.join(_STOPPING)


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
            try:
                yield threads
            except BaseException:  # Ctrl-C: nobody waits for the notebooks any more
                threads.stop()
                raise
