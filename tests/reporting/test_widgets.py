"""The widgets: moving one changes what is seen."""

import datetime
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vaelib import ImageSet, metrics
from vaelib.reporting import widgets
from vaelib.reporting.widgets import pictures
from vaelib.reporting.widgets.choice import ImageChoice
from vaelib.results import files

ACTIVATIONS = ["tanh", "relu"]
EPOCHS = [0, 1, 3]


@pytest.fixture
def reports(tmp_path, make_vae, images):
    """A finished study of two untrained models, as the report leaves it."""
    folder = tmp_path / "small"
    (folder / "models").mkdir(parents=True)
    labels = np.array([3, 1, 3, 1, 2])
    test = (255 * images[:5]).astype("uint8")
    np.savez(folder / "models" / "images.npz", test=test, labels=labels)
    latents, gradients = [], []
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
            for epoch in EPOCHS:
                layers = {"depth": [1, 2], "layer": ["first", "last"], "gradient_rms": [0.5, 1.0]}
                gradients.append(pd.DataFrame({**row, "epoch": epoch, **layers}))
        np.savez(
            folder / "models" / f"{activation}.training.npz",
            model=f"{activation}of the first comparison",
            epochs=EPOCHS,
            original=test[:2],
            reconstructions=np.stack([test[:2] // (4 - epoch) for epoch in EPOCHS]),
        )
    empty = pd.DataFrame({"activation": [], "seed": []})
    tables = {"latents": pd.concat(latents), "gradients": pd.concat(gradients)}
    files.write(folder, dict.fromkeys(files.FILES, empty) | tables)
    names = [*ACTIVATIONS, "gelu", *reversed(ACTIVATIONS)]
    summary = pd.DataFrame({"activation": names, "comparison": [0, 0, 0, 1, 1]})
    files.write_csv(folder / files.SUMMARY, summary)
    return tmp_path


@pytest.fixture
def study(reports):
    (found,) = widgets.finished_studies(reports)
    return found


def uploaded(image: np.ndarray) -> tuple:
    """Return what an upload of a picture sets."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="png")
    return of_content(buffer.getvalue())


def of_content(content: bytes) -> tuple:
    file = {"name": "a.png", "type": "image/png", "size": len(content)}
    return ({**file, "content": memoryview(content), "last_modified": datetime.datetime.now()},)


def test_it_says_what_to_run_when_no_study_is_finished(tmp_path):
    assert widgets.finished_studies(tmp_path) == []
    assert "make report" in widgets.explorer(tmp_path).value


def test_studies_activations_and_units_are_found_in_order(study):
    assert (study.name, study.activations) == ("small", ACTIVATIONS)
    assert study.model("relu") is study.model("relu"), "loaded once"
    assert study.shown_name(study.model("relu")) == "relu"
    found = study.divergences("relu")
    assert list(found.index) == [1, 2, 0], "by the kept model's KL"
    assert list(found) == [2.0, 1.0, 0.1]
    assert list(study.labels) == [3, 1, 3, 1, 2]
    means, _ = study.model("tanh").encode(study.images)
    np.testing.assert_array_equal(study.codes("tanh"), means)


def test_sliders_start_at_the_posterior_mean_and_move_the_picture(study):
    choice = ImageChoice(study.images)
    pictures_box, grid = widgets.sliders(study, "tanh", choice).children
    _, original, _, decoded, reset = pictures_box.children
    sliders = grid.children
    assert [slider.description for slider in sliders] == [
        "unit 1: 2.00 nats",
        "unit 2: 1.00 nats",
        "unit 0: 0.10 nats",
    ]
    means = study.codes("tanh")
    assert [s.value for s in sliders] == pytest.approx(means[0, [1, 2, 0]], abs=1e-6)
    before = decoded.value
    sliders[0].value += 2
    assert decoded.value != before
    reset.click()
    assert decoded.value == before
    first = original.value
    choice._index.value = 3
    assert original.value != first
    assert [s.value for s in sliders] == pytest.approx(means[3, [1, 2, 0]], abs=1e-6)


def test_one_image_is_shown_under_every_activation_with_its_scores(study):
    choice = ImageChoice(study.images)
    table = widgets.comparison(study, choice)
    choice._index.value = 2
    image = study.images[2:3]
    for name in ACTIVATIONS:
        decoded = study.model(name).reconstruct(image)
        assert f"<th>{name}</th>" in table.value
        assert f"<td>{np.mean((decoded - image) ** 2):.4f}</td>" in table.value
        assert f"<td>{metrics.ssim(image, decoded)[0]:.3f}</td>" in table.value


def test_the_way_between_two_images_is_a_line_of_codes(study, monkeypatch):
    decoded = []
    for name in ACTIVATIONS:
        model = study.model(name)
        original = model.decode
        monkeypatch.setattr(model, "decode", lambda z, f=original: decoded.append(z) or f(z))
    first, second, table = widgets.between(study).children
    assert all(f"<th>{name}</th>" in table.value for name in ACTIVATIONS)
    for name, codes in zip(ACTIVATIONS, decoded, strict=True):
        means = study.codes(name)
        np.testing.assert_allclose(codes[[0, -1]], means[:2], atol=1e-6)
        np.testing.assert_allclose(codes[4], (means[0] + means[1]) / 2, atol=1e-6)
    before = table.value
    second.children[0].value = 3
    assert table.value != before


@pytest.mark.parametrize("labelled", [True, False])
def test_the_plane_is_that_of_the_two_strongest_units(study, labelled):
    study.labels = study.labels if labelled else None
    shown = widgets.plane(study, "relu").value
    assert 'alt="Pictures and test images over the plane of units 1 and 2."' in shown
    assert 'src="data:image/webp;base64,' in shown


def test_the_epochs_of_training_can_be_gone_through(study):
    slider, _, originals, _, decoded, layers = widgets.epochs(study, "tanh").children
    assert (slider.options, slider.value) == ((0, 1, 3), 3)
    assert decoded.value == originals.value, "perfect in the end"
    last = layers.value
    slider.value = 0
    assert decoded.value != originals.value
    assert "after 0 epochs" in layers.value != last


def test_reports_of_earlier_versions_have_no_epochs(study):
    (study.folder / "models" / "tanh.training.npz").unlink()
    assert "kept nothing" in widgets.epochs(study, "tanh").value


def test_tabs_are_made_when_looked_at_and_keep_the_image(reports):
    _, shown = widgets.explorer(reports).children
    activation, choice, tabs = shown.children[0].children
    assert [len(tab.children) for tab in tabs.children] == [1, 0, 0, 0, 0]
    for number in range(5):
        tabs.selected_index = number
    assert [len(tab.children) for tab in tabs.children] == [1] * 5
    kept = [tab.children[0] for tab in tabs.children]
    choice.children[0].value = 3
    activation.value = "relu"
    assert choice.children[0].value == 3
    assert tabs.children[1].children[0] is kept[1], "of all activations"
    assert tabs.children[4].children[0] is not kept[4]
    assert [len(tab.children) for tab in tabs.children] == [0, 1, 1, 0, 1]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_picture_of_ones_own_takes_the_place_of_a_test_image(channels):
    images = np.zeros((3, 6, 5, channels), "float32")
    choice, changes = ImageChoice(images), []
    choice.on_change(lambda: changes.append(choice.image))
    choice._upload.value = uploaded(np.full((12, 10, 3), 51, "uint8"))
    assert choice.image.shape == (1, 6, 5, channels)
    np.testing.assert_allclose(choice.image[..., :3], 0.2, atol=1e-6)
    assert "resized" in choice._message.value
    choice._index.value = 2
    assert not choice.image.any()
    assert choice._message.value == ""
    assert len(changes) == 2


def test_a_file_that_is_no_picture_is_refused_in_a_line():
    choice = ImageChoice(np.zeros((1, 6, 5, 1), "float32"))
    choice._upload.value = of_content(b"text")
    assert choice._message.value.startswith("not readable: ")
    assert not choice.image.any()


@pytest.fixture
def live(images):
    return widgets.LiveTraining(ImageSet("noise", images[:50], images[50:60], images[60:]), 3)


def test_models_are_trained_live_and_their_curves_stay(live):
    live.begin()
    live.wait()
    live.rate.value = 1e-2
    live.start.click()
    live.wait()
    runs = live.history.groupby("run", sort=False)["epoch"].agg(list)
    assert runs.to_dict() == {"relu, 0.001, keras": [1, 2, 3], "relu, 0.01, keras": [1, 2, 3]}
    assert np.isfinite(live.history["val_loss"]).all()
    assert "epoch 3 of 3" in live._status.value
    assert "Validation loss" in live._curves.value
    assert "Gradient of each layer" in live._layers.value
    assert (live.start.disabled, live.stop.disabled) == (False, True)
    live.clear.click()
    assert live.history.empty
    assert live._curves.value == ""


def test_training_stops_after_the_epoch_in_which_it_is_asked_to(live, monkeypatch):
    original = live._draw
    monkeypatch.setattr(live, "_draw", lambda *given: [original(*given), live.stop.click()])
    live.begin()
    live.wait()
    assert list(live.history["epoch"]) == [1]


def test_what_fails_in_the_thread_is_said(live, monkeypatch):
    monkeypatch.setattr(live, "_draw", lambda *given: 1 / 0)
    live.begin()
    live.wait()
    assert live._status.value == "failed: division by zero"
    assert not live.start.disabled


@pytest.mark.parametrize("shape", [(1, 40, 1), (40, 1, 1), (1, 1, 1), (1, 7, 3), (8, 6, 3)])
def test_a_picture_has_the_sides_of_the_image(shape):
    with Image.open(io.BytesIO(pictures.png(np.zeros(shape)))) as picture:
        width, height = picture.size
    assert width * shape[0] == height * shape[1]
    assert picture.mode == ("L" if shape[-1] == 1 else "RGB")
