"""All views on a finished study: the choice of a study and an activation, and tabs."""

from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets

from vaelib.reporting.widgets import latent, reconstruction, training
from vaelib.reporting.widgets.choice import ImageChoice
from vaelib.reporting.widgets.studies import FinishedStudy, finished_studies

NOTHING = (
    "<b>No finished study yet.</b> Run <code>make report STUDY=studies/smoke.yml</code> "
    "(about half a minute) or <code>make report</code>, then run this cell again."
)


def explorer(reports: str | Path) -> widgets.Widget:
    """Return the choice of a study and an activation, with what they show.

    Parameters
    ----------
    reports : str or path
        Folder of the reports; says what to run when it holds no finished study.
    """
    studies = finished_studies(reports)
    if not studies:
        return widgets.HTML(NOTHING)
    study = widgets.Dropdown(options=[(one.name, one) for one in studies], description="study")
    shown = widgets.VBox()

    def choose(_=None):
        shown.children = [_of_study(study.value)]

    study.observe(choose, "value")
    choose()
    return widgets.VBox([study, shown])


def _of_study(study: FinishedStudy) -> widgets.Widget:
    """Return the tabs of a study; each is made when it is first looked at."""
    activation = widgets.Dropdown(options=study.activations, description="activation")
    choice = ImageChoice(study.images)
    views: dict[str, Callable[[], widgets.Widget]] = {
        "latent units": lambda: latent.sliders(study, activation.value, choice),
        "all activations": lambda: reconstruction.comparison(study, choice),
        "between two": lambda: latent.between(study),
        "latent plane": lambda: latent.plane(study, activation.value),
        "training": lambda: training.epochs(study, activation.value),
    }
    boxes = {name: widgets.VBox() for name in views}
    tabs = widgets.Tab(children=list(boxes.values()), titles=list(boxes))

    def look(_=None):
        name = list(boxes)[tabs.selected_index or 0]
        if not boxes[name].children:
            boxes[name].children = [views[name]()]

    def change(_=None):
        for name in ("latent units", "latent plane", "training"):
            boxes[name].children = []
        look()

    tabs.observe(look, "selected_index")
    activation.observe(change, "value")
    look()
    return widgets.VBox([activation, choice.widget, tabs])
