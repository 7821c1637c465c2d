"""Images in: built-in names, files, and their split into three disjoint sets."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "images",
        "sources",
    ],
)
