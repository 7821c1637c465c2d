"""Figures: every function draws on the axes it is given and computes nothing."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "comparison",
        "curves",
        "forest",
        "images",
        "style",
        "sweep",
        "units",
    ],
)
