"""Signals that end a command: everything it started ends first, within seconds."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

from vaelib.study import processes

# Ctrl-C, the end of a job's time, a closed terminal.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE = 4  # seconds to end in order
_LINE = "interrupted: finished runs are kept; the same command goes on"


class Interrupted(KeyboardInterrupt):
    """A signal has ended the command.

    Parameters
    ----------
    number : int
        Of the signal.

    Attributes
    ----------
    exit_code : int
        As shells report it: 130 after Ctrl-C, 143 after SIGTERM.
    """

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Raise `Interrupted` in the main thread when a signal arrives that ends the command.

    Later ones are ignored. Where the exception gets stuck, as in a library that catches it or
    in a long call, the process ends all the same.
    """
    earlier, timers = {}, []

    def end(number, frame):
        for one in earlier:
            signal.signal(one, signal.SIG_IGN)
        timers.append(threading.Timer(_GRACE, _exit, [number]))
        timers[0].daemon = True
        timers[0].start()
        raise Interrupted(number)

    for one in _SIGNALS:
        handler = signal.getsignal(one)
        if handler != signal.SIG_IGN:  # as nohup ignores the end of the terminal
            earlier[one] = handler
            signal.signal(one, end)
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
        for one, handler in earlier.items():
            signal.signal(one, handler)


def say() -> None:
    """Say how to go on."""
    print(_LINE, file=sys.stderr, flush=True)


def _exit(number: int) -> None:
    """End the process, whatever it does."""
    processes.kill_all()
    say()
    os._exit(128 + number)
