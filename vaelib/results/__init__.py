"""The contract of results: keys, columns, files, galleries, provenance."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "columns",
        "files",
        "gallery",
        "keys",
        "provenance",
    ],
)
