"""What notebooks run on: an executor of `concurrent.futures`, with the number of its workers."""

import concurrent.futures
import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import joblib

from vaelib.data.images import ImagePool
from vaelib.study import processes
from vaelib.study.workspace import Workspace

if TYPE_CHECKING:  # dask is loaded where a study runs on it
    from distributed import Client

_STOPPING = 0.1  # seconds between two looks at what still runs


class Threads(concurrent.futures.ThreadPoolExecutor):
    """Threads of this process.

    Parameters
    ----------
    workers : int, optional
        As many as cores by default.
    """

    def __init__(self, workers: int | None = None):
        self.workers = workers or joblib.cpu_count()
        super().__init__(self.workers)

    def stop(self) -> None:
        """Kill the notebooks that run; others do not start."""
        self.shutdown(wait=False, cancel_futures=True)
        ending = threading.Thread(target=self.shutdown)
        ending.start()
        while ending.is_alive():
            processes.kill_all()
            ending.join(_STOPPING)


class Gpus(Threads):
    """Threads of this process, one for each GPU.

    Parameters
    ----------
    names : sequence of str
        As ``CUDA_VISIBLE_DEVICES`` has them.
    """

    def __init__(self, names: Sequence[str]):
        super().__init__(len(names))
        self._free: queue.SimpleQueue[str] = queue.SimpleQueue()
        for name in names:
            self._free.put(name)

    def submit(self, train: Callable, /, folder: str, attempts: str, parameters: dict):
        """Train a block on a GPU that is free; see `worker.train_block`."""
        return super().submit(self._train, train, folder, attempts, parameters)

    def _train(self, train: Callable, folder: str, attempts: str, parameters: dict) -> None:
        name = self._free.get()
        try:
            train(folder, attempts, {**parameters, "gpu": name})
        finally:
            self._free.put(name)


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
    gpus: Sequence[str],
    pools: Mapping[str, ImagePool],
    workspace: Workspace,
    shared_folder: bool,
    note: Callable[[str], None],
) -> Iterator[concurrent.futures.Executor]:
    """Yield the executor given, else one on a cluster, on GPUs of this machine, or on cores."""
    if given is not None:
        yield given
    elif client is not None:
        from vaelib.study import cluster

        with cluster.prepared(client, workspace, pools, shared_folder, note) as used:
            yield used
    else:
        with Gpus(gpus) if gpus else Threads() as threads:
            try:
                yield threads
            except BaseException:  # Ctrl-C: nobody waits for the notebooks any more
                threads.stop()
                raise
