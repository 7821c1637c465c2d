"""Claims of articles about activations, tested on what all studies measured."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "claims",
        "conclusions",
        "conditions",
        "effects",
        "evidence",
        "gradients",
        "measurements",
        "pairs",
        "statements",
    ],
)
