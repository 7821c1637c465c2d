"""The parts of `make mutants` that need no Cosmic Ray."""

import tomllib
from pathlib import Path

import mutants
import pytest

NAMED = tomllib.loads(mutants.EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]


@pytest.mark.parametrize(
    ("module", "first", "others"),
    [
        ("vaelib/analysis/moderated.py", "test_moderated", {"test_race"}),
        ("vaelib/study/blocks.py", "test_blocks", {"test_runner"}),
        ("vaelib/metrics.py", "test_metrics", set()),
    ],
)
def test_the_tests_of_a_module_come_first(module, first, others):
    found = [Path(test) for test in mutants.tests_of(module)]
    assert found[0].stem == first
    assert others <= {test.stem for test in found[1:]}
    assert {test.parent for test in found} == {Path("tests", *Path(module).parts[1:-1])}
    assert all((mutants.ROOT / test).exists() for test in found)


def test_what_only_asserts_is_no_place_for_a_fault(tmp_path):
    module = tmp_path / "module.py"
    module.write_text("pairs = zip(a, b, strict=True)\nother = f(a, loose=True)\n")
    found = [mutants.silent(str(module), place) for place in ((1, 25), (1, 10), (2, 19))]
    assert found == [True, False, False]


def test_annotations_are_no_place_for_a_fault(tmp_path):
    module = tmp_path / "module.py"
    module.write_text("def f(a: int | None = 1 | 2) -> str | None:\n    b: int | str = 3 | 4\n")
    text = module.read_text().splitlines()
    found = [
        (line, column)
        for line, content in enumerate(text, start=1)
        for column, character in enumerate(content)
        if character == "|" and not mutants.silent(str(module), (line, column))
    ]
    assert found == [(1, text[0].index("1 |") + 2), (2, text[1].index("3 |") + 2)]


def test_a_diff_is_two_lines():
    diff = (
        "--- mutation diff ---\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n a\n-    b = 1\n+    b = 2\n"
    )
    assert [mutants.changed(diff, sign) for sign in "-+"] == ["b = 1", "b = 2"]


def test_modules_and_tests_that_are_named_exist():
    for name in mutants.CODE:
        assert (mutants.ROOT / name).exists()
    assert mutants.tests_of("vaelib/study/runner.py")


def test_faults_that_change_nothing_are_still_possible():
    for one in NAMED:
        text = " ".join(Path(mutants.ROOT, one["module"]).read_text(encoding="utf-8").split())
        assert " ".join(one["before"].split()) in text, one
        assert one["why"]


@pytest.mark.parametrize(("found", "code"), [(9, 0), (8, 1)])
def test_too_few_that_are_found_are_an_error(capsys, found, code):
    results = [mutants.Result("vaelib/a.py", n < found, "b = 1", f"b = {n}") for n in range(10)]
    assert mutants.report(results) == code
    assert capsys.readouterr().out.split()[2:5] == ["vaelib/a.py", "10", str(found)]
