"""Principal component analysis: what a linear code of the same size reconstructs.

The reference without a network: a row of the report's table and of its gallery.
"""

import dataclasses

import numpy as np
import pandas as pd

from vaelib import metrics

# Pixels of the training images that components are fitted on: 200 MB of float32, twice
# while they are centred. 63,000 images of 28 x 28, 1,000 of 128 x 128 x 3.
MOST_PIXELS = 50_000_000
_CHUNK = 1000  # images scored at once
_SEED = 0  # of the randomised solver, which many pixels have


@dataclasses.dataclass(frozen=True)
class PrincipalComponents:
    """Mean and principal components of training images.

    Attributes
    ----------
    mean : array of float32 [pixels]
    components : array of float32 [components, pixels]
        Orthonormal directions of the largest variance.
    images : int
        That they were fitted on.
    """

    mean: np.ndarray
    components: np.ndarray
    images: int

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Project images on the components.

        Parameters
        ----------
        images : array of float [n, height, width, channels]
            In [0, 1].

        Returns
        -------
        array of float32 like `images`
            Clipped to [0, 1], which makes no error larger.
        """
        centred = images.reshape(len(images), -1) - self.mean
        projected = centred @ self.components.T @ self.components + self.mean
        return np.clip(projected, 0, 1).astype("float32").reshape(images.shape)

    def score(self, images: np.ndarray) -> pd.DataFrame:
        """Score the reconstruction of each image.

        Parameters
        ----------
        images : array of float [n, height, width, channels]
            In [0, 1].

        Returns
        -------
        pandas.DataFrame
            ``mse``, ``psnr``, ``ssim``; see `metrics`.
        """
        parts = []
        for start in range(0, len(images), _CHUNK):
            some = images[start : start + _CHUNK]
            decoded = self.reconstruct(some)
            values = {
                name: getattr(metrics, name)(some, decoded) for name in ("mse", "psnr", "ssim")
            }
            parts.append(pd.DataFrame(values))
        return pd.concat(parts, ignore_index=True)


def fit(images: np.ndarray, components: int) -> PrincipalComponents:
    """Fit principal components to training images.

    No linear encoder and decoder with a code of this size has a smaller mean squared
    error on the images they are fitted on (Eckart and Young 1936).

    Parameters
    ----------
    images : array of float [n, height, width, channels]
        In [0, 1]. Only the first are used where all together have more than
        `MOST_PIXELS`; a split has them in random order.
    components : int
        As many as the network has latent units; at most as many as there are images
        or pixels.

    Returns
    -------
    PrincipalComponents
    """
    from sklearn.decomposition import PCA

    some = images[: max(1, MOST_PIXELS // images[0].size)]
    flat = some.reshape(len(some), -1)
    pca = PCA(min(components, *flat.shape), svd_solver="auto", random_state=_SEED)
    # Of images without any variance, the share that is explained is 0 / 0.
    with np.errstate(divide="ignore", invalid="ignore"):
        pca.fit(flat)
    return PrincipalComponents(pca.mean_, pca.components_, len(some))
