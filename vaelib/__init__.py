"""Which activation function should my variational autoencoder use?

Names are imported when first used, so that reading tables does not import
TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["analysis", "data", "metrics", "models", "reporting", "results", "training"],
    submod_attrs={
        "analysis": ["comparisons", "intervals", "verdicts"],
        "data.images": ["ImageSet", "load_images"],
        "exceptions": ["RunError", "StudyError"],
        "models": ["activations"],
        "models.saving": ["load_model"],
        "models.vae": ["VAE"],
        "reporting": ["plots"],
        "study.runner": ["run_study"],
        "study.study": ["Study"],
        "training.probes": ["GradientProbe"],
    },
)
