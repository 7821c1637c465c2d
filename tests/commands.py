"""The command of `make report` as real processes, for tests that disturb them."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil

LONGEST = 1800  # seconds to wait for what takes a few, on a machine that is very busy
_MARK = "VAELIB_TEST_MARK"  # in the environment of all that a command starts
DRIVER, NOTEBOOK, KERNEL = "vaelib", "vaelib.study.notebook", "ipykernel_launcher"


def wait_for(condition: Callable):
    """Return the first value of a condition that is true."""
    deadline = time.monotonic() + LONGEST
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@dataclasses.dataclass
class Command:
    """A command that runs.

    Attributes
    ----------
    process : subprocess.Popen
        With its outputs as pipes.
    mark : str
        Of all processes that it has started, whoever their parent is by now.
    """

    process: subprocess.Popen
    mark: str

    @classmethod
    def start(cls, arguments: list[str], **environment: str) -> "Command":
        mark = uuid.uuid4().hex
        process = subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment, _MARK: mark},
            start_new_session=True,
            # A shell lets what it puts in the background ignore Ctrl-C, and so all that starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        return cls(process, mark)

    @property
    def ended(self) -> bool:
        """Whether the command itself has ended, in whatever way."""
        return self.process.poll() is not None

    def alive(self, argument: str | None = None) -> list[psutil.Process]:
        """Return its processes, of which this is an argument."""
        found = []
        for one in psutil.process_iter():
            try:
                if one.environ().get(_MARK) == self.mark:
                    arguments = one.cmdline()
                    if arguments and argument in (None, *arguments):
                        found.append(one)
            except psutil.Error:  # it ends just now, or is another user's
                continue
        return found

    def wait_for(self, argument: str, number: int = 1) -> list[psutil.Process]:
        """Wait until so many of its processes have this argument; return them."""

        def there():
            assert not self.ended, self.process.communicate()
            found = self.alive(argument)
            return found if len(found) >= number else []

        return wait_for(there)

    def end(self, number: int | None = None) -> tuple[int, str, str]:
        """Send a signal, if any; return the exit code and both outputs once it has ended."""
        if number is not None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=LONGEST)
        return self.process.returncode, out, err

    def kill(self) -> None:
        """Kill all that is left."""
        for one in self.alive():
            one.send_signal(signal.SIGKILL)
        self.process.communicate()


def make_report(study: Path, reports: Path, **environment: str) -> Command:
    """Start the command of `make report`."""
    command = [sys.executable, "-m", "vaelib", str(study), "--reports", str(reports)]
    return Command.start(command, **environment)
