"""Run blocks on an existing dask cluster, as an executor like that of this machine.

A worker trains with one thread a block, and as many blocks at once as it has threads.
"""

import concurrent.futures
import contextlib
import logging
import os
import socket
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping

import dask
from dask.utils import parse_timedelta
from distributed import Client, KilledWorker
from distributed.comm import get_address_host_port
from distributed.versions import VersionMismatchWarning

from vaelib.data.images import ImagePool
from vaelib.data.sources import Source
from vaelib.exceptions import RunError, StudyError
from vaelib.formatting import count
from vaelib.study import cluster_worker, transport, workspace
from vaelib.study.workspace import Workspace

_CLOSING = 5  # seconds
_LOGGERS = ("distributed", "tornado", "asyncio")


class Cluster(concurrent.futures.Executor):
    """An executor of `worker.train_block`; see `prepared`.

    Parameters
    ----------
    client : distributed.Client
    surroundings : cluster_worker.Surroundings
    """

    def __init__(self, client: Client, surroundings: cluster_worker.Surroundings):
        self._client, self._surroundings = client, surroundings
        self._address = client.scheduler.address
        self._remote = client.get_executor(pure=False)
        # Results are written by a thread, as dask's own has to answer the scheduler.
        self._receiver = concurrent.futures.ThreadPoolExecutor(1)

    @property
    def workers(self) -> int:
        """How many blocks run at once.

        Raises
        ------
        concurrent.futures.BrokenExecutor
            Where the scheduler was lost.
        """
        try:
            return sum(self._client.nthreads().values()) or 1
        except Exception as error:  # whatever dask raises without a connection
            raise self._lost() from error

    def submit(self, train: Callable, /, folder: str, attempts: str, parameters: dict):
        """Train a block on a worker; see `worker.train_block`.

        Returns
        -------
        concurrent.futures.Future
            Of None, once the run is in its folder. It raises RunError with the cause, or
            BrokenExecutor where the scheduler was lost.
        """
        if self._client.status != "running":
            raise self._lost()
        future = concurrent.futures.Future()
        self._start(future, f"vaelib-{uuid.uuid4().hex}", train, folder, attempts, parameters)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no blocks any more, and forget those that have not ended."""
        self._remote.shutdown(wait=False)
        self._receiver.shutdown(wait=wait, cancel_futures=True)

    def _start(self, future, topic: str, *task) -> None:
        remote = self._remote.submit(cluster_worker.execute, self._surroundings, topic, *task)
        future.add_done_callback(lambda done: done.cancelled() and remote.cancel())

        def pass_on(done) -> None:
            with contextlib.suppress(RuntimeError):  # after the shutdown
                self._receiver.submit(self._finish, done, future, topic, *task)

        remote.add_done_callback(pass_on)

    def _finish(self, remote, future, topic: str, *task) -> None:
        """Publish what came back, and pass on how the block ended."""
        error = None
        try:
            archive = remote.result()
            if archive is not None:
                _, folder, attempts, _ = task
                transport.receive(archive, folder, attempts)
        except concurrent.futures.CancelledError:
            error = self._lost()
        except KilledWorker as killed:
            # The scheduler's own limit may be lower, and counts blocks that only waited there.
            starts = self._starts(topic)
            if len(starts) < cluster_worker.MOST_STARTS and not future.cancelled():
                return self._start(future, topic, *task)
            error = RunError(cluster_worker.lost_twice([*starts, killed.last_worker.address]))
        except Exception as cause:
            error = cause
        if future.set_running_or_notify_cancel():
            future.set_result(None) if error is None else future.set_exception(error)
        return None

    def _starts(self, topic: str) -> list[str]:
        with contextlib.suppress(Exception):  # without a connection nothing starts again
            return cluster_worker.starts(self._client, topic)
        return [""] * cluster_worker.MOST_STARTS

    def _lost(self) -> concurrent.futures.BrokenExecutor:
        return concurrent.futures.BrokenExecutor(
            f"the scheduler at {self._address} was lost, or has cancelled the work; finished "
            "runs are kept: the same command goes on"
        )


@contextlib.contextmanager
def connected(address: str) -> Iterator[Client]:
    """Connect with a scheduler, and keep what dask logs away from the terminal.

    Parameters
    ----------
    address : str
        As ``tcp://host:8786``; with ``tls://`` the certificates are those of dask's own
        configuration.

    Raises
    ------
    StudyError
        Where no scheduler answers.
    """
    with _quiet():
        client = _client(address)
        try:
            yield client
        finally:
            client.close(timeout=_CLOSING)


@contextlib.contextmanager
def prepared(
    client: Client,
    place: Workspace,
    pools: Mapping[str, ImagePool],
    shared_folder: bool = True,
    note: Callable[[str], None] = print,
) -> Iterator[Cluster]:
    """Check the workers of a cluster, and give them what they need.

    Parameters
    ----------
    client : distributed.Client
    place : Workspace
        Whose folder exists.
    pools : mapping of str to ImagePool
        By the study's entry in ``dataset``.
    shared_folder : bool
        Whether workers may see the reports and the images in the same place as this
        process; they are asked then.
    note : callable
        Is told in a line what the study runs on.

    Raises
    ------
    StudyError
        For a worker with another Python, other libraries or other code.
    """
    with contextlib.ExitStack() as stack:
        if not client.nthreads():
            note("The cluster has no worker yet: waiting for the first.")
            client.submit(os.getpid, pure=False).result()  # lets an adaptive cluster grow
        here = cluster_worker.facts()
        _check(client, here)
        token = stack.enter_context(workspace.attempt(place.folder))
        paths = (str(token), *(source for source in pools if Source.parse(source).is_path))
        shared = shared_folder and all(client.run(cluster_worker.sees, paths).values())
        files = {} if shared else _send(client, pools, stack)
        note(_description(client, shared))
        surroundings = cluster_worker.Surroundings(here, paths if shared else (), files)
        yield stack.enter_context(Cluster(client, surroundings))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what dask logs away from the terminal."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in _LOGGERS]
    levels = {name: logging.getLogger(name).level for name in names}
    try:
        for name in levels:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _client(address: str) -> Client:
    try:
        # At once: a client that finds nobody hangs when the process ends.
        where = get_address_host_port(address, strict=True)
        timeout = parse_timedelta(dask.config.get("distributed.comm.timeouts.connect"))
        socket.create_connection(where, timeout=timeout).close()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # `facts` says what matters
            return Client(address, set_as_default=False)
    except Exception as error:  # of many kinds: addresses, names, certificates
        reason = " ".join(str(error).split()) or type(error).__name__
        raise StudyError(
            f"scheduler: cannot connect to {address!r}: {reason}; allowed: the address of a dask "
            "scheduler that is running, as tcp://host:8786"
        ) from None


def _check(client: Client, here: Mapping[str, str]) -> None:
    """Refuse workers that would train other models, before anything runs."""
    found = client.run(cluster_worker.facts, on_error="return")
    lines = [
        line for worker in found if (line := cluster_worker.difference(worker, found[worker], here))
    ]
    if lines:
        more = f" (and {count(len(lines) - 1, 'other worker')})" if len(lines) > 1 else ""
        raise StudyError(f"scheduler: {lines[0]}{more}")


def _send(
    client: Client, pools: Mapping[str, ImagePool], stack: contextlib.ExitStack
) -> dict[str, str]:
    """Send images to all workers; return where they are in the workers' own folders."""
    found = transport.image_files(pools)
    if not found:
        return {}
    folder = f"vaelib-{uuid.uuid4().hex}"
    files = {source: f"{folder}/{n}/{found[source][0]}" for n, source in enumerate(found)}
    contents = {files[source]: found[source][1] for source in found}
    client.register_plugin(cluster_worker.Images(folder, contents), name=folder)

    def unregister() -> None:
        if client.status == "running":
            with contextlib.suppress(Exception):
                client.unregister_worker_plugin(folder)

    stack.callback(unregister)
    return files


def _description(client: Client, shared: bool) -> str:
    threads = client.nthreads()
    text = (
        f"On {count(len(threads), 'worker')} with {count(sum(threads.values()), 'thread')} at "
        f"{client.scheduler.address}"
    )
    if not shared:
        text += ", which share no folder: images and results travel"
    with contextlib.suppress(KeyError):  # a scheduler without one
        text += f". Dashboard: {client.dashboard_link}"
    return text
