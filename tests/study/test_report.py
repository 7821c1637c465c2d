"""The smoke study from the command line to its page, whose numbers are the tables'."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from scipy.stats import wilcoxon

from vaelib import Study, activations, load_model, run_study
from vaelib.analysis import verdicts
from vaelib.formatting import nats
from vaelib.reporting import sentences, widgets
from vaelib.reporting.tables import NO_VALUE
from vaelib.results import exploration, files, gallery
from vaelib.results.columns import METRICS, Metric
from vaelib.results.provenance import NOTEBOOKS
from vaelib.study import report, runner, workspace
from vaelib.study.notebook import run_notebook

STUDY = NOTEBOOKS.parent / "studies" / "smoke.yml"


def make_report(study: Path, reports: Path) -> str:
    """Run the command of `make report`; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "vaelib", str(study), "--reports", str(reports)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, str]:
    """Make the report; return its folder and what the command printed."""
    reports = tmp_path_factory.mktemp("reports")
    return reports / "smoke", make_report(STUDY, reports)


@pytest.fixture(scope="module")
def folder(made) -> Path:
    return made[0]


@pytest.fixture(scope="module")
def page(folder) -> BeautifulSoup:
    return BeautifulSoup((folder / files.PAGE).read_text(), "html.parser")


def test_a_line_is_printed_for_each_run_with_its_headline(made, folder):
    runs = files.read(folder)["runs"]
    for activation, group in runs.groupby("activation"):
        (line,) = [line for line in made[1].splitlines() if f" {activation}  {len(group)} " in line]
        assert f"median test ELBO {nats(group['elbo'].median())} nats" in line


def test_the_command_begins_with_the_question_and_ends_with_the_answer(made, folder, page):
    first, *others, last = made[1].splitlines()
    assert first == "Is everything in working order?"
    assert last == f"report: {(folder / files.PAGE).as_uri()}"
    answer, best = " ".join(others), page.find(class_="answer").b.get_text()
    assert f" {best} reaches the best test ELBO, " in answer
    assert max(map(len, [first, *others])) <= 80


def test_every_number_of_the_tables_is_in_the_summary(page, folder):
    summary = files.read_csv(folder / files.SUMMARY).set_index("activation")
    by_title, found = {metric.title: metric for metric in METRICS}, set()
    for table in page.find_all("table")[:2]:
        titles = [cell.get_text() for cell in table.tr.find_all("th")][1:]
        assert [row.th.get_text() for row in table.tbody("tr")] == list(summary.index)
        for row in table.tbody("tr"):
            facts = summary.loc[row.th.get_text()]
            for title, cell in zip(titles, row.find_all("td"), strict=True):
                if title in by_title:
                    assert_shows(cell, facts, by_title[title])
                    found.add(title)
    assert found == set(by_title)


def assert_shows(cell, facts: pd.Series, metric: Metric):
    columns = [metric.column, f"{metric.column}_low", f"{metric.column}_high"]
    shown = re.findall(r"\d+\.?\d*", cell.get_text(" ").replace("\N{MINUS SIGN}", ""))
    if np.isnan(facts[metric.column]):
        return
    for text, value in zip(shown, facts[columns].abs(), strict=True):
        rounding = 0.51 * 10.0 ** -len(text.partition(".")[2])
        assert float(text) == pytest.approx(value, rel=0, abs=rounding)
    assert float(shown[0]) == pytest.approx(
        abs(facts[metric.column]), rel=0.51 * 10 ** (1 - metric.digits)
    )


