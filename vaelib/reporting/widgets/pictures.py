"""Images and figures inside widgets."""

import base64
import io

import ipywidgets as widgets
import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from PIL import Image

from vaelib.reporting import embedding

SIDE = 224  # pixels of the screen, of one image


def png(image: np.ndarray, side: int = SIDE) -> bytes:
    """Encode an image [height, width, channels] in [0, 1], each pixel a square."""
    scale = max(1, side // max(image.shape[:2]))
    pixels = np.round(255 * np.clip(image, 0, 1)).astype("uint8")
    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    pixels = pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png")
    return buffer.getvalue()


def data_url(image: np.ndarray, side: int = SIDE) -> str:
    """Return an image as the source of an HTML element."""
    return f"data:image/png;base64,{base64.b64encode(png(image, side)).decode()}"


def strip(images: np.ndarray) -> np.ndarray:
    """Return images [n, height, width, channels] as one, beside each other."""
    return np.concatenate(list(images), axis=1)


def show(target: widgets.HTML, figure: Figure, text: str) -> None:
    """Show a figure with its text alternative in a widget."""
    one = embedding.embed(figure)
    target.value = Markup('<img src="{}" width="{}" height="{}" alt="{}">').format(
        one.source, one.width, one.height, text
    )
