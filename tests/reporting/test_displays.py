"""What a notebook shows of objects by themselves."""

import subprocess
import sys

import numpy as np
import pytest
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell

from vaelib import VAE, ImageSet, Study
from vaelib.reporting import displays


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


def test_a_study_is_shown_with_its_plan_and_fields(shown):
    found = shown(Study.create(question="Who <wins>?", activations="relu,elu", seeds=4))
    assert "Who <wins>? 2 activations, 1 setting, up to 4 replicates each: 8" in found.get_text()
    rows = {row.th.get_text(): row.td.get_text() for row in found.tbody.find_all("tr")}
    assert rows["activations"] == "['relu', 'elu']"
    assert rows["seeds"] == "[0, 1, 2, 3]"


def test_a_model_is_shown_layer_by_layer(shown):
    model = VAE((6, 5, 1), hidden_units=(8,), latent_dim=3)
    found = shown(model)
    rows = [[cell.get_text() for cell in row(["th", "td"])] for row in found.tbody("tr")]
    assert ["encoder", "encoder_1", "Dense", "8", f"{30 * 8 + 8}"] in rows
    parameters = 30 * 8 + 8 + 2 * (8 * 3 + 3) + 3 * 8 + 8 + 8 * 30 + 30
    assert sum(int(row[-1]) for row in rows) == parameters
    assert {row[0] for row in rows} == {"encoder", "decoder"}
    assert f"{parameters} parameters" in found.caption.get_text()


def test_without_a_notebook_nothing_of_ipython_is_imported():
    code = "import sys, vaelib; print('IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
