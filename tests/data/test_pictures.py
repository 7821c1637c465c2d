"""Pictures of every format and kind become 8-bit grey or colour of one size."""

import io

import numpy as np
import pytest
from PIL import Image

from vaelib.data.pictures import UnreadableError, decode, decoding, default_size, fit, size_of

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (10, 12, 3), "uint8")
GREY = RNG.integers(0, 256, (10, 12), "uint8")
SIZE = (10, 12)


def content(image: Image.Image, format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("format", "options"),
    [("PNG", {}), ("TIFF", {}), ("BMP", {}), ("WEBP", {"lossless": True})],
)
def test_colour_is_kept_to_the_bit(format, options):
    picture = decode(content(Image.fromarray(COLOUR), format, **options), SIZE)
    np.testing.assert_array_equal(picture.pixels, COLOUR)
    assert (picture.size, picture.transparent) == (SIZE, False)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_grey_has_one_channel_however_it_is_stored(format, mode):
    stored = Image.fromarray(GREY).convert(mode)
    picture = decode(content(stored, format), SIZE)
    np.testing.assert_array_equal(picture.pixels, GREY[..., None])


def test_a_jpeg_is_near():
    smooth = np.add.outer(np.arange(10) * 10, np.arange(12) * 10).astype("uint8")
    picture = decode(content(Image.fromarray(smooth), "JPEG", quality=95), SIZE)
    assert np.abs(picture.pixels[..., 0].astype(int) - smooth).max() <= 4


def test_binary_pictures_are_black_and_white():
    binary = GREY > 127
    picture = decode(content(Image.fromarray(binary), "PNG"), SIZE)
    np.testing.assert_array_equal(picture.pixels[..., 0], 255 * binary)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_to_eight(format):
    levels = np.array([[0, 257, 65535], [128, 129, 32768]], "uint16")
    picture = decode(content(Image.fromarray(levels), format), (2, 3))
    np.testing.assert_array_equal(picture.pixels[..., 0], [[0, 1, 255], [0, 1, 128]])


@pytest.mark.parametrize("mode", ["I", "F"])
def test_levels_of_no_known_range_are_refused(mode):
    levels = np.full((8, 8), 70_000, "int32" if mode == "I" else "float32")
    with pytest.raises(UnreadableError, match="pixels from 70000 to 70000; allowed: 0 to "):
        decode(content(Image.fromarray(levels), "TIFF"), (8, 8))


def test_reals_in_the_unit_range_are_levels():
    picture = decode(content(Image.fromarray(np.float32([[0, 0.5, 1]])), "TIFF"), (1, 3))
    np.testing.assert_array_equal(picture.pixels.ravel(), [0, 128, 255])


def test_alpha_is_composited_over_white():
    """By hand: half of 100 and half of 255 are 177.5."""
    rgba = np.zeros((1, 3, 4), "uint8")
    rgba[0] = [[100, 100, 0, 255], [100, 100, 0, 128], [100, 100, 0, 0]]
    picture = decode(content(Image.fromarray(rgba), "PNG"), (1, 3))
    expected = [[100, 100, 0], [177, 177, 127], [255, 255, 255]]
    np.testing.assert_allclose(picture.pixels[0], expected, atol=1)
    assert picture.transparent


@pytest.mark.parametrize(
    ("mode", "options"), [("LA", {}), ("P", {"transparency": 0}), ("L", {"transparency": 0})]
)
def test_transparency_of_other_modes_becomes_white(mode, options):
    black = Image.new(mode, (8, 8), 0)
    picture = decode(content(black, "PNG", **options), (8, 8))
    assert picture.transparent
    np.testing.assert_array_equal(picture.pixels, np.full((8, 8, 1), 255))


def test_an_alpha_channel_that_is_opaque_changes_nothing():
    picture = decode(content(Image.fromarray(COLOUR).convert("RGBA"), "PNG"), SIZE)
    np.testing.assert_array_equal(picture.pixels, COLOUR)
    assert not picture.transparent


