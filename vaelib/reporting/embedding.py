"""Figures as data URLs: drawings where they have few marks, else pictures."""

import base64
import dataclasses
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # at run time it would load matplotlib
    from matplotlib.figure import Figure

_LARGEST_DRAWING = 60_000  # bytes of SVG; a picture of more marks is smaller
_PIXELS = 2  # of a picture for each pixel of the screen
_LONGEST_PICTURE = 16_383  # pixels: the most of WebP


@dataclasses.dataclass(frozen=True)
class Embedded:
    """A figure inside a page.

    Attributes
    ----------
    source : str
        Data URL: an SVG drawing, or a WebP picture without loss, of twice the pixels where
        the format has as many.
    width, height : int
        In pixels of the screen.
    """

    source: str
    width: int
    height: int


def embed(figure: "Figure") -> Embedded:
    """Turn a figure into a data URL; the same figure gives the same one.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    """
    width, height = figure.get_size_inches() * figure.dpi
    content, kind = b"", "svg+xml"
    if not any(ax.images for ax in figure.axes):
        content = _svg(figure)
    if not 0 < len(content) <= _LARGEST_DRAWING:
        content, kind = _webp(figure), "webp"
    encoded = base64.b64encode(content).decode()
    return Embedded(f"data:image/{kind};base64,{encoded}", round(width), round(height))


def _svg(figure: "Figure") -> bytes:
    import matplotlib as mpl

    drawing = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "vaelib"}):  # else identifiers are random
        figure.savefig(drawing, format="svg", metadata={"Date": None})
    return drawing.getvalue()


def _webp(figure: "Figure") -> bytes:
    picture = io.BytesIO()
    options = {"lossless": True, "quality": 50, "method": 4}  # as small, and much sooner
    dpi = min(_PIXELS * figure.dpi, _LONGEST_PICTURE / max(figure.get_size_inches()))
    figure.savefig(picture, format="webp", dpi=dpi, pil_kwargs=options)
    return picture.getvalue()
