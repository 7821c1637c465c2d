"""What the tests of studies share."""

import pytest

from vaelib import StudyError


@pytest.fixture
def write_study(tmp_path):
    """Write a study's file and return its path."""

    def to_yaml(text: str, name: str = "own.yml"):
        path = tmp_path / name
        path.write_bytes(text.encode("latin-1"))
        return path

    return to_yaml


@pytest.fixture
def refusal():
    """Return the one line with which a call refuses its input."""

    def call(make, *arguments, **fields) -> str:
        with pytest.raises(StudyError) as caught:
            make(*arguments, **fields)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return call
