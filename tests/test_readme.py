"""What the README says, against the published report and the program."""

import io
import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from vaelib import Study
from vaelib.analysis import paired_tests
from vaelib.results import files

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PUBLISHED = "reports/published/default/summary.csv"


def published() -> pd.DataFrame:
    """Return the committed table: `make report` may have written another on top."""
    git = subprocess.run(["git", "show", f"HEAD:{PUBLISHED}"], cwd=ROOT, capture_output=True)
    source = io.BytesIO(git.stdout) if git.returncode == 0 else ROOT / PUBLISHED
    return files.read_csv(source).set_index("activation")


SUMMARY = published()
COLUMNS = {
    "ELBO (nats)": "elbo",
    "MSE": "mse",
    "PSNR (dB)": "psnr",
    "SSIM": "ssim",
    "active units": "active_units",
}


def table(first: str) -> list[list[str]]:
    """Return the cells of the README's table whose first cell begins so."""
    (block,) = re.findall(rf"^\| {re.escape(first)}.*?(?=\n\n)", README, re.DOTALL | re.MULTILINE)
    head, _, *rows = [line.strip("|").split("|") for line in block.splitlines()]
    return [[cell.strip() for cell in row] for row in (head, *rows)]


def test_the_findings_are_those_of_the_published_report():
    head, *rows = table("activation")
    assert head == ["activation", *COLUMNS]
    assert [row[0] for row in rows] == list(SUMMARY.index), "all of them, best first"
    for name, *cells in rows:
        for cell, column in zip(cells, COLUMNS.values(), strict=True):
            places = len(cell.partition(".")[2])
            shown = float(cell.replace("\N{MINUS SIGN}", "-"))
            assert shown == pytest.approx(SUMMARY.loc[name, column], abs=0.5001 * 10**-places)


def test_the_tuned_rates_are_those_of_the_published_study():
    folder = ROOT / "reports" / "published" / "tuned"
    choices = files.by_comparison(folder / "summary.csv", 2)
    default, tuned = (choice.set_index("activation")["elbo"] for choice in choices)
    runs = files.read_csv(folder / files.FILES["runs"])
    rates = runs[runs["tuned_rate"]].groupby("activation")["learning_rate"].first()
    _, *rows = table("learning rate")
    assert [row[0] for row in rows] == list(choices[1]["activation"]), "best first"
    for name, *cells in rows:
        shown = [float(cell.replace("\N{MINUS SIGN}", "-")) for cell in cells]
        assert shown == pytest.approx([default[name], tuned[name], rates[name]], abs=0.0501)
        assert shown[2] == rates[name]


def test_the_verdicts_on_the_claims_are_those_of_the_published_page():
    page = BeautifulSoup(
        (ROOT / "reports" / "published" / "claims.html").read_text(), "html.parser"
    )
    (found,) = [t for t in page.find_all("table") if "where" in t.tr.get_text().split()]
    published = [[cell.get_text() for cell in row.find_all("td")[:2]] for row in found("tr")[1:]]
    _, *rows = table("claim")
    assert rows == published
    assert len(rows) == 7


def test_the_published_report_is_that_of_the_default_study():
    study = Study.from_yaml(ROOT / "studies" / "default.yml")
    assert sorted(SUMMARY.index) == sorted(study.activations)
    assert (SUMMARY["runs"] == len(study.seeds)).all()
    pairs = len(study.activations) * (len(study.activations) - 1) // 2
    assert len(study.seeds) >= paired_tests.fewest_seeds(pairs)


def test_the_published_files_are_there_and_small():
    folder = ROOT / "reports" / "published" / "default"
    names = ["report.html", "report.png", "study.json", "gallery.npz", "failures.csv"]
    for name in [*names, "summary.csv", "verdicts.csv", *files.FILES.values()]:
        assert 0 < (folder / name).stat().st_size < 2_000_000, name


@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*.yml")), ids=lambda p: p.stem)
def test_every_study_is_valid_and_explained(path):
    assert Study.from_yaml(path).name == path.stem
    assert path.read_text().startswith("# ")


def test_commands_and_files_that_are_named_exist():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = set(re.findall(r"make ([a-z]+)", README))
    assert named - {"sure"} <= set(targets)
    for path in re.findall(r"(?:studies|reports)/[\w./-]+\w", README):
        assert (ROOT / path).exists(), path


def test_the_python_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    example, study, _ = code.partition("run_study(Study.from_yaml(")
    assert study
    names = {}
    exec(example.replace("epochs=10", "epochs=1").replace("samples=500", "samples=5"), names)
    assert len(names["r"]) == len(names["x"]) == 500


def test_the_speeds_are_those_of_the_benchmark():
    measured = pd.read_csv(ROOT / "benchmarks" / "results.csv")
    measured = measured.query("network == '784-128-64-32-16' and batch == 32 and processes == 2")
    measured = measured.set_index("contender")
    _, *rows = table("784-128-64-32-16")
    assert [row[0] for row in rows] == list(measured.index)
    for name, *cells in rows:
        columns = ["images_per_second", "vaelib_ratio"]
        for cell, column in zip(cells, columns, strict=False):
            shown = [float(number) for number in re.findall(r"[\d.]+", cell.replace(",", ""))]
            expected = measured.loc[name, [column, f"{column}_min", f"{column}_max"]]
            assert shown == pytest.approx(list(expected), rel=1e-4, abs=0.0051)
        assert float(cells[2].strip("%")) == round(100 * measured.loc[name, "share_of_floor"])
    assert measured["machine"].iloc[0] in README
