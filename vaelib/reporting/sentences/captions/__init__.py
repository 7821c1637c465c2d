"""What one sees in each figure of a page, computed from what it draws.

A caption is also the figure's text alternative: it says what is drawn and what stands out.
There is a module for each of `reporting.figures`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "claims": ["evidence", "flow_over_depth"],
        "comparison": [
            "verdict_matrices",
            "learning_curves",
            "quality",
            "gradients_by_depth",
            "inactive_units",
            "rank_by_budget",
            "race_stages",
        ],
        "gallery": ["reconstructions", "worst_median_best", "prior_samples"],
        "sweep": [
            "candidates",
            "elbo_of_comparisons",
            "over_dimension",
            "encoder_by_decoder",
            "average_ranks",
        ],
    },
)
