"""Widgets that explore the models of finished studies, and train one live."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "choice": ["ImageChoice"],
        "explorer": ["explorer"],
        "latent": ["between", "plane", "sliders"],
        "live": ["LiveTraining"],
        "reconstruction": ["comparison"],
        "studies": ["FinishedStudy", "finished_studies"],
        "training": ["epochs"],
    },
)
