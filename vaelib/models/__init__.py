"""The variational autoencoder: networks, ELBO, training in blocks, inference."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "activations",
        "bounds",
        "catalogue",
        "conv",
        "datasets",
        "dense",
        "elbo",
        "elementwise",
        "function_files",
        "functions",
        "inference",
        "input_pipeline",
        "layers",
        "likelihoods",
        "saving",
        "trainer",
        "vae",
    ],
)
