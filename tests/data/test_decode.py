import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from ganlib.data.decode import rgb
from tests.data.archive import encoded, jpeg, picture

RAMP = np.arange(0, 256, dtype=np.uint8).reshape(16, 16)


def grey(values):
    return np.repeat(np.asarray(values)[:, :, None], 3, axis=2)


def test_jpeg_has_pillows_own_pixels():
    data = jpeg(picture(77))
    assert np.array_equal(rgb(data), np.asarray(Image.open(BytesIO(data))))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_lossless_picture_keeps_every_value(kind):
    assert np.array_equal(rgb(encoded(picture(9), kind, lossless=True)), np.asarray(picture(9)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_greyscale_has_three_equal_channels(kind):
    pixels = rgb(encoded(Image.fromarray(RAMP), kind))
    assert np.array_equal(pixels, grey(pixels[:, :, 0]))
    assert abs(pixels[:, :, 0].astype(int) - RAMP).max() <= (0 if kind == "PNG" else 3)


def test_sixteen_bits_are_scaled_to_eight_not_clipped():
    wide = RAMP.astype(np.uint16) * 257
    assert np.array_equal(rgb(encoded(Image.fromarray(wide), "PNG")), grey(RAMP))


def test_transparent_pixels_show_white_and_half_transparent_ones_half_of_it():
    image = Image.fromarray(np.uint8([[(10, 20, 30, 255), (10, 20, 30, 0), (0, 0, 0, 51)]]))
    assert rgb(encoded(image, "PNG")).tolist() == [[[10, 20, 30], [255, 255, 255], [204, 204, 204]]]


def test_palette_with_a_transparent_colour_shows_white_there():
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 200, 100, 50])
    image.putdata([0, 1])
    assert rgb(encoded(image, "PNG", transparency=0)).tolist() == [[[255, 255, 255], [200, 100, 50]]]


# EXIF 2.32, table 6: what must be done to the stored picture to see it upright.
UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].transpose(1, 0, 2),
    8: lambda stored: np.rot90(stored, 1),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_picture_that_its_exif_turns_is_upright(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    stored = rgb(encoded(picture(50, (24, 16)), kind, **options))
    turned = rgb(encoded(picture(50, (24, 16)), kind, exif=exif, **options))
    assert np.array_equal(turned, UPRIGHT[orientation](stored))


def test_jpeg_that_its_xmp_alone_turns_is_upright():
    """As editors leave it that remove EXIF."""
    stored = encoded(picture(50, (24, 16)), "JPEG")
    turned = encoded(picture(50, (24, 16)), "JPEG", xmp=b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>')
    assert np.array_equal(rgb(turned), UPRIGHT[6](rgb(stored)))


# Tag and type: text as resolution, a fraction as maker, text as offset, a signed latitude, an unknown type.
ODD = {"resolution": (0x011A, 2), "maker": (0x010F, 5), "interoperability": (0xA005, 2), "GPS": (0x8825, 10), "unknown": (0x9999, 99)}


def exif(*tags, before=b"Exif\0\0"):
    """EXIF with entries of (tag, type), whose values make no sense."""
    entries = b"".join(struct.pack("<HHLL", tag, kind, 3, 30) for tag, kind in tags)
    return before + b"II*\0" + struct.pack("<LH", 8, 1 + len(tags)) + struct.pack("<HHLL", 0x0112, 3, 1, 6) + entries


@pytest.mark.parametrize("tag", ODD.values(), ids=ODD)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_odd_metadata_decide_neither_whether_pixels_are_read_nor_how(kind, tag):
    options = {"lossless": True} if kind == "WEBP" else {}
    turned = encoded(picture(50, (24, 16)), kind, exif=exif(tag), **options)
    stored = encoded(picture(50, (24, 16)), kind, **options)
    assert np.array_equal(rgb(turned), np.rot90(rgb(stored), -1))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_any_bytes_of_exif_leave_the_pixels_readable(kind):
    whole = encoded(picture(50, (24, 16)), kind, exif=exif(*ODD.values()))
    start = whole.index(b"II*\0")
    for place in range(start, start + 60):
        for value in (0, 1, 8, 255):
            assert rgb(whole[:place] + bytes([value]) + whole[place + 1 :]).shape in {(24, 16, 3), (16, 24, 3)}


def test_large_text_in_a_png_does_not_hide_its_pixels():
    """Programs that generate pictures write their settings into them; Pillow refuses more than a megabyte."""
    text = PngImagePlugin.PngInfo()
    text.add_text("workflow", "x" * 2**21, zip=True)
    assert np.array_equal(rgb(encoded(picture(9), "PNG", pnginfo=text)), np.asarray(picture(9)))


def test_cmyk_jpeg_is_converted_to_rgb():
    pixels = rgb(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"))
    assert abs(pixels.astype(int) - (255, 0, 0)).max() <= 3


def test_gif_by_another_name_is_named_without_an_address_in_memory():
    with pytest.raises(ValueError, match=r"^neither JPEG, PNG nor WebP$"):
        rgb(encoded(picture(0), "GIF"))


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"\xff\xd8\xff", jpeg(picture(0))[:300], encoded(picture(0), "PNG")[:300], encoded(picture(0), "GIF")]
)
def test_unreadable_picture_is_a_value_error(data):
    with pytest.raises(ValueError, match=r"\w"):
        rgb(data)


def test_small_file_of_enormous_size_is_refused_before_it_is_decoded():
    with pytest.raises(ValueError, match="pixels"):
        rgb(encoded(Image.new("1", (20_000, 20_000)), "PNG"))
    header = bytearray(jpeg(picture(0)))
    place = header.index(b"\xff\xc0") + 5  # height and width in the frame header: ITU T.81, B.2.2
    header[place : place + 4] = b"\xea\x60\xea\x60"
    with pytest.raises(ValueError, match="60000x60000 pixels"):
        rgb(bytes(header))
