"""Processes of notebooks: limited in time, and ended with all that they started."""

import contextlib
import ctypes
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

import psutil

_RUNNING: dict[subprocess.Popen, int] = {}  # with the thread of this process that waits for it
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
_END = 2  # seconds that killed processes have to be gone


def run(
    command: Sequence[str], text: str, environment: dict[str, str], seconds: float | None = None
) -> subprocess.CompletedProcess:
    """Run a command in a session of its own, so that a terminal's Ctrl-C is for this process.

    Parameters
    ----------
    command : sequence of str
    text : str
        For its standard input.
    environment : dict of str to str
    seconds : float, optional
        That it may take; without limit by default.

    Returns
    -------
    subprocess.CompletedProcess
        With what it wrote.

    Raises
    ------
    subprocess.TimeoutExpired
        When it took longer, and is killed.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    _RUNNING[process] = threading.get_ident()
    try:
        out, err = process.communicate(text, timeout=seconds)
    except BaseException:
        _kill(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_END)  # all that hold its pipes are gone then
        raise
    finally:
        _RUNNING.pop(process)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def kill_all(thread: int | None = None) -> None:
    """Kill what `run` runs in any thread of this process, or in one of them."""
    for process, waiting in list(_RUNNING.items()):
        if thread in (None, waiting):
            _kill(process)


def _kill(process: subprocess.Popen) -> None:
    """Kill a process and all that it started, whatever their sessions."""
    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(process.pid)
        first.suspend()  # it starts no other meanwhile
        for one in [*first.children(recursive=True), first]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, by whatever cause."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
