"""The command of `make claims`."""

import pytest

from vaelib.exceptions import RunError
from vaelib.study import audit, report


def test_a_folder_without_a_finished_study_is_refused_and_stays_as_it_is(tmp_path, capsys):
    for folder in (tmp_path, tmp_path / "none"):
        assert audit.main([str(folder)]) == 2
        line = f"error: reports: '{folder}' has no finished study; allowed: a folder of reports\n"
        assert capsys.readouterr().err == line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("error", "code"), [(OSError("no space"), 2), (RunError("killed"), 1)])
def test_what_fails_is_a_line(tmp_path, monkeypatch, capsys, error, code):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.json").touch()

    def fail(reports):
        raise error

    monkeypatch.setattr(report, "audit", fail)
    assert audit.main([str(tmp_path)]) == code
    assert capsys.readouterr().err == f"error: {error}\n"


def test_it_ends_with_the_page(tmp_path, monkeypatch, capsys):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.json").touch()
    monkeypatch.setattr(report, "audit", lambda reports: f"{reports}/claims.html")
    assert audit.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/claims.html\n"
