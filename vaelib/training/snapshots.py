"""Reconstructions of a few images while a model is trained."""

import numpy as np

from vaelib.backend import keras

# Before training, and after these epochs: all of them are epochs of the gradient probe.
_EPOCHS = frozenset({0, 1, 2, 3, 5, *(10 * 2**power for power in range(20))})


class Snapshots(keras.callbacks.Callback):
    """Reconstruct some images before training, after a few epochs, and with the kept weights.

    Parameters
    ----------
    images : array of float32 [n, height, width, channels]
        In [0, 1]; no test images, which are not seen in training.

    Attributes
    ----------
    images : array
        As given.
    """

    def __init__(self, images: np.ndarray):
        super().__init__()
        self.images = images
        self._taken: dict[int, np.ndarray] = {}

    @property
    def epochs(self) -> np.ndarray:
        """After which epochs, int [epochs], ascending; 0 is before training."""
        return np.array(sorted(self._taken), int)

    @property
    def reconstructions(self) -> np.ndarray:
        """Decoded posterior means, float32 [epochs, n, height, width, channels]."""
        return np.stack([self._taken[epoch] for epoch in self.epochs])

    def on_train_begin(self, logs=None) -> None:
        self._taken = {}
        self.record(0)

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        if epoch + 1 in _EPOCHS:
            self.record(epoch + 1)

    def record(self, epoch: int) -> None:
        """Reconstruct with the weights as they are now, those after an epoch."""
        self._taken[epoch] = self.model.reconstruct(self.images)
