"""What explains a bad result, read from the tables."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "criteria",
        "diagnose",
        "gradients",
        "symptoms",
    ],
)
