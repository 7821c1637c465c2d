"""Scaling: one scale for all arrays of a source, by their type."""

import numpy as np
import pytest

from vaelib.data.scaling import to_unit_range

LEVELS = np.arange(60).reshape(5, 4, 3)
UNIT = LEVELS / 59


@pytest.mark.parametrize(
    ("pixels", "expected", "scale"),
    [
        (LEVELS.astype("uint8"), LEVELS / 255, "uint8, divided by 255"),
        (LEVELS, LEVELS / 255, "int64, divided by 255"),
        (LEVELS.astype(">u2") * 1000, LEVELS / 65.535, "uint16, divided by 65535"),
        (LEVELS.astype("uint8") * 0, LEVELS * 0, "uint8, divided by 255"),
        (LEVELS > 9, LEVELS > 9, "bool"),
        (UNIT, UNIT, "float64"),
        (UNIT.astype("float16"), UNIT.astype("float16"), "float16"),
        (np.asfortranarray(UNIT.astype(">f4")), UNIT, "float32"),
        (UNIT.tolist(), UNIT, "float64"),
    ],
)
def test_the_scale_follows_from_the_type(pixels, expected, scale):
    scaled, said = to_unit_range({"x": pixels})
    assert scaled["x"].dtype == np.float32
    np.testing.assert_allclose(scaled["x"], np.float32(expected)[..., None], rtol=1e-6)
    assert said == scale


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_first_are_moved_to_the_end(channels):
    images = np.random.default_rng(0).uniform(size=(2, 6, 5, channels))
    scaled, said = to_unit_range({"x": np.moveaxis(images, -1, 1)})
    np.testing.assert_array_equal(scaled["x"], images.astype("float32"))
    assert said == "float64, channels moved to the end"


@pytest.mark.parametrize("shape", [(2, 3, 4, 3), (2, 3, 8, 3), (2, 1, 6, 1), (2, 4, 3, 4)])
def test_channels_stay_where_they_may_be_the_last(shape):
    scaled, said = to_unit_range({"x": np.zeros(shape)})
    assert (scaled["x"].shape, said) == (shape, "float64")


def test_a_dark_array_has_the_scale_of_its_source():
    dark = np.tile([0, 1], (5, 4, 1)).astype("uint8")
    scaled, _ = to_unit_range({"x_train": LEVELS.astype("uint8"), "x_test": dark})
    np.testing.assert_allclose(np.unique(scaled["x_test"]), [0, 1 / 255], rtol=1e-6)


@pytest.mark.parametrize(("dtype", "error"), [("float64", 1e-7), ("float32", 3e-7), ("f2", 1e-3)])
def test_rounding_errors_beyond_the_range_are_clipped(dtype, error):
    scaled, _ = to_unit_range({"x": np.array([[[-error, 0.5, 1 + error]]], dtype)})
    np.testing.assert_array_equal(scaled["x"].ravel(), np.float32([0, 0.5, 1]))


@pytest.mark.parametrize(
    ("pixels", "line"),
    [
        (UNIT * 2 - 1, r"x has values from -1.0 to 1.0; allowed: .*here \(x \+ 1\) / 2"),
        (LEVELS * 4.0, "x has values from 0.0 to 236.0; allowed: .*here x / 255"),
        (LEVELS * 1000.0, "x has values from 0.0 to 59000.0; allowed: .*here x / 65535"),
        (UNIT * 5 - 2, r"x has values from -2.0 to 3.0; allowed: .*\(x - low\)"),
        (UNIT + 0.01, "x has values from 0.01 to 1.01; allowed: .*here x / 255"),
        (UNIT * np.nan, "x has values from nan to nan; allowed: finite reals"),
        (UNIT + np.inf, "x has values from inf to inf; allowed: finite reals"),
        (LEVELS * 10, r"x has values from 0 to 590; allowed: integers in \[0, 255\], or .*uint16"),
        (LEVELS - 1, r"x has values from -1 to 58; allowed: integers in \[0, 255\]$"),
        (LEVELS % 2, r"x: the integers are all 0 or 1, .*; allowed: x.astype\(bool\)"),
        (UNIT * 1j, "x holds complex128; allowed: booleans, integers or real numbers"),
        (UNIT.astype(str), "x holds <U"),
        (UNIT.astype(object), "x holds object"),
        (UNIT[0], r"x has shape \(4, 3\)"),
        (UNIT[:0], r"x has shape \(0, 4, 3, 1\)"),
        (np.zeros((9, 4, 3, 2)), r"x has shape \(9, 4, 3, 2\)"),
        (np.ma.masked_less(UNIT, 0.5), "x has masked pixels"),
    ],
)
def test_what_cannot_be_scaled_is_refused_with_the_remedy(pixels, line):
    with pytest.raises(ValueError, match=f"^dataset: {line}") as refused:
        to_unit_range({"x": pixels})
    assert "\n" not in str(refused.value)


def test_arrays_of_different_grey_levels_are_refused():
    arrays = {"x_train": LEVELS.astype("uint8"), "x_test": LEVELS.astype("uint16")}
    with pytest.raises(ValueError, match="^dataset: x_train uint8, x_test uint16 have different"):
        to_unit_range(arrays)
