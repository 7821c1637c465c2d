"""From result tables to intervals, verdicts, summaries, diagnoses and claims."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "claims",
        "comparisons",
        "curves",
        "diagnosis",
        "intervals",
        "paired_tests",
        "summary",
        "tuning",
        "verdicts",
    ],
)
