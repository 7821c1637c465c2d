"""The choice of an image: a test image, or a picture of the user's own."""

from collections.abc import Callable

import ipywidgets as widgets
import numpy as np

from vaelib.data import pictures
from vaelib.reporting.widgets.pictures import png


class ImageChoice:
    """A number of a test image, or a file that takes its place.

    Parameters
    ----------
    images : array of float32 [n, height, width, channels]
        In [0, 1].
    description : str
        Of the number.
    index : int
        The number at first.

    Attributes
    ----------
    widget : ipywidgets.Widget
    """

    def __init__(self, images: np.ndarray, description: str = "test image", index: int = 0):
        self._images = images
        self._own: np.ndarray | None = None
        self._callbacks: list[Callable[[], None]] = []
        self._index = widgets.BoundedIntText(
            min(index, len(images) - 1), min=0, max=len(images) - 1, description=description
        )
        self._upload = widgets.FileUpload(accept="image/*", description="own picture")
        self._message = widgets.HTML()
        self._shown = widgets.Image(width=56)
        self._index.observe(self._choose, "value")
        self._upload.observe(self._take, "value")
        parts = [self._index, self._upload, self._shown, self._message]
        self.widget = widgets.HBox(parts, layout=widgets.Layout(align_items="center"))
        self._show()

    @property
    def image(self) -> np.ndarray:
        """The image that is chosen, float32 [1, height, width, channels]."""
        if self._own is not None:
            return self._own
        return self._images[self._index.value : self._index.value + 1]

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call a function whenever another image is chosen."""
        self._callbacks.append(callback)

    def _choose(self, _=None) -> None:
        self._own, self._message.value = None, ""
        self._changed()

    def _take(self, _=None) -> None:
        if not self._upload.value:
            return
        content = bytes(self._upload.value[-1]["content"])
        try:
            self._own = _fitted(content, self._images.shape[1:])
            self._message.value = "your picture, resized and centre-cropped"
        except pictures.UnreadableError as error:
            self._message.value = f"not readable: {error}"
        self._changed()

    def _changed(self) -> None:
        self._show()
        for callback in self._callbacks:
            callback()

    def _show(self) -> None:
        self._shown.value = png(self.image[0])


def _fitted(content: bytes, shape: tuple[int, int, int]) -> np.ndarray:
    """Return a picture as an image of a shape, float32 [1, height, width, channels]."""
    height, width, channels = shape
    with pictures.decoding():
        levels = pictures.decode(content, (height, width)).pixels
    image = levels.reshape(height, width, -1).astype("float32") / 255
    if channels == 1:
        image = image.mean(axis=-1, keepdims=True)
    elif image.shape[-1] == 1:
        image = image.repeat(3, axis=-1)
    if channels == 4:
        image = np.concatenate([image, np.ones_like(image[..., :1])], axis=-1)
    return image[None]
