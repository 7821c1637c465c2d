"""Images: their sources, readers, and the split into three disjoint sets."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "archives",
        "arrangement",
        "downloads",
        "folders",
        "images",
        "photos",
        "picture_cache",
        "picture_sets",
        "pictures",
        "pixels",
        "readers",
        "scaling",
        "sources",
        "workers",
    ],
)