def test_cmyk_becomes_rgb():
    """Full cyan and no ink at all: red is 0, and white."""
    inks = np.zeros((8, 16, 4), "uint8")
    inks[:, :8, 0] = 255
    pixels = decode(content(Image.fromarray(inks, "CMYK"), "TIFF"), (8, 16)).pixels
    np.testing.assert_array_equal(pixels[0, [0, 15]], [[0, 255, 255], [255, 255, 255]])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotated_picture_is_upright(orientation):
    """Of the eight ways to hold a camera, by what the standard says of the first row."""
    inverse = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.T,
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].T,
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = content(Image.fromarray(np.ascontiguousarray(inverse(GREY))), "PNG", exif=exif)
    picture = decode(stored, SIZE)
    assert picture.size == size_of(stored) == SIZE
    np.testing.assert_array_equal(picture.pixels[..., 0], GREY)


@pytest.mark.parametrize("size", [(10, 30), (30, 10)])
def test_what_does_not_fit_is_cropped_on_both_sides(size):
    pixels = RNG.integers(0, 256, size, "uint8")
    middle = pixels[10:20] if size[0] == 30 else pixels[:, 10:20]
    picture = decode(content(Image.fromarray(pixels), "PNG"), (10, 10))
    np.testing.assert_array_equal(picture.pixels[..., 0], middle)


def test_a_large_jpeg_is_as_if_decoded_in_full():
    ramp = np.tile(np.linspace(0, 255, 2048), (1024, 1)).astype("uint8")
    picture = decode(content(Image.fromarray(ramp), "JPEG", quality=95), (16, 32))
    expected = ramp.reshape(16, 64, 32, 64).mean(axis=(1, 3))
    assert np.abs(picture.pixels[..., 0] - expected)[:, 1:-1].max() < 3


def test_a_picture_20000_pixels_wide_is_decoded():
    wide = Image.new("RGB", (20_000, 50), (10, 20, 30))
    picture = decode(content(wide, "PNG"), (16, 16))
    assert picture.size == (50, 20_000)
    np.testing.assert_array_equal(picture.pixels, np.full((16, 16, 3), (10, 20, 30)))


@pytest.mark.parametrize("side", [10_000, 14_000])
def test_a_decompression_bomb_is_refused(side):
    """Over Pillow's limit, and over twice the limit."""
    bomb = content(Image.new("1", (side, side)), "PNG")
    with pytest.raises(UnreadableError, match="^over 89,478,485 pixels$"), decoding():
        decode(bomb, (8, 8))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda whole: b"hello", "no PNG, JPEG, TIFF, BMP, GIF, WEBP picture"),
        (lambda whole: b"", "no PNG, JPEG, TIFF, BMP, GIF, WEBP picture"),
        (lambda whole: whole[: len(whole) // 2], "truncated"),
        (lambda whole: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no PNG"),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_damage_is_one_line(damage, reason, format):
    noise = Image.fromarray(RNG.integers(0, 256, (60, 60, 3), "uint8"))
    with pytest.raises(UnreadableError, match=reason) as refused, decoding():
        decode(damage(content(noise, format)), SIZE)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(28, 28)] * 9, (28, 28)),
        ([(20, 30)] * 19 + [(500, 10)], (20, 30)),
        ([(480, 640)] * 9, (48, 64)),
        ([(1000, 20)] * 9, (64, 8)),
        ([(4, 4)], (8, 8)),
        ([(480, 640), (500, 400), (30, 90)], (64, 64)),
        ([(20, 30), (24, 90), (70, 26)], (24, 24)),
        ([(3, 30), (4, 90)], (8, 8)),
    ],
)
def test_the_default_size_follows_from_the_pictures(sizes, expected):
    assert default_size(sizes) == expected


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_arrays_are_resized_as_pictures_are(dtype):
    images = np.zeros((2, 8, 16, 3), dtype)
    images[0, :, :, 1] = 1
    fitted = fit(images, (4, 4))
    assert fitted.dtype == dtype
    green, black = [[[0, 1, 0]]], [[[0, 0, 0]]]
    np.testing.assert_allclose(fitted, np.zeros((2, 4, 4, 3)) + [green, black], atol=1e-6)
