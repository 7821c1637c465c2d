"""The parts of a page in HTML: one function a fragment, rendered from a template."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "claims": ["claim_card", "questions", "verdicts"],
        "explorer": ["reconstructions", "strips"],
        "markup": ["Fragment", "figure", "plain_table", "section", "text"],
        "study": [
            "answer",
            "diagnoses",
            "failures",
            "images",
            "index",
            "leaders",
            "note",
            "overview",
            "own_activations",
            "race_stages",
            "results",
            "settings",
            "tuning",
            "verdict_matrices",
            "verdict_note",
        ],
    },
)
