"""The report's sentences: plain text computed from its tables, without any markup."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["captions"],
    submod_attrs={
        "answers": ["Statement", "answer"],
        "claims": ["SYMBOLS", "cited", "counted", "sensitivity"],
        "course": ["lead", "race_stages", "training_ends", "tuning"],
        "images": ["Images", "images"],
        "questions": ["Answer", "questions"],
        "notes": ["failures", "note", "sound", "verdict_note"],
        "study": ["across", "headline", "in_short"],
    },
)
