"""One image as the models of all activations reconstruct it."""

import ipywidgets as widgets
import numpy as np

from vaelib import metrics
from vaelib.reporting import fragments
from vaelib.reporting.plots import images as plots
from vaelib.reporting.widgets.choice import ImageChoice
from vaelib.reporting.widgets.pictures import data_url
from vaelib.reporting.widgets.studies import FinishedStudy

_SIDE = 84  # pixels of the screen


def comparison(study: FinishedStudy, choice: ImageChoice) -> widgets.Widget:
    """Return an image's reconstructions beside their errors and SSIM maps.

    Parameters
    ----------
    study : FinishedStudy
    choice : ImageChoice
    """
    table = widgets.HTML()

    def draw() -> None:
        image = choice.image
        rows = []
        for name in study.activations:
            decoded = study.model(name).reconstruct(image)
            error = np.abs(decoded - image).mean(axis=-1)
            similarity = metrics.ssim_map(image, np.clip(decoded, 0, 1))
            rows.append(
                {
                    "name": name,
                    "image": data_url(decoded[0], _SIDE),
                    "error": data_url(plots.in_colormap(error, plots.ERROR)[0], _SIDE),
                    "map": data_url(plots.in_colormap(similarity, plots.SIMILARITY)[0], _SIDE),
                    "mse": metrics.mse(image, decoded)[0],
                    "ssim": metrics.ssim(image, np.clip(decoded, 0, 1))[0],
                }
            )
        table.value = str(fragments.reconstructions(data_url(image[0], _SIDE), rows))

    choice.on_change(draw)
    draw()
    return table
