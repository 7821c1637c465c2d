"""The smoke study from the command line to its page, whose numbers are the tables'."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from scipy.stats import wilcoxon

from vaelib.analysis import verdicts
from vaelib.reporting import sentences
from vaelib.reporting.page import to_html
from vaelib.results import files, keys
from vaelib.results.columns import METRICS
from vaelib.results.provenance import NOTEBOOKS
from vaelib.study.notebook import run_notebook

STUDY = NOTEBOOKS.parent / "studies" / "smoke.yml"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, str]:
    """Make the report; return its folder and what the command printed."""
    reports = tmp_path_factory.mktemp("reports")
    done = subprocess.run(
        [sys.executable, "-m", "vaelib", str(STUDY), "--reports", str(reports)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return reports / "smoke", done.stdout


@pytest.fixture(scope="module")
def folder(made) -> Path:
    return made[0]


@pytest.fixture(scope="module")
def page(folder) -> BeautifulSoup:
    return BeautifulSoup((folder / files.PAGE).read_text(), "html.parser")


def test_a_line_is_printed_for_each_run_with_its_headline(made, folder):
    runs = files.read(folder)["runs"]
    for activation, group in runs.groupby("activation"):
        (line,) = [line for line in made[1].splitlines() if f" {activation} " in line]
        assert f"test ELBO {group['elbo'].mean():8.2f} nats" in line
    assert made[1].splitlines()[-1] == f"report: {folder / files.PAGE}"


def test_every_number_of_the_table_is_in_the_summary(page, folder):
    summary = files.read_csv(folder / files.SUMMARY).set_index("activation")
    head, *rows = page.find("table").find_all("tr")
    labels = [cell.get_text() for cell in head.find_all("th")]
    assert labels[2:] == [metric.title for metric in METRICS]
    assert [row.th.get_text() for row in rows] == list(summary.index)
    for row in rows:
        facts = summary.loc[row.th.get_text()]
        for cell, metric in zip(row.find_all("td")[1:], METRICS, strict=True):
            columns = [metric.column, f"{metric.column}_low", f"{metric.column}_high"]
            shown = re.findall(r"\d+\.?\d*", cell.get_text(" ").replace("\N{MINUS SIGN}", ""))
            if np.isnan(facts[metric.column]):
                continue
            for text, value in zip(shown, facts[columns].abs(), strict=True):
                assert float(text) == pytest.approx(value, rel=0.51 * 10 ** (1 - metric.digits))


def test_the_summary_follows_from_the_scores_of_single_images(folder):
    summary = files.read_csv(folder / files.SUMMARY).set_index("activation")
    scores = files.read(folder)["scores"]
    for column in ("elbo", "mse", "psnr", "ssim"):
        means = scores.groupby(["activation", "seed"])[column].mean().groupby("activation").mean()
        pd.testing.assert_series_equal(
            means, summary[column].sort_index(), rtol=1e-5, check_names=False
        )


def test_the_sentence_on_top_is_computed_from_the_summary(page, folder):
    summary = files.read_csv(folder / files.SUMMARY)
    facts = json.loads((folder / files.FACTS).read_text())
    (pairs,) = files.by_comparison(folder / files.VERDICTS, 1)
    expected = str(sentences.answer(summary, pairs, facts))
    assert page.find(class_="answer").get_text() == expected
    assert summary.loc[summary["elbo"].idxmax(), "activation"] in expected


def test_the_page_loads_nothing_from_a_network(page):
    assert page.find_all(["script", "link", "iframe", "object"]) == []
    sources = [image["src"] for image in page.find_all("img")]
    assert len(sources) >= 6
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r"(url\(|@import|src=|href=)[\"']?https?:", str(page))


def test_the_page_hides_code_and_messages(page):
    text = page.get_text()
    assert "import matplotlib" not in text
    assert "Warning" not in text
    assert page.find_all(class_="output_stderr") == []
    assert page.find_all(class_="input") == []
    assert page.find("meta", attrs={"name": "viewport"})


def test_the_page_says_how_to_repeat_it(page, folder):
    facts = json.loads((folder / files.FACTS).read_text())
    text = page.get_text()
    fingerprint = facts["images"]["mnist5k"]["fingerprint"]
    for fact in (fingerprint, facts["commit"], *facts["versions"].values()):
        assert fact in text


def test_published_files_stay_small(folder):
    published = [path for path in folder.iterdir() if path.is_file()]
    assert {path.name for path in published} > {*files.FILES.values(), files.SUMMARY}
    assert max(path.stat().st_size for path in published) < 2_000_000


def test_executed_notebooks_print_no_messages(folder):
    executed = [*folder.glob("runs/*/01_train.ipynb"), folder / "02_compare.ipynb"]
    assert len(executed) == 3
    for path in executed:
        cells = nbformat.read(path, as_version=4).cells
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        assert outputs
        assert [o.text for o in outputs if o.get("name") == "stderr"] == []


def test_the_same_study_again_trains_nothing(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.glob("runs/*/*")}
    command = [sys.executable, "-m", "vaelib", str(STUDY), "--reports", str(folder.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert {path: path.stat().st_mtime_ns for path in folder.glob("runs/*/*")} == before
    assert done.stdout.splitlines() == [f"report: {folder / files.PAGE}"]


def test_the_report_is_rebuilt_from_tables_alone(folder, tmp_path):
    """Without models, executed runs and TensorFlow, as on another machine."""
    copy = tmp_path / "smoke"
    copy.mkdir()
    for path in folder.iterdir():
        if path.is_file() and path.suffix not in (".html", ".ipynb"):
            (copy / path.name).write_bytes(path.read_bytes())
    executed = copy / "02_compare.ipynb"
    run_notebook(str(NOTEBOOKS / executed.name), str(executed), {"folder": str(copy)})
    again = BeautifulSoup(to_html(executed, copy / "again.html").read_text(), "html.parser")
    first = BeautifulSoup((folder / files.PAGE).read_text(), "html.parser")
    assert again.find("table") == first.find("table")


def test_the_finished_study_can_be_explored(folder, tmp_path):
    executed = tmp_path / "03_explore.ipynb"
    run_notebook(str(NOTEBOOKS / executed.name), str(executed), {"reports": str(folder.parent)})
    cells = nbformat.read(executed, as_version=4).cells
    printed = "".join(o.text for c in cells for o in c.get("outputs", []) if "text" in o)
    assert "finished studies: smoke" in printed
    assert "unit" in printed
    assert "checked" in printed


GRID = """
dataset: digits
activations: [tanh, relu]
seeds: 3
epochs: 1
hidden_units: 8
depth: [1, 2]
learning_rates: [0.03]
"""


@pytest.fixture(scope="module")
def gridded(tmp_path_factory) -> Path:
    """Make the report of two depths and two learning rates; return its folder."""
    path = tmp_path_factory.mktemp("grid") / "grid.yml"
    path.write_text(GRID)
    command = [sys.executable, "-m", "vaelib", str(path), "--reports", str(path.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path.parent / "grid"


def test_a_grid_is_shown_comparison_by_comparison(gridded):
    page = BeautifulSoup((gridded / files.PAGE).read_text(), "html.parser")
    summary = files.read_csv(gridded / files.SUMMARY)
    head, *rows = page.find("table").find_all("tr")
    labels = [
        f"depth {d}, {choice} learning rate" for choice in ("default", "tuned") for d in (1, 2)
    ]
    assert [cell.get_text() for cell in head.find_all("th")[1:]] == labels
    for row in rows:
        own = summary[summary["activation"] == row.th.get_text()].set_index("comparison")["elbo"]
        shown = [cell.find(string=True) for cell in row.find_all("td")]
        numbers = [float(text.replace("\N{MINUS SIGN}", "-")) for text in shown]
        assert numbers == pytest.approx(list(own), rel=1e-3)
    titles = [title.get_text() for title in page.find_all("h2")]
    assert {"Learning rates: default and tuned", "Over depth"} <= set(titles)


def test_the_verdicts_of_a_grid_follow_from_the_runs(gridded):
    runs = files.read(gridded)["runs"]
    pairs = files.read_csv(gridded / files.VERDICTS)
    facts = json.loads((gridded / files.FACTS).read_text())["comparisons"]
    assert len(pairs) == 4 * 5, "four comparisons, five metrics, one pair"
    for row in pairs.itertuples():
        fact = facts[row.comparison]
        own = runs[runs[fact["rate_choice"] + "_rate"] & (runs["depth"] == fact["depth"])]
        by_seed = own.pivot_table(index="seed", columns="activation", values=row.metric)
        difference = by_seed[row.a] - by_seed[row.b]
        assert row.difference == pytest.approx(difference.mean(), rel=1e-4, abs=1e-6)
        if (difference != 0).all():
            assert row.p == pytest.approx(wilcoxon(difference, method="exact").pvalue)
            assert row.verdict in (verdicts.Verdict.OPEN, verdicts.Verdict.TIED), (
                "three seeds decide nothing"
            )


def test_the_tuned_rate_follows_validation_and_test_images_follow_it(gridded):
    tables = files.read(gridded)
    runs = tables["runs"]
    for _, group in runs.groupby(["activation", "depth"]):
        best = group.groupby("learning_rate")["val_elbo"].mean().idxmax()
        assert (group["tuned_rate"] == (group["learning_rate"] == best)).all()
        assert (group["default_rate"] == (group["learning_rate"] == 0.001)).all()
    seen = runs[runs["default_rate"] | runs["tuned_rate"]]
    assert seen["elbo"].notna().all()
    assert runs.drop(seen.index)["elbo"].isna().all()
    scored = tables["scores"][keys.MODEL_KEYS].drop_duplicates()
    assert len(scored.merge(seen[keys.MODEL_KEYS])) == len(scored) == len(seen)
