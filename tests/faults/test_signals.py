"""Ctrl-C, and the end of a job's time: a command and all of its processes end."""

import signal
import subprocess
import sys

import commands
import pytest
from commands import KERNEL

from vaelib.study import workspace

LINE = "interrupted: finished runs are kept; the same command goes on\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_and_its_kernels_in_one_line(tmp_path, make_report, number, code):
    command = make_report(tmp_path)
    command.wait_for(KERNEL, 2)
    returned, _, err = command.end(number)
    assert returned == code
    assert err.endswith(LINE)
    assert err.count("interrupted") == 1
    assert "Traceback" not in err
    commands.wait_for(lambda: command.alive() == [])
    assert not list((tmp_path / "tiny").glob(f"{workspace.ATTEMPT}*"))
    assert list((tmp_path / "runs").iterdir()) == []


PROGRAM = """
import time
from vaelib.study import interruption, processes
with interruption.raised():
    {body}
"""
STUCK = """
    while True:
        try:
            print("ready", flush=True)
            time.sleep(1000)
        except BaseException:  # as a library may
            pass
"""
CHILD = """
    print("ready", flush=True)
    processes.run(["sh", "-c", "sleep 1000 & echo $! >&2; sleep 1000"], "", None)
"""


@pytest.mark.parametrize("body", [STUCK, CHILD], ids=["stuck", "child"])
def test_a_signal_ends_what_is_stuck_and_all_that_it_started(body):
    command = commands.Command.start([sys.executable, "-c", PROGRAM.format(body=body)])
    assert command.process.stdout.readline() == "ready\n"
    if body == CHILD:
        command.wait_for("sleep", 2)
    code, _, err = command.end(signal.SIGTERM)
    if body == STUCK:
        assert (code, err) == (143, LINE)
    else:
        assert "Interrupted: SIGTERM" in err
    commands.wait_for(lambda: command.alive() == [])


def test_what_a_command_ignores_stays_ignored():
    """As nohup has it for the end of a terminal, or a shell for what it puts in the background."""
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    body = "import os; os.kill(os.getpid(), signal.SIGHUP); print('went on')"
    program = ignoring + PROGRAM.format(body=body)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "went on\n")
