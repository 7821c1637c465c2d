"""A disk that is full or read-only, a folder that is deleted: a line, and nothing half-written."""

import os
import shutil
import signal
import subprocess
import sys

import pandas as pd
import pytest
from commands import NOTEBOOK, wait_for

from vaelib.results import files
from vaelib.study import workspace

MEGABYTE = 2**20


@pytest.fixture
def disk(tmp_path):
    """Mount a small file system; return its folder, and a function that mounts it otherwise."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root mounts file systems, on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> subprocess.CompletedProcess:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        return subprocess.run(command, capture_output=True, text=True)

    refused = mount(f"size={MEGABYTE}")
    if refused.returncode:
        pytest.skip(f"no file system can be mounted here: {refused.stderr.strip()}")
    yield folder, lambda options: mount(f"remount,{options}")
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def unfinished(folder) -> list[str]:
    """Return what a folder has of files and attempts that are not whole."""
    kinds = (f"*{files.PARTIAL}", f"{workspace.ATTEMPT}*", ".settings", ".probe")
    return [path.name for kind in kinds for path in folder.rglob(kind)]


def test_a_full_disk_ends_in_a_line_and_more_room_goes_on(disk, make_report, study, tmp_path):
    reports, remount = disk
    single = tmp_path / "tiny.yml"
    single.write_text(study.read_text().replace("[relu, tanh]", "relu"))
    filler = reports / "filler"
    filler.write_bytes(bytes(MEGABYTE - 64 * 1024))
    code, _, err = make_report(reports, single).end()
    assert code in (1, 2)
    assert "Traceback" not in err
    assert "No space left on device" in err.splitlines()[-1]
    assert unfinished(reports) == []
    assert not any(workspace.is_finished(run) for run in (reports / "runs").iterdir())
    filler.unlink()
    assert remount(f"size={64 * MEGABYTE}").returncode == 0
    code, _, err = make_report(reports, single).end()
    assert code == 0, err
    assert list(files.read(reports / "tiny")["runs"]["activation"]) == ["relu"]
    assert unfinished(reports) == []


def test_a_table_on_a_full_disk_stays_as_it_was(disk):
    folder, _ = disk
    table = pd.DataFrame({"seed": range(MEGABYTE)})
    files.write_csv(folder / "runs.csv", table[:9])
    before = (folder / "runs.csv").read_bytes()
    with pytest.raises(OSError, match="No space left on device"):
        files.write_csv(folder / "runs.csv", table)
    assert (folder / "runs.csv").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["runs.csv"]


def test_a_read_only_folder_is_refused_before_anything_runs(disk, make_report):
    reports, remount = disk
    assert remount("ro").returncode == 0
    code, out, err = make_report(reports).end()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: reports: cannot write ")
    assert "Read-only file system; allowed: " in err


def test_a_folder_deleted_under_way_ends_in_a_line_and_the_next_call_goes_on(tmp_path, make_report):
    reports = tmp_path / "reports"
    command = make_report(reports)
    command.wait_for(NOTEBOOK, 2)
    wait_for(lambda: len(list((reports / "tiny").glob(f"{workspace.ATTEMPT}*"))) == 2)
    shutil.rmtree(reports, ignore_errors=True)
    code, _, err = command.end()
    assert code in (1, 2)
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("error: ")
    assert unfinished(tmp_path) == []
    again = make_report(reports)
    again.wait_for(NOTEBOOK, 2)
    code, _, err = again.end(signal.SIGTERM)
    assert code == 143, err
