"""From tables to sentences, figures, pages and widgets."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "figures",
        "fragments",
        "page",
        "plots",
        "sentences",
        "study_results",
        "tables",
        "widgets",
    ],
)
