"""The widgets: moving one changes what is seen."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vaelib.reporting import widgets
from vaelib.results import files, gallery

ACTIVATIONS = ["tanh", "relu"]


def table(widget) -> str:
    return widget.children[1].value


@pytest.fixture
def reports(tmp_path, make_vae, images):
    """A finished study of two untrained models, as the report leaves it."""
    folder = tmp_path / "small"
    (folder / "models").mkdir(parents=True)
    np.savez(folder / "models" / "images.npz", test=(255 * images[:5]).astype("uint8"))
    latents = []
    models = [
        ("of the first comparison", 4, [0.1, 2.0, 1.0]),
        ("another seed", 3, [9.0, 0.0, 0.0]),
        ("of another comparison", 4, [0.0, 0.0, 9.0]),
    ]
    for activation in ACTIVATIONS:
        make_vae(activation=activation, seed=4).save(folder / "models" / f"{activation}.keras")
        for model, seed, kl in models:
            row = {"activation": activation, "seed": seed, "model": f"{activation}{model}"}
            latents.append(pd.DataFrame({**row, "unit": [0, 1, 2], "kl": kl, "active": True}))
    empty = pd.DataFrame({"activation": [], "seed": []})
    files.write(folder, dict.fromkeys(files.FILES, empty) | {"latents": pd.concat(latents)})
    names = [*ACTIVATIONS, "gelu", *reversed(ACTIVATIONS)]
    summary = pd.DataFrame({"activation": names, "comparison": [0, 0, 0, 1, 1]})
    files.write_csv(folder / files.SUMMARY, summary)
    return tmp_path


def test_it_says_what_to_run_when_no_study_is_finished(tmp_path):
    assert widgets.finished_studies(tmp_path) == []
    assert "make report" in widgets.explorer(tmp_path).value


def test_studies_activations_and_units_are_found_in_order(reports):
    (folder,) = widgets.finished_studies(reports)
    assert widgets.activations_of(folder) == ACTIVATIONS
    model = widgets.load_model(folder, "relu")
    assert list(widgets.units_by_kl(folder, model)) == [1, 2, 0], "by the kept model's KL"


def test_sliders_start_at_the_posterior_mean_and_move_the_picture(reports, images):
    (folder,) = widgets.finished_studies(reports)
    widget = widgets.latent_sliders(folder, "tanh")
    pictures, grid = widget.children
    chosen, _, original, _, decoded = pictures.children
    assert [slider.description for slider in grid.children] == ["unit 1", "unit 2", "unit 0"]
    test = gallery.read_test_images(folder)
    means, _ = widgets.load_model(folder, "tanh").encode(test)
    assert [s.value for s in grid.children] == pytest.approx(means[0, [1, 2, 0]], abs=1e-6)
    before = decoded.value
    grid.children[0].value += 2
    assert decoded.value != before
    first = original.value
    chosen.value = 3
    assert original.value != first
    assert [s.value for s in grid.children] == pytest.approx(means[3, [1, 2, 0]], abs=1e-6)


def test_one_image_is_shown_under_every_activation_beside_its_error(reports):
    (folder,) = widgets.finished_studies(reports)
    widget = widgets.comparison(folder)
    image = gallery.read_test_images(folder)[2:3]
    widget.children[0].value = 2
    for name in ACTIVATIONS:
        decoded = widgets.load_model(folder, name).reconstruct(image)
        assert f"<th>{name}</th>" in table(widget)
        assert f"{np.mean((decoded - image) ** 2):.4f}" in table(widget)


def test_choosing_another_activation_shows_its_sliders(reports):
    widget = widgets.explorer(reports)
    choices, tabs = widget.children
    _, activation = choices.children
    assert tabs.titles == ("latent units", "all activations")
    shown = tabs.children[0].children[0]
    activation.value = "relu"
    assert tabs.children[0].children[0] is not shown


@pytest.mark.parametrize("shape", [(1, 40, 1), (40, 1, 1), (1, 1, 1), (1, 7, 3), (8, 6, 3)])
def test_a_picture_has_the_sides_of_the_image(shape):
    with Image.open(io.BytesIO(widgets._png(np.zeros(shape)))) as picture:
        width, height = picture.size
    assert width * shape[0] == height * shape[1]
    assert picture.mode == ("L" if shape[-1] == 1 else "RGB")
