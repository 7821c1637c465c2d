"""`kill -9` at random moments: the next call goes on, to the same tables bit by bit.

``VAELIB_KILLS=20`` tries so many moments, three in each study; three by default.
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


def finished(reports) -> dict[str, int]:
    """Return when the files of runs that are whole were written."""
    runs = (run for run in (reports / workspace.RUNS).glob("*") if workspace.is_finished(run))
    return {str(path): path.stat().st_mtime_ns for run in runs for path in run.iterdir()}


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


def disturb(command, victim: str, seconds: float, chance: random.Random) -> None:
    """Kill one of a command's processes at some moment, unless it has ended by itself."""
    moment = time.monotonic() + seconds * chance.uniform(0, 0.9)
    commands.wait_for(lambda: time.monotonic() > moment or command.ended)
    commands.wait_for(lambda: command.ended or command.alive(victim))
    with contextlib.suppress(IndexError, psutil.NoSuchProcess):
        chance.choice(command.alive(victim)).send_signal(signal.SIGKILL)
    command.end()
    commands.wait_for(lambda: command.alive() == [])


@pytest.mark.parametrize("first", range(0, KILLS, len(VICTIMS)))
def test_a_study_killed_again_and_again_is_finished(tmp_path, make_report, undisturbed, first):
    whole, seconds = undisturbed
    chance = random.Random(first)
    victims = chance.sample(VICTIMS, len(VICTIMS))[: KILLS - first]
    reports, temporary = tmp_path / "reports", tmp_path / "temporary"
    temporary.mkdir()
    trained: dict[str, int] = {}
    for victim in victims:
        disturb(make_report(reports, TMPDIR=str(temporary)), victim, seconds, chance)
        assert trained.items() <= finished(reports).items(), "trained once"
        trained = finished(reports)
    code, _, err = make_report(reports, TMPDIR=str(temporary)).end()
    assert code == 0, err
    assert trained.items() <= finished(reports).items(), "trained once"
    assert listing(reports) == listing(whole), "nothing is left of what was killed"
    assert list(temporary.iterdir()) == []
    expected, found = tables(whole), tables(reports)
    assert set(found) == set(expected) == set(TABLES)
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, expected[name], check_exact=True)
