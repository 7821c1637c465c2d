"""YAML files of studies: what is read, and what is refused in one line."""

import pytest

from vaelib import Study
from vaelib.study.yaml_file import read_fields


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs: [1,\n - {", "is not YAML"),
        ("epochs: \x01", "is not YAML"),
        ("\xff\xfe\x80", "it is not text"),
        ("[1, 2]", "holds a list; allowed: fields and values"),
        ("[]", "holds a list; allowed: fields and values"),
        ("epochs", "holds a str; allowed: fields and values"),
        ("7777: 2", "7777"),
        (
            "epochs: 3\nseeds: 1\nepochs: 30\n",
            "epochs: given twice, again in line 3; allowed: once",
        ),
        ("margins: {elbo: 1, elbo: 2}", "elbo: given twice, again in line 1"),
        ("epochs: 1\n---\nepochs: 2\n", "is not YAML"),
        ("epochs: !!python/name:os.system", "is not YAML"),
        ("epochs: !!python/object/apply:os.system [touch made]", "is not YAML"),
        ("!!python/object/new:os.system [touch made]", "is not YAML"),
        ("epochs: 1:30", "epochs: '1:30' is not allowed"),
        ("batch_norm: no", "batch_norm: 'no' is not allowed"),
        ("epochs: 1_000", "epochs: '1_000' is not allowed"),
    ],
)
def test_a_file_that_is_no_study_is_refused_in_one_line(
    write_study, refusal, text, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert message in refusal(Study.from_yaml, write_study(text))
    assert not (tmp_path / "made").exists(), "nothing in it is executed"


def test_a_missing_file_and_a_bad_file_name_are_refused(write_study, refusal, tmp_path):
    assert "cannot read" in refusal(Study.from_yaml, tmp_path / "nowhere.yml")
    assert refusal(Study.from_yaml, write_study("", "my study.yml")).startswith("name: 'my study'")


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ("# nothing but a comment\n", {}),
        ("epochs: 3\nactivations: [relu, tanh]\n", {"epochs": 3, "activations": ["relu", "tanh"]}),
        ("7: 2\n", {"7": 2}),
        ("\xef\xbb\xbfepochs: 010\r\n", {"epochs": 10}),
        (
            "rates: [1e-3, .5, 1.5E2, -.5, 3, 0x10, 0o17]",
            {"rates": [1e-3, 0.5, 150, -0.5, 3, 16, 15]},
        ),
        (
            "values: [true, FALSE, ~, null, yes, 2020-01-01]",
            {"values": [True, False, None, None, "yes", "2020-01-01"]},
        ),
        ("a: &a {b: 1}\nc: {<<: *a, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
    ],
)
def test_fields_are_read_by_name(write_study, text, fields):
    assert read_fields(write_study(text)) == fields
