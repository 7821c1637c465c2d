"""What a notebook shows of objects by themselves."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure

from vaelib import VAE, ImageSet, Study, load_results
from vaelib.reporting import displays, sentences
from vaelib.results import provenance

CHROMIUM = shutil.which("chromium")
PUBLISHED = provenance.NOTEBOOKS.parent / "reports" / "published"


@pytest.fixture
def shown():
    """Return the HTML that a notebook shows of an object."""
    shell = InteractiveShell()
    displays.register(shell)

    def show(one) -> BeautifulSoup:
        formats, _ = shell.display_formatter.format(one)
        return BeautifulSoup(formats["text/html"], "html.parser")

    yield show
    shell.history_manager.end_session()


@pytest.mark.parametrize("count", [1, 7, 50])
@pytest.mark.parametrize("shape", [(6, 5, 1), (4, 9, 3)])
def test_images_are_shown_with_a_summary(shown, count, shape):
    images = np.random.default_rng(0).uniform(size=(count + 8, *shape)).astype("float32")
    split = ImageSet("<noise>", images[:count], images[count : count + 4], images[count + 4 :])
    found = shown(split)
    text = found.figcaption.get_text()
    sides = " x ".join(map(str, shape))
    start = f"<noise>: {count} training, 4 validation and 4 test images of {sides}. The first "
    assert text.startswith(start)
    assert f" {min(count, 20)} training images" in text
    assert found.img["src"].startswith("data:image/webp")


def test_a_study_is_shown_with_its_plan_time_and_fields(shown):
    found = shown(
        Study.create(question="Who <wins>?", activations="relu,elu", seeds=4, latent_dim=7)
    )
    assert "8 models in all. 8 models to train" in found.get_text()
    assert "Who <wins>? 2 activations, 1 setting, 4 replicates each: 8" in found.get_text()
    rows = {row.th.get_text(): row.td.get_text() for row in found.tbody.find_all("tr")}
    assert rows["activations"] == "relu, elu"
    assert rows["seeds"] == "0, 1, 2, 3"


def test_a_model_is_shown_layer_by_layer(shown):
    model = VAE((6, 5, 1), hidden_units=(8,), latent_dim=3)
    found = shown(model)
    rows = [[cell.get_text() for cell in row(["th", "td"])] for row in found.tbody("tr")]
    assert ["encoder", "encoder_1", "Dense", "8", f"{30 * 8 + 8}"] in rows
    parameters = 30 * 8 + 8 + 2 * (8 * 3 + 3) + 3 * 8 + 8 + 8 * 30 + 30
    assert sum(int(row[-1]) for row in rows) == parameters
    assert {row[0] for row in rows} == {"encoder", "decoder"}
    assert f"{parameters} parameters" in found.caption.get_text()


@pytest.mark.parametrize(("study", "number"), [("default", 0), ("depth", 3)])
def test_results_are_shown_as_answer_and_sortable_table(shown, study, number):
    results = load_results(PUBLISHED / study).at(number)
    found = shown(results)
    answer = sentences.answer(results.summary, results.pairs, results.facts, number)
    assert found.p.get_text() == str(answer)
    first, others = found.find_all("table", class_="sortable")
    assert [row.th.get_text() for row in first.tbody("tr")] == list(results.summary["activation"])
    assert others.find_parent("details")
    assert {Path(link["href"]) for link in found.find_all("a")} == {
        PUBLISHED / study / name for name in ("summary.csv", "runs.csv")
    }


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium")
def test_a_click_on_a_column_sorts_results_though_they_are_shown_twice(tmp_path):
    sync = pytest.importorskip("playwright.sync_api")
    results = load_results(PUBLISHED / "default")
    shown = displays.results(results)
    (tmp_path / "two.html").write_text(f"<meta charset='utf-8'>{shown}{shown}")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto((tmp_path / "two.html").as_uri())
        for table in page.locator("table.sortable:visible").all():
            table.get_by_role("button", name="MSE").click()
            sorted_names = table.locator("tbody th").all_text_contents()
            assert sorted_names == list(results.summary.sort_values("mse")["activation"])
        browser.close()
    assert faults == []


def test_a_figure_without_pyplot_is_shown():
    shell = InteractiveShell()
    displays.register(shell)
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.add_axes((0, 0, 1, 1))
    formats, _ = shell.display_formatter.format(figure)
    shell.history_manager.end_session()
    assert formats["image/png"].startswith(b"\x89PNG")


def test_without_a_notebook_nothing_of_ipython_is_imported():
    code = "import sys, vaelib; print('IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