def test_pca_is_below_the_table(page, folder):
    head, *_, reference = page.find("table").find_all("tr")
    labels = [cell.get_text() for cell in head.find_all("th")]
    (pca,) = (one["pca"] for one in json.loads((folder / files.FACTS).read_text())["comparisons"])
    assert reference.th.get_text() == "PCA"
    assert reference.td.get_text(" ") == "no network 16 components"
    expected = {"MSE": pca["mse"], "PSNR (dB)": pca["psnr"], "SSIM": pca["ssim"]}
    for title, cell in zip(labels[2:], reference.find_all("td")[1:], strict=True):
        text = cell.find(string=True)
        if title in expected:
            assert float(text) == pytest.approx(expected.pop(title), rel=0.006)
        else:
            assert text == NO_VALUE
    assert not expected


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
    assert page.find_all(["link", "iframe", "object"]) == []
    (script,) = page.find_all("script")
    digest = hashlib.sha256(script.string.encode()).digest()
    allowed = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert f"script-src 'sha256-{base64.b64encode(digest).decode()}'" in allowed
    assert allowed.startswith("default-src 'none'; img-src data:;")
    sources = [image["src"] for image in page.find_all("img")]
    assert len(sources) >= 6
    assert all(re.match(r"data:image/(svg\+xml|webp);base64,", source) for source in sources)
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
    assert facts["device"] == "cpu"
    for fact in (fingerprint, facts["commit"], *facts["versions"].values()):
        assert fact in text


def test_published_files_stay_small(folder):
    published = [path for path in folder.iterdir() if path.is_file()]
    assert {path.name for path in published} > {*files.FILES.values(), files.SUMMARY}
    assert max(path.stat().st_size for path in published) < 2_000_000


def test_executed_notebooks_print_no_messages(folder):
    executed = [*folder.parent.glob("runs/*/01_train.ipynb"), folder / "02_compare.ipynb"]
    assert len(executed) == 3
    for path in executed:
        cells = nbformat.read(path, as_version=4).cells
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        assert outputs
        assert [o.text for o in outputs if o.get("name") == "stderr"] == []


def test_the_same_study_again_trains_nothing(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.parent.glob("runs/*/*")}
    assert before
    printed = make_report(STUDY, folder.parent)
    after = {path: path.stat().st_mtime_ns for path in folder.parent.glob("runs/*/*")}
    assert after == before
    assert "models of" not in printed


def test_the_report_is_rebuilt_from_tables_alone(folder, tmp_path):
    """Without models, executed runs and TensorFlow, as on another machine."""
    copy = tmp_path / "smoke"
    copy.mkdir()
    for path in folder.iterdir():
        if path.is_file() and path.suffix not in (".html", ".ipynb"):
            (copy / path.name).write_bytes(path.read_bytes())
    page = report.make_page(copy)
    assert page.read_bytes() == (folder / files.PAGE).read_bytes()


def test_the_finished_study_can_be_explored(folder, tmp_path):
    executed = tmp_path / "03_explore.ipynb"
    run_notebook(str(NOTEBOOKS / executed.name), str(executed), {"reports": str(folder.parent)})
    cells = nbformat.read(executed, as_version=4).cells
    printed = "".join(o.text for c in cells for o in c.get("outputs", []) if "text" in o)
    assert "finished studies: smoke" in printed
    assert "unit" in printed
    assert "checked: 2 models trained here, 2 saved ones" in printed


def test_a_folder_of_pictures_has_a_page_that_says_what_was_done_to_them(tmp_path):
    source, hostile = tmp_path / "it's <script>alert(1)", '<b>Ä "字".png'
    for i in range(60):
        levels = np.random.default_rng(i).integers(0, 256, (9 + i % 3, 12, 3), "uint8")
        path = source / ("<i>cat" if i % 2 else "dog") / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(levels).save(path)
    (source / "dog" / hostile).write_text("no picture")
    study = Study.create(
        name="own", dataset=str(source), image_size=8, activations="relu,tanh", seeds=1, epochs=1,
        hidden_units=8,
    )  # fmt: skip
    html = run_study(study, tmp_path / "reports", progress=False).read_text()
    page = BeautifulSoup(html, "html.parser")
    assert page.find_all(["script", "i"], string=re.compile("alert|cat")) == []
    assert (
        f"{source.name}: 60 colour images of 8 x 8 pixels, 48 for training, 6 for validation and "
        "6 for testing. Pixels: uint8, divided by 255, from pictures of 9 x 12 to 11 x 12 pixels, "
        "resized and centre-cropped to 8 x 8 (image_size, 8 to 128); 1 skipped, as they cannot "
        "be read." in page.get_text()
    )
    (summary,) = page.find_all("summary", string="1 picture of it's <script>alert(1) skipped")
    (listed,) = summary.parent.find_all("li")
    assert listed.get_text().startswith(f"dog/{hostile}: no PNG, ")
    facts = json.loads((tmp_path / "reports" / "own" / files.FACTS).read_text())
    assert facts["skipped"] == {source.name: [listed.get_text()]}
    assert facts["study"]["image_size"] == [8, 8]


