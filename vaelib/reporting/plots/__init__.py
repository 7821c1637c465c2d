"""Axes-level functions: each takes and returns axes, and draws what it is given.

Beside them, the functions of `finished`: each draws a figure of a finished study.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "comparison",
        "curves",
        "forest",
        "images",
        "race",
        "style",
        "sweep",
        "units",
    ],
    submod_attrs={
        "finished": [
            "elbo_by_setting",
            "gradients_by_depth",
            "inactive_units",
            "learning_curves",
            "over_dimension",
            "prior_samples",
            "quality",
            "race_stages",
            "rank_by_budget",
            "reconstructions",
            "verdict_matrices",
            "worst_median_best",
        ],
    },
)
