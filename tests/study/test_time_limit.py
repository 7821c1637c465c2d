"""How long a run may take: by default, for a very large model, by the environment."""

import pytest

from vaelib import StudyError, run_study
from vaelib.study import time_limit


@pytest.mark.parametrize(
    ("hours", "work", "seconds"),
    [
        (None, 0, 6 * 3600),
        (None, 3e10, 6 * 3600),
        (None, 9e10, 18 * 3600),
        ("0.5", 0, 1800),
        ("2", 9e10, 7200),
    ],
)
def test_the_limit_is_in_seconds(monkeypatch, hours, work, seconds):
    if hours is None:
        monkeypatch.delenv(time_limit.VARIABLE, raising=False)
    else:
        monkeypatch.setenv(time_limit.VARIABLE, hours)
    assert time_limit.seconds(work) == pytest.approx(seconds)


@pytest.mark.parametrize("hours", ["", "0", "-1", "nan", "inf", "two"])
def test_what_is_no_number_of_hours_is_refused_before_anything_runs(
    monkeypatch, tmp_path, tiny, hours
):
    monkeypatch.setenv(time_limit.VARIABLE, hours)
    with pytest.raises(StudyError, match=f"^VAELIB_RUN_HOURS: '{hours}' is not allowed; allowed: "):
        run_study(tiny, tmp_path / "reports")
    assert not (tmp_path / "reports").exists()