MINE = """# <b>mine</b> & "yours"
from keras import ops


def snake(a):
    return a + ops.square(ops.sin(2 * a)) / 2
"""

GRID = """
dataset: digits
activations: [tanh, mine.py:snake]
seeds: 3
epochs: 1
patience: null
hidden_units: 8
depth: [1, 2]
tune:
  learning_rate: [0.001, 0.03]
  seeds: 1
"""


@pytest.fixture(scope="module")
def gridded(tmp_path_factory) -> Path:
    """Make the report of two depths, a tuned learning rate and a function of a file.

    Return its folder.
    """
    path = tmp_path_factory.mktemp("grid") / "grid.yml"
    path.write_text(GRID)
    mine = path.with_name("mine.py")
    mine.write_text(MINE)
    first, *_ = make_report(path, path.parent).splitlines()
    assert first == f"{mine} is executed for its function snake"
    return path.parent / "grid"


def test_a_grid_is_shown_comparison_by_comparison(gridded):
    page = BeautifulSoup((gridded / files.PAGE).read_text(), "html.parser")
    summary = files.read_csv(gridded / files.SUMMARY)
    head, *rows = page.find("table").find_all("tr")
    assert [cell.get_text() for cell in head.find_all("th")[1:]] == ["depth 1", "depth 2"]
    for row in rows:
        own = summary[summary["activation"] == row.th.get_text()].set_index("comparison")["elbo"]
        shown = [cell.find(string=True) for cell in row.find_all("td")]
        numbers = [float(text.replace("\N{MINUS SIGN}", "-")) for text in shown]
        assert numbers == pytest.approx(list(own), rel=1e-3)
    titles = {title.get_text() for title in page.find_all("h2")}
    assert {"Each at its best: learning rate", "Over depth"} <= titles


def test_the_verdicts_of_a_grid_follow_from_the_runs(gridded):
    runs = files.read(gridded)["runs"]
    pairs = files.read_csv(gridded / files.VERDICTS)
    facts = json.loads((gridded / files.FACTS).read_text())["comparisons"]
    assert len(pairs) == 2 * 5, "two comparisons, five metrics, one pair"
    for row in pairs.itertuples():
        own = runs[runs["scored"] & (runs["depth"] == facts[row.comparison]["depth"])]
        by_seed = own.pivot_table(index="seed", columns="activation", values=row.metric)
        difference = by_seed[row.a] - by_seed[row.b]
        assert row.difference == pytest.approx(difference.mean(), rel=1e-4, abs=1e-6)
        if (difference != 0).all():
            assert row.p == pytest.approx(wilcoxon(difference, method="exact").pvalue)
            assert row.verdict in (verdicts.Verdict.OPEN, verdicts.Verdict.TIED), (
                "three seeds decide nothing"
            )


def test_the_choice_follows_validation_and_test_images_follow_it(gridded):
    tables = files.read(gridded)
    runs = tables["runs"]
    tried, compared = runs[~runs["scored"]], runs[runs["scored"]]
    assert len(tried) == len(compared) / 3 * 2
    for key, group in tried.groupby(["activation", "depth"]):
        best = group.set_index("learning_rate")["val_elbo"].idxmax()
        chosen = compared.set_index(["activation", "depth"]).loc[key, "learning_rate"]
        assert set(chosen) == {best}
    assert not set(tried["seed"]) & set(compared["seed"])
    assert tried["elbo"].isna().all()
    assert compared["elbo"].notna().all()
    assert set(tables["scores"]["model"]) == set(compared["model"])


