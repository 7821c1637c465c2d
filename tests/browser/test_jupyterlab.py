"""The notebooks in a real JupyterLab, from top to bottom, and what moves in them."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from vaelib import Study, run_study
from vaelib.results.provenance import NOTEBOOKS

TOKEN = "secret"
MINUTES = 5  # that a notebook, or what is waited for, may take on a machine that is busy


@pytest.fixture(scope="module")
def workshop(chromium, tmp_path_factory) -> Path:
    """A folder like that of a checkout, with copies of the notebooks and a finished study."""
    folder, checkout = tmp_path_factory.mktemp("workshop"), NOTEBOOKS.parent
    shutil.copytree(NOTEBOOKS, folder / "lab")
    for part in ("studies", "benchmarks", "reports/published"):
        shutil.copytree(checkout / part, folder / part)
    run_study(Study.from_yaml(folder / "studies" / "smoke.yml"), folder / "reports", progress=False)
    return folder


@pytest.fixture(scope="module")
def server(workshop, tmp_path_factory):
    """Start JupyterLab on the loopback address, away from the user's settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = tmp_path_factory.mktemp("jupyter")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *(f"--port={port}", f"--IdentityProvider.token={TOKEN}", "--ip=127.0.0.1"),
            f"--ServerApp.root_dir={workshop}",
        ],
        env={
            **os.environ,
            **{f"JUPYTER_{name}_DIR": str(own / name) for name in ("CONFIG", "DATA", "RUNTIME")},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        },
        stdout=(log := (own / "log").open("w")),
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, (own / "log").read_text()
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


@pytest.fixture
def run_all(chromium, server, workshop):
    """Open a notebook and run all its cells, as its reader would; return the page."""
    complaints: list[str] = []
    page = chromium.new_page(viewport={"width": 1400, "height": 1200})
    page.set_default_timeout(60_000 * MINUTES)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def run(name: str):
        path = workshop / "lab" / f"{name}.ipynb"
        page.goto(f"{server}/lab/tree/lab/{path.name}?reset&token={TOKEN}")  # alone
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # else it asks for a kernel
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        code = executed(path)
        end = time.monotonic() + 60 * MINUTES
        while code[-1].execution_count is None and not errors_of(code):
            assert time.monotonic() < end, [cell.execution_count for cell in code]
            time.sleep(1)
            page.keyboard.press("Control+s")
            code = executed(path)
        assert errors_of(code) == []
        assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
        outputs = [output for cell in code for output in cell.outputs]
        assert [one.text for one in outputs if one.get("name") == "stderr"] == []
        return page

    yield run
    page.close()
    assert complaints == []


def executed(path: Path) -> list:
    """Return the cells of code as they were saved, if any one is being saved again."""
    while not (text := path.read_text()):
        time.sleep(0.1)
    return [cell for cell in nbformat.reads(text, as_version=4).cells if cell.cell_type == "code"]


def errors_of(code: list) -> list:
    return [one for cell in code for one in cell.outputs if one.output_type == "error"]


def test_the_notebook_to_start_with_opens_reports(run_all):
    page = run_all("00_start")
    page.get_by_role("link", name="smoke", exact=True).click()
    title = page.frame_locator(".jp-HTMLViewer iframe").locator("h1")
    expect(title).to_contain_text("?", timeout=60_000 * MINUTES)


@pytest.mark.parametrize("name", ["01_train", "02_compare", "04_claims"])
def test_a_notebook_runs_from_top_to_bottom(run_all, name):
    run_all(name)


def test_what_moves_in_the_notebook_to_explore(run_all):
    page = run_all("03_explore")
    decoded = page.locator("img.widget-image").nth(2)
    decoded.scroll_into_view_if_needed()

    def changes(image, act) -> None:
        before = image.get_attribute("src")
        act()
        expect(image).not_to_have_attribute("src", before, timeout=60_000 * MINUTES)

    slider = page.locator(".widget-slider .noUi-handle").first
    changes(decoded, lambda: slider.press("ArrowRight"))
    menu = page.locator(".widget-dropdown", has_text="activation").first.get_by_role("combobox")
    other = menu.locator("option").last.inner_text()
    changes(decoded, lambda: menu.select_option(other))
    page.get_by_role("tab", name="training").click()
    start = page.get_by_role("button", name="start", exact=True)
    curves = page.get_by_alt_text("Validation loss of each model over epochs.")
    changes(curves, start.click)
