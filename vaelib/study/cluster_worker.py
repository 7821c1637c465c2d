"""What happens on a worker of a dask cluster; see `study.cluster`."""

import contextlib
import dataclasses
import os
import platform
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from distributed import Client, Worker, WorkerPlugin, get_client, get_worker

from vaelib.exceptions import RunError
from vaelib.results import provenance
from vaelib.study import processes, transport, workspace

MOST_STARTS = 2  # of a block that is on a worker each time this is lost
_LOOK = 1  # seconds between two looks at whether a block is still wanted


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What a worker must have, and where it finds the study.

    Attributes
    ----------
    facts : dict of str to str
        See `facts`.
    shared : tuple of str
        Paths that a worker sees; none where no folder is shared.
    files : dict of str to str
        Of data sets whose images travelled: paths in the worker's own folder.
    """

    facts: Mapping[str, str]
    shared: tuple[str, ...]
    files: Mapping[str, str]


class Images(WorkerPlugin):
    """Write images once to each worker, those that join later among them.

    Parameters
    ----------
    folder : str
        Name of a folder in the worker's own.
    contents : mapping of str to bytes
        By path in the worker's own folder.
    """

    def __init__(self, folder: str, contents: Mapping[str, bytes]):
        self._folder, self._contents = folder, contents

    def setup(self, worker) -> None:
        """Write the files; a block names those that could not be written."""
        with contextlib.suppress(OSError):
            for name, content in self._contents.items():
                path = Path(worker.local_directory, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def teardown(self, worker) -> None:
        """Delete the files."""
        shutil.rmtree(Path(worker.local_directory, self._folder), ignore_errors=True)


def facts() -> dict[str, str]:
    """Return what must be equal for a model to be the same wherever it is trained."""
    return {
        "Python": platform.python_version(),
        **provenance.versions(),
        "code": provenance.code_digest(provenance.ARCHITECTURES),
    }


def difference(worker: str, there: Mapping[str, str] | Exception, here: Mapping) -> str | None:
    """Return in a line what a worker has, and what is needed; None where it is the same."""
    if isinstance(there, Exception):
        return (
            f"worker {worker} cannot tell its versions: {type(there).__name__}: {there}; needed: "
            "this package and its libraries"
        )
    others = [name for name in here if there.get(name) != here[name]]
    if not others:
        return None
    has, needed = (
        ", ".join(f"{name} {of.get(name, 'unknown')}" for name in others) for of in (there, here)
    )
    return f"worker {worker} has {has}; needed: {needed}"


def sees(paths: Sequence[str]) -> bool:
    """Whether this machine sees the study's own folder, which it can write, and its images."""
    return os.access(paths[0], os.W_OK) and all(map(os.path.exists, paths))


def execute(
    here: Surroundings, topic: str, train: Callable, folder: str, attempts: str, parameters: dict
) -> transport.Archive | None:
    """Train a block on this worker.

    Parameters
    ----------
    here : Surroundings
        Of the process that asks.
    topic : str
        Of events on the scheduler: a start of the block each.
    train : callable
        Is given the rest; see `worker.train_block`.

    Returns
    -------
    Archive or None
        The run, where no folder is shared.

    Raises
    ------
    RunError
        Where this worker cannot serve, and for a block whose worker was lost twice.
    """
    worker, client = get_worker(), get_client()
    refusal = difference(worker.address, facts(), here.facts)
    if refusal:  # it joined after the check
        raise RunError(refusal)
    earlier = starts(client, topic)
    if len(earlier) >= MOST_STARTS:
        raise RunError(lost_twice(earlier))
    client.log_event(topic, worker.address)  # which ends when the scheduler knows it
    if here.shared:
        if not sees(here.shared):
            raise RunError(
                f"worker {worker.address} does not see {here.shared[0]}; needed: the folder that "
                "others share, or --no-shared-folder"
            )
        # A worker that was lost may have finished first.
        if not (earlier and workspace.is_finished(Path(folder))):
            with _while_wanted(worker):
                train(folder, attempts, parameters)
        return None
    # Runs of other workers, which only figures of the notebook show, are not here.
    given = {**parameters, "earlier": []}
    if parameters["dataset"] in here.files:
        path = Path(worker.local_directory, here.files[parameters["dataset"]])
        if not path.is_file():
            raise RunError(f"worker {worker.address} could not write the images to {path}")
        given["dataset"] = str(path)
    with tempfile.TemporaryDirectory(dir=worker.local_directory) as own:
        with _while_wanted(worker):
            train(f"{own}/run", own, given)
        return transport.pack(Path(own, "run"))


@contextlib.contextmanager
def _while_wanted(worker: Worker) -> Iterator[None]:
    """Kill the notebook of this thread once nobody waits for the task that it is in.

    Dask itself lets a task that was cancelled, or whose client is gone, run to its end.
    """
    key, thread, over = worker.get_current_task(), threading.get_ident(), threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK):
            task = worker.state.tasks.get(key)
            if task is None or task.state == "cancelled":
                processes.kill_all(thread)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


def starts(client: Client, topic: str) -> list[str]:
    """Return the workers that have started a block so far."""
    return [worker for _, worker in client.get_events(topic) or ()]


def lost_twice(workers: Sequence[str]) -> str:
    """Return why a block is not tried again, in a line."""
    return f"its worker was lost twice while it ran: {', '.join(filter(None, workers[:2]))}"
