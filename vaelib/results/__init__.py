"""The contract of the result tables: keys, columns, files, provenance."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "columns",
        "files",
        "keys",
        "provenance",
    ],
)
