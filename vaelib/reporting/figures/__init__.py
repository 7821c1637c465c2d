"""Figures of the notebooks: each takes tables and returns a matplotlib figure."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "claims",
        "comparison",
        "gallery",
        "sweep",
        "training",
    ],
)
