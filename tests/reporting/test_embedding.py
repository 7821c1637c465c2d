"""Figures inside a page: drawings of few marks, pictures of many, always the same bytes."""

import base64
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from vaelib.reporting.embedding import embed


def few(seed: int = 0) -> Figure:
    figure = Figure((3, 2), dpi=100)
    figure.subplots().plot(np.random.default_rng(seed).normal(size=5))
    return figure


def many() -> Figure:
    figure = Figure((3, 2), dpi=100)
    figure.subplots().scatter(*np.random.default_rng(0).normal(size=(2, 5000)))
    return figure


def image() -> Figure:
    figure = Figure((3, 2), dpi=100)
    figure.subplots().imshow(np.eye(4))
    return figure


@pytest.mark.parametrize(("figure", "kind"), [(few, "svg+xml"), (many, "webp"), (image, "webp")])
def test_the_number_of_marks_decides_between_drawing_and_picture(figure, kind):
    found = embed(figure())
    head, content = found.source.split(",")
    assert head == f"data:image/{kind};base64"
    assert (found.width, found.height) == (300, 200)
    decoded = base64.b64decode(content)
    if kind == "webp":
        with Image.open(io.BytesIO(decoded)) as picture:
            assert picture.size == (600, 400), "twice the pixels"
    else:
        assert decoded.lstrip().startswith(b"<?xml")


@pytest.mark.parametrize("figure", [few, image])
def test_the_same_figure_is_the_same_source(figure):
    assert embed(figure()) == embed(figure())
    assert embed(few(0)) != embed(few(1))


def test_a_picture_loses_nothing():
    figure = Figure((1, 1), dpi=50, layout="none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.axis("off")
    levels = np.random.default_rng(0).integers(0, 256, (100, 100, 3), "uint8")
    ax.imshow(levels, interpolation="none")
    _, content = embed(figure).source.split(",")
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), levels)


def test_a_picture_has_as_many_pixels_as_its_format_takes():
    figure = Figure((0.5, 90), dpi=100)
    figure.add_axes((0, 0, 1, 1)).imshow(np.eye(4))
    found = embed(figure)
    assert (found.width, found.height) == (50, 9000)
    with Image.open(io.BytesIO(base64.b64decode(found.source.split(",")[1]))) as picture:
        assert picture.height == 16_383