def test_a_function_of_a_file_is_trained_shown_with_its_text_and_loaded(gridded, monkeypatch):
    page = BeautifulSoup((gridded / files.PAGE).read_text(), "html.parser")
    names = {row.th.get_text() for row in page.find("table").find("tbody").find_all("tr")}
    assert names == set(files.read(gridded)["runs"]["activation"]) == {"tanh", "snake"}
    assert page.find("pre", string=MINE), "escaped, and whole"
    assert page.find("h3", string="snake: the function snake of mine.py")
    assert page.find("b", string="mine") is None
    runs = [run for run in (gridded.parent / "runs").iterdir() if "snake" in run.name]
    assert {(run / "mine.py").read_text() for run in runs} == {MINE}

    monkeypatch.setattr(activations, "_REGISTRY", dict(activations._REGISTRY))
    with pytest.raises(ValueError, match="'mine.py:snake' is not registered here"):
        load_model(exploration.model_file(gridded, "snake"))
    activations.register_file(f"{gridded.parent / 'mine.py'}:snake")
    model = load_model(exploration.model_file(gridded, "snake"))
    assert model.activation == model.decoder_activation == "mine.py:snake"
    shown = gallery.read(gridded)
    images = exploration.read_test_images(gridded)[shown.index]
    np.testing.assert_allclose(
        model.reconstruct(images), shown.reconstructions["snake"], atol=2 / 255
    )
    activations._REGISTRY.pop("mine.py:snake")
    study = widgets.FinishedStudy(gridded)
    explored = study.model("snake")
    assert study.shown_name(explored) == "snake"
    assert len(study.divergences("snake")) == explored.latent_dim


RACE = """
dataset: digits
activations: [tanh, relu]
design: race
seeds: 5
epochs: 3
patience: 1
hidden_units: 8
"""


@pytest.fixture(scope="module")
def raced(tmp_path_factory) -> Path:
    """Make the report of a race; return its folder."""
    path = tmp_path_factory.mktemp("race") / "race.yml"
    path.write_text(RACE)
    make_report(path, path.parent)
    return path.parent / "race"


def test_the_page_of_a_race_shows_its_stages(raced):
    page = BeautifulSoup((raced / files.PAGE).read_text(), "html.parser")
    assert "The race" in [title.get_text() for title in page.find_all("h2")]
    facts = json.loads((raced / files.FACTS).read_text())
    for sentence in sentences.race_stages(facts):
        assert sentence in page.get_text()


def test_adding_replicates_changes_no_bit_of_those_there(raced, tmp_path, monkeypatch):
    """A race that ended, then six replicates of all, give the tables of six at once."""
    longer = tmp_path / "longer.yml"
    longer.write_text(RACE.replace("seeds: 5", "seeds: 6").replace("design: race", "design: full"))
    study, tables, runs = Study.from_yaml(longer), [], []
    monkeypatch.setattr(runner.report, "build", lambda *_: "page")
    for reports in (raced.parent, tmp_path):
        run_study(study, reports, progress=False)
        folders = list((reports / "runs").iterdir())
        models = sorted(model for run in folders for model in workspace.models_of(run))
        tables.append(files.collect(folders, models))
        runs.append({run.name for run in folders})
    assert len(runs[0]) > len(runs[1]), "the same models in smaller blocks"
    assert len(tables[0]["runs"]) == 2 * 6
    for name, table in tables[0].items():
        times = [column for column in table if "seconds" in column]
        other = tables[1][name].drop(columns=times)
        pd.testing.assert_frame_equal(table.drop(columns=times), other, check_exact=True)
