"""Which activation function should my variational autoencoder use?

Names are imported when first used, so that reading tables does not import
TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        *("activations", "claims", "comparisons", "diagnosis", "leagues"),
        *("metrics", "plots", "results", "stats", "verdicts"),
    ],
    submod_attrs={
        "data": ["ImageSet", "load_images"],
        "model": ["VAE"],
        "probes": ["GradientProbe"],
        "execute": ["RunError"],
        "runner": ["run_study"],
        "study": ["Study", "StudyError"],
    },
)
