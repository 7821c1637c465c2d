"""Which activation function should my variational autoencoder use?

Names are imported when first used, so that reading tables does not import
TensorFlow.
"""

import sys

import lazy_loader

from vaelib import onednn

onednn.prefer()  # before TensorFlow is loaded

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
        "reporting.study_results": ["StudyResults", "load_results"],
        "study.runner": ["run_study"],
        "study.study": ["Study"],
        "training.probes": ["GradientProbe"],
    },
)

# In a notebook, objects show themselves; elsewhere IPython is not even looked for.
if "IPython" in sys.modules and (_shell := sys.modules["IPython"].get_ipython()) is not None:
    from vaelib.reporting import displays

    displays.register(_shell)
