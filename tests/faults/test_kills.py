"""`kill -9` at random moments: the next call goes on, to the same tables bit by bit.

``VAELIB_KILLS=20`` tries so many moments; three by default.
"""

import contextlib
import os
import random
import signal
import time

import commands
import pandas as pd
import psutil
import pytest
from commands import KERNEL, NOTEBOOK

from vaelib.results import files
from vaelib.study import workspace

KILLS = int(os.environ.get("VAELIB_KILLS", "3"))
TABLES = [*files.FILES.values(), files.SUMMARY, files.VERDICTS, files.FAILURES]
VICTIMS = [commands.DRIVER, NOTEBOOK, KERNEL]


def listing(folder) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def tables(reports) -> dict[str, pd.DataFrame]:
    """Return all tables, those of CSV as the texts in their files, but for the seconds."""
    found = {}
    for path in (reports / "tiny").iterdir():
        if path.name in TABLES:
            if path.suffix == ".parquet":
                table = pd.read_parquet(path)
            else:
                table = pd.read_csv(path, dtype=str, keep_default_na=False)
            found[path.name] = table.drop(columns=[c for c in table if "seconds" in c])
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, study):
    """Return a finished report, and how long it took."""
    reports, begun = tmp_path_factory.mktemp("undisturbed"), time.monotonic()
    code, _, err = commands.make_report(study, reports).end()
    assert code == 0, err
    return reports, time.monotonic() - begun


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_study_is_finished_by_the_next_call(tmp_path, make_report, undisturbed, number):
    whole, seconds = undisturbed
    chance = random.Random(number)
    victim = VICTIMS[number % len(VICTIMS)]
    moment = time.monotonic() + seconds * chance.uniform(0, 0.9)
    reports, temporary = tmp_path / "reports", tmp_path / "temporary"
    temporary.mkdir()
    command = make_report(reports, TMPDIR=str(temporary))
    commands.wait_for(lambda: time.monotonic() > moment or command.ended)
    commands.wait_for(lambda: command.ended or command.alive(victim))
    with contextlib.suppress(IndexError, psutil.NoSuchProcess):  # it has ended by itself
        chance.choice(command.alive(victim)).send_signal(signal.SIGKILL)
    command.end()
    commands.wait_for(lambda: command.alive() == [])

    runs = reports / workspace.RUNS
    finished = [run for run in runs.glob("*") if workspace.is_finished(run)]
    before = {path: path.stat().st_mtime_ns for run in finished for path in run.iterdir()}
    code, _, err = make_report(reports, TMPDIR=str(temporary)).end()
    assert code == 0, err
    assert before == {path: path.stat().st_mtime_ns for path in before}, "trained once"
    assert listing(reports) == listing(whole), "nothing is left of what was killed"
    assert list(temporary.iterdir()) == []
    expected, found = tables(whole), tables(reports)
    assert set(found) == set(expected) == set(TABLES)
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, expected[name], check_exact=True)
