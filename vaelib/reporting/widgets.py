"""Widgets that explore the trained models of a finished study."""

import base64
import functools
import io
import json
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from PIL import Image

from vaelib import metrics
from vaelib.backend import keras
from vaelib.models import activations
from vaelib.models.vae import VAE
from vaelib.reporting import fragments
from vaelib.results import files, gallery

_SIDE = 224  # pixels on the screen


def finished_studies(reports: str | Path) -> list[Path]:
    """Return the folders of studies whose models can be explored, by name.

    Parameters
    ----------
    reports : str or path
        Folder of the reports.
    """
    found = Path(reports).glob(f"*/{files.MODELS}/*.keras")
    return sorted({path.parent.parent for path in found})


def activations_of(folder: Path) -> list[str]:
    """Return the activations of a study that have a model, best test ELBO first."""
    first, *_ = files.by_comparison(folder / files.SUMMARY, 1)  # that of the models
    names = first["activation"]
    return [name for name in names if gallery.model_file(folder, name).is_file()]


@functools.lru_cache(maxsize=32)
def load_model(folder: Path, activation: str) -> VAE:
    """Return the model that the study kept: the one of its first seed.

    The study's own activations are registered first, as they were when it was trained.
    """
    for name, one in _own_activations(folder).items():
        activations.register_definition(name, one["text"])
    return keras.saving.load_model(gallery.model_file(folder, activation), compile=False)


def shown_name(folder: Path, model: VAE) -> str:
    """Return how a study's tables and files call a model's activation."""
    own = _own_activations(folder)
    return own[model.activation]["name"] if model.activation in own else model.activation


def _own_activations(folder: Path) -> dict[str, dict[str, str]]:
    """Return by name the activations of a study that come from files."""
    path = Path(folder) / files.FACTS
    facts = json.loads(path.read_text()) if path.is_file() else {}
    return {f"{one['file']}:{one['function']}": one for one in facts.get("own_activations", [])}


def units_by_kl(folder: Path, model: VAE) -> np.ndarray:
    """Return the model's latent units, largest KL divergence first."""
    latents = files.read_csv(folder / files.FILES["latents"])
    own = latents[
        (latents["activation"] == shown_name(folder, model)) & (latents["seed"] == model.seed)
    ]
    own = own[own["model"] == own["model"].iloc[0]]  # of the first comparison
    return own.sort_values("kl", ascending=False)["unit"].to_numpy()


def latent_sliders(folder: Path, activation: str) -> widgets.Widget:
    """Return sliders through the latent units beside the decoded picture.

    A slider for each unit, ordered by KL; choosing a test image sets them to
    its posterior mean.

    Parameters
    ----------
    folder : path
        One of `finished_studies`.
    activation : str
        One of `activations_of`.
    """
    model, images = load_model(folder, activation), gallery.read_test_images(folder)
    units = units_by_kl(folder, model)
    codes, _ = model.encode(images)
    reach = float(np.ceil(max(3.0, np.abs(codes).max())))
    image = widgets.BoundedIntText(0, min=0, max=len(images) - 1, description="test image")
    wide = widgets.Layout(width="320px")
    sliders = {
        unit: widgets.FloatSlider(
            min=-reach, max=reach, step=0.05, description=f"unit {unit}", layout=wide
        )
        for unit in units
    }
    picture = widgets.Image(width=_SIDE, height=_SIDE)
    original = widgets.Image(width=_SIDE, height=_SIDE)

    def decode(_=None):
        code = np.zeros((1, model.latent_dim), "float32")
        for unit, slider in sliders.items():
            code[0, unit] = slider.value
        picture.value = _png(model.decode(code)[0])

    def choose(_=None):
        original.value = _png(images[image.value])
        for unit, slider in sliders.items():
            slider.unobserve(decode, "value")
            slider.value = float(codes[image.value, unit])
            slider.observe(decode, "value")
        decode()

    for slider in sliders.values():
        slider.observe(decode, "value")
    image.observe(choose, "value")
    choose()
    pictures = widgets.VBox(
        [image, widgets.Label("original"), original, widgets.Label("decoded"), picture]
    )
    grid = widgets.GridBox(
        list(sliders.values()),
        layout=widgets.Layout(grid_template_columns="repeat(auto-fill, 330px)", width="100%"),
    )
    return widgets.HBox([pictures, grid])


def comparison(folder: Path) -> widgets.Widget:
    """Return one test image as reconstructed by every activation, with its error.

    Parameters
    ----------
    folder : path
        One of `finished_studies`.
    """
    images = gallery.read_test_images(folder)
    names = activations_of(folder)
    image = widgets.BoundedIntText(0, min=0, max=len(images) - 1, description="test image")
    table = widgets.HTML()

    def show(_=None):
        chosen = images[image.value : image.value + 1]
        rows = []
        for name in names:
            decoded = load_model(folder, name).reconstruct(chosen)
            rows.append(
                {
                    "name": name,
                    "image": _data_url(decoded[0]),
                    "error": _data_url(np.abs(decoded - chosen)[0]),
                    "mse": metrics.mse(chosen, decoded)[0],
                }
            )
        table.value = str(fragments.reconstructions(_data_url(chosen[0]), rows))

    image.observe(show, "value")
    show()
    return widgets.VBox([image, table])


def explorer(reports: str | Path) -> widgets.Widget:
    """Return the choice of a study and an activation, with what they show.

    Parameters
    ----------
    reports : str or path
        Folder of the reports; says what to run when it holds no finished study.
    """
    studies = finished_studies(reports)
    if not studies:
        return widgets.HTML(
            "<b>No finished study yet.</b> Run <code>make report STUDY=studies/smoke.yml</code> "
            "(about half a minute) or <code>make report</code>, then run this cell again."
        )
    study = widgets.Dropdown(
        options=[(folder.name, folder) for folder in studies], description="study"
    )
    choices, tabs = widgets.HBox(), widgets.Tab()

    def choose_study(_=None):
        activation = widgets.Dropdown(options=activations_of(study.value), description="activation")
        sliders = widgets.VBox()

        def choose_activation(_=None):
            sliders.children = [latent_sliders(study.value, activation.value)]

        activation.observe(choose_activation, "value")
        choose_activation()
        choices.children = [study, activation]
        tabs.children = [sliders, comparison(study.value)]
        tabs.titles = ["latent units", "all activations"]

    study.observe(choose_study, "value")
    choose_study()
    return widgets.VBox([choices, tabs])


def _png(image: np.ndarray) -> bytes:
    """Encode an image [height, width, channels] in [0, 1], each pixel a square."""
    scale = max(1, _SIDE // max(image.shape[:2]))
    pixels = np.round(255 * np.clip(image, 0, 1)).astype("uint8")
    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    pixels = pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png")
    return buffer.getvalue()


def _data_url(image: np.ndarray) -> str:
    return f"data:image/png;base64,{base64.b64encode(_png(image)).decode()}"
