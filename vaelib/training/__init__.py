"""Train one configuration, probe it, score it: rows of the result tables."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "configuration",
        "evaluate",
        "fit",
        "probes",
        "snapshots",
        "sweep",
    ],
)
