"""How the reconstructions and the gradients of a model came about."""

import ipywidgets as widgets
import pandas as pd
from matplotlib.figure import Figure

from vaelib.reporting import plots
from vaelib.reporting.widgets.pictures import png, show, strip
from vaelib.reporting.widgets.studies import FinishedStudy

_SIDE = 72  # pixels of the screen, of one image


def epochs(study: FinishedStudy, activation: str) -> widgets.Widget:
    """Return a slider over epochs of training: reconstructions, and gradients by layer.

    Parameters
    ----------
    study : FinishedStudy
    activation : str
    """
    taken = study.snapshots(activation)
    if taken is None:
        return widgets.HTML("This report was made by a version that kept nothing from training.")
    gradients = study.gradients(taken.model)
    shown = [int(epoch) for epoch in taken.epochs]
    limits = gradients["gradient_rms"][lambda values: values > 0]
    slider = widgets.SelectionSlider(options=shown, value=shown[-1], description="epoch")
    originals = widgets.Image(value=png(strip(taken.original), _SIDE * len(taken.original)))
    decoded, layers = widgets.Image(), widgets.HTML()

    def draw(_=None) -> None:
        images = taken.reconstructions[shown.index(slider.value)]
        decoded.value = png(strip(images), _SIDE * len(images))
        rows = gradients[gradients["epoch"] == slider.value]
        figure = by_layer({activation: rows})
        figure.axes[0].set_ylim(limits.min() / 2, limits.max() * 2)
        show(layers, figure, f"Gradient of each layer after {slider.value} epochs.")

    slider.observe(draw, "value")
    draw()
    labels = [widgets.Label(text) for text in ("validation images", "reconstructed then")]
    return widgets.VBox([slider, labels[0], originals, labels[1], decoded, layers])


def by_layer(gradients: dict[str, pd.DataFrame]) -> Figure:
    """Draw the gradient at each layer.

    Parameters
    ----------
    gradients : dict of str to pandas.DataFrame
        By activation, rows of one model and epoch; see `training.probes.GradientProbe`.
    """
    figure = Figure((4, 3))
    ax = figure.subplots()
    for name, rows in gradients.items():
        plots.curves.by_depth(ax, rows, "gradient_rms", name, **plots.style.style(name))
    ax.set_ylabel("gradient RMS (nats)")
    if len(gradients) > 1:
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
