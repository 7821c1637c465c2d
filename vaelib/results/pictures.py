"""What a run keeps of a model to look at."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Reconstructions and samples of one model; pixels in [0, 1], or beyond where not clipped.

    Attributes
    ----------
    index : array of int [n]
        Test images that all models of the replicate show; see `training.examples.choose`.
    reconstruction : array of float [n, height, width, channels]
        Decoded posterior means of them.
    pca : array like `reconstruction`
        Reconstructions by principal components; see `training.pca`.
    ranked_index : array of int [3]
        The model's own worst, median and best test image by SSIM.
    ranked_ssim : array of float [3]
    ranked_reconstruction : array of float [3, height, width, channels]
    samples : array of float [m, height, width, channels]
        Decoded draws from the prior, the same noise for all models.
    snapshot_epochs : array of int [e]
        In training; see `training.snapshots.Snapshots`.
    snapshot_original : array of float [k, height, width, channels]
        Validation images, the same for all models of the replicate.
    snapshots : array of float [e, k, height, width, channels]
        Their reconstructions after these epochs.
    """

    index: np.ndarray
    reconstruction: np.ndarray
    pca: np.ndarray
    ranked_index: np.ndarray
    ranked_ssim: np.ndarray
    ranked_reconstruction: np.ndarray
    samples: np.ndarray
    snapshot_epochs: np.ndarray
    snapshot_original: np.ndarray
    snapshots: np.ndarray
