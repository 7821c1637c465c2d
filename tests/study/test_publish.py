"""Publishing: which files are copied, and which reports are refused."""

import shutil

import pandas as pd
import pytest
from PIL import Image

from vaelib import StudyError
from vaelib.results import files, provenance
from vaelib.study import publish

TABLES = [files.FILES["runs"], files.FILES["scores"]]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Write the files of a report; the claims are made by a stand-in."""
    monkeypatch.setattr(publish.report, "audit", lambda reports: (reports / "claims.html").touch())
    report = tmp_path / "small"
    report.mkdir()
    for name in (*publish._REQUIRED, *TABLES):
        (report / name).write_text(f"{name}\n")
    files.write_csv(report / files.FAILURES, pd.DataFrame(columns=files.FAILURE_COLUMNS))
    (report / "02_compare.ipynb").touch()
    (report / "runs").mkdir()
    return report


def test_the_page_and_the_tables_are_copied(folder, tmp_path):
    page = publish.publish(tmp_path, "small")
    assert page == tmp_path / "published" / "small" / files.PAGE
    assert {path.name for path in page.parent.iterdir()} == {*publish._REQUIRED, *TABLES}
    assert page.read_text() == f"{files.PAGE}\n"
    assert (tmp_path / "published" / "claims.html").is_file()


def test_a_large_table_is_left_out_and_named(folder, tmp_path, capsys):
    publish.publish(tmp_path, "small")
    (folder / files.FILES["scores"]).write_bytes(bytes(publish.LARGEST))
    published = publish.publish(tmp_path, "small").parent
    assert not (published / files.FILES["scores"]).exists()
    assert "small: scores.parquet has 2 MB or more and is left out" in capsys.readouterr().out


def test_a_table_takes_the_place_of_an_earlier_version_of_it(folder, tmp_path):
    new, old = files.FILES["scores"], files.EARLIER["scores"]
    (folder / new).rename(folder / old)
    published = publish.publish(tmp_path, "small").parent
    assert (published / old).is_file()
    (folder / old).rename(folder / new)
    publish.publish(tmp_path, "small")
    assert (published / new).is_file()
    assert not (published / old).exists()


def test_reconstructions_are_drawn_beside_a_report_with_pictures(folder, tmp_path):
    published = provenance.NOTEBOOKS.parent / "reports" / "published" / "gelu"
    (folder / files.FILES["scores"]).unlink()
    for path in published.iterdir():
        shutil.copyfile(path, folder / path.name)
    drawn = publish.publish(tmp_path, "small").parent / files.RECONSTRUCTIONS
    with Image.open(drawn) as picture:
        assert min(picture.size) >= 4 * 96, "four images, of four columns"


def test_what_is_no_whole_report_is_refused(folder, tmp_path):
    table = pd.DataFrame([["digits", "relu", "out of memory"]], columns=files.FAILURE_COLUMNS)
    files.write_csv(folder / files.FAILURES, table)
    with pytest.raises(StudyError, match="has failed runs; allowed: "):
        publish.publish(tmp_path, "small")
    (folder / files.PAGE).unlink()
    with pytest.raises(StudyError, match="^report: '.*small' has no report.html; allowed: "):
        publish.publish(tmp_path, "small")
    assert not (tmp_path / "published").exists()
