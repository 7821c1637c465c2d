"""The latent space of a model: unit by unit, as a plane, and between two images."""

import ipywidgets as widgets
import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from vaelib.reporting import fragments
from vaelib.reporting.plots import images as plots
from vaelib.reporting.widgets.choice import ImageChoice
from vaelib.reporting.widgets.pictures import SIDE, data_url, png, show, strip
from vaelib.reporting.widgets.studies import FinishedStudy

_STEPS = 9  # from one image to another
_STRIP = 640  # pixels of the screen
_GRID = 13  # pictures along a side of the plane
_REACH = 3.0  # of the plane, in standard deviations of the prior
_WIDE = widgets.Layout(width="340px")


def sliders(study: FinishedStudy, activation: str, choice: ImageChoice) -> widgets.Widget:
    """Return a slider for each latent unit beside the decoded picture, largest KL first.

    Parameters
    ----------
    study : FinishedStudy
    activation : str
    choice : ImageChoice
        Choosing an image sets the sliders to its posterior mean.
    """
    model, divergences = study.model(activation), study.divergences(activation)
    reach = float(np.ceil(max(_REACH, np.abs(study.codes(activation)).max())))
    moved = {
        unit: widgets.FloatSlider(
            min=-reach,
            max=reach,
            step=0.05,
            description=f"unit {unit}: {kl:.2f} nats",
            layout=_WIDE,
            style={"description_width": "120px"},
        )
        for unit, kl in divergences.items()
    }
    decoded = widgets.Image(width=SIDE, height=SIDE)
    original = widgets.Image(width=SIDE, height=SIDE)
    reset = widgets.Button(description="reset", tooltip="to the posterior mean of the image")

    def decode(_=None):
        code = np.zeros((1, model.latent_dim), "float32")
        for unit, slider in moved.items():
            code[0, unit] = slider.value
        decoded.value = png(model.decode(code)[0])

    def choose(_=None):
        original.value = png(choice.image[0])
        (code,), _ = model.encode(choice.image)
        for unit, slider in moved.items():
            slider.unobserve(decode, "value")
            slider.value = float(np.clip(code[unit], -reach, reach))
            slider.observe(decode, "value")
        decode()

    for slider in moved.values():
        slider.observe(decode, "value")
    reset.on_click(choose)
    choice.on_change(choose)
    choose()
    pictures = widgets.VBox(
        [widgets.Label("original"), original, widgets.Label("decoded"), decoded, reset]
    )
    grid = widgets.GridBox(
        list(moved.values()),
        layout=widgets.Layout(grid_template_columns="repeat(auto-fill, 350px)", width="100%"),
    )
    return widgets.HBox([pictures, grid])


def between(study: FinishedStudy) -> widgets.Widget:
    """Return the way between two images under every activation.

    Posterior means of the two images are joined by a straight line, and decoded.

    Parameters
    ----------
    study : FinishedStudy
    """
    ends = ImageChoice(study.images, "from"), ImageChoice(study.images, "to", 1)
    table = widgets.HTML()

    def draw() -> None:
        first, last = (end.image for end in ends)
        rows = []
        for name in study.activations:
            model = study.model(name)
            a, b = (model.encode(image)[0] for image in (first, last))
            shares = np.linspace(0, 1, _STEPS, dtype="float32")[:, None]
            decoded = model.decode((1 - shares) * a + shares * b)
            rows.append((name, data_url(strip([first[0], *decoded, last[0]]), _STRIP)))
        table.value = str(fragments.strips(rows))

    for end in ends:
        end.on_change(draw)
    draw()
    return widgets.VBox([*(end.widget for end in ends), table])


def plane(study: FinishedStudy, activation: str) -> widgets.Widget:
    """Return what the two units of the largest KL divergence encode.

    Left, decoded pictures over the plane, all other units being 0; right, the posterior
    means of test images, coloured by their labels where there are any.

    Parameters
    ----------
    study : FinishedStudy
    activation : str
    """
    model, codes = study.model(activation), study.codes(activation)
    units = [int(unit) for unit in study.divergences(activation).index[:2]]
    shown = widgets.HTML()
    if len(units) < 2:
        shown.value = "This model has a single latent unit."
        return shown
    across, up = units
    steps = np.linspace(-_REACH, _REACH, _GRID, dtype="float32")
    grid = np.zeros((_GRID, _GRID, model.latent_dim), "float32")
    grid[..., across], grid[..., up] = steps, steps[::-1, None]
    decoded = model.decode(grid.reshape(-1, model.latent_dim))
    mosaic = plots.as_colours(decoded.reshape(_GRID, _GRID, *decoded.shape[1:]))
    figure = Figure((8.5, 4))
    left, right = figure.subplots(1, 2)
    whole = mosaic.transpose(0, 2, 1, 3, 4).reshape(
        _GRID * mosaic.shape[2], _GRID * mosaic.shape[3], 3
    )
    left.imshow(whole, extent=(-_REACH, _REACH, -_REACH, _REACH), aspect="auto")
    left.grid(visible=False)
    points = {"s": 12, "alpha": 0.8}
    if study.labels is None:
        right.scatter(codes[:, across], codes[:, up], color="black", **points)
    else:
        names = np.unique(study.labels)
        colours = colormaps["turbo"](np.linspace(0, 1, len(names)))
        for name, colour in zip(names, colours, strict=True):
            own = codes[study.labels == name]
            right.scatter(own[:, across], own[:, up], color=[colour], label=str(name), **points)
        if len(names) <= 20:
            right.legend(title="label", loc="center left", bbox_to_anchor=(1, 0.5))
    for ax in (left, right):
        ax.set(xlabel=f"unit {across}", ylabel=f"unit {up}")
    right.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH))
    show(shown, figure, f"Pictures and test images over the plane of units {across} and {up}.")
    return shown
