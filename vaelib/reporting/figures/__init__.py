"""Whole figures of the notebooks: tables in, a matplotlib figure out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "training",
    ],
)
