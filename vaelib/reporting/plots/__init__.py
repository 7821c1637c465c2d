"""Axes-level functions: each takes and returns axes, and draws what it is given."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "comparison",
        "curves",
        "forest",
        "images",
        "race",
        "style",
        "sweep",
        "units",
    ],
)
