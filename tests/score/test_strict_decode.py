"""Which picture files are scored, and that their pixels are Pillow's own."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlib.score.strict_decode import PIXELS, BrokenPictureError, decode
from ganlib.support.errors import UserError
from tests.data.archive import encoded, picture
from tests.data.test_decode import ODD, exif

RGB = np.random.default_rng(0).integers(0, 256, (48, 32, 3), dtype=np.uint8)


def decoded(path: Path) -> np.ndarray:
    return decode(path.read_bytes(), str(path))


def png(bits: int, colour_type: int, rows: bytes, size: tuple[int, int]) -> bytes:
    """A PNG of any depth, which Pillow itself cannot write (PNG specification, sections 5 and 11)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", *size, bits, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("name", ["a.bmp", "a.jpg", "a.jpeg", "a.PNG", "a.tif", "a.tiff", "a.webp"])
def test_pixels_equal_pillows(tmp_path: Path, name: str) -> None:
    Image.fromarray(RGB).save(tmp_path / name)
    found = decoded(tmp_path / name)
    with Image.open(tmp_path / name) as image:
        np.testing.assert_array_equal(found, np.asarray(image).transpose(2, 0, 1))
    assert (found.shape, found.dtype) == ((3, 48, 32), np.uint8)


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        ("a.png", "L", r"a\.png: has grey \(mode L\), but only 8-bit RGB is scored; convert it first, with Pillow: `image\.convert"),
        ("a.png", "1", "black and white"),
        ("a.png", "P", "a palette"),
        ("a.png", "LA", "transparency"),
        ("a.png", "RGBA", r"transparency \(mode RGBA\).*alpha_composite"),
        ("a.webp", "RGBA", "transparency"),
        ("a.jpg", "CMYK", r"other channels \(mode CMYK\)"),
        ("a.tif", "CMYK", "other channels"),
        ("a.png", "I;16", r"more than 8 bits per channel \(mode I;16\)"),
        ("a.tif", "F", "more than 8 bits per channel"),
    ],
)
def test_pictures_that_need_conversion_are_refused_with_their_mode_and_how(tmp_path: Path, name: str, mode: str, said: str) -> None:
    image = Image.new("I;16", (32, 48)) if mode == "I;16" else Image.fromarray(RGB).convert(mode)
    if "A" in mode:
        image.putalpha(128)
    image.save(tmp_path / name)
    with pytest.raises(UserError, match=said) as raised:
        decoded(tmp_path / name)
    assert "\n" not in str(raised.value)
    assert not isinstance(raised.value, BrokenPictureError)


def test_sixteen_bit_rgb_is_refused_though_pillow_calls_it_rgb(tmp_path: Path) -> None:
    data = png(16, 2, (b"\0" + bytes(6 * 8)) * 8, (8, 8))
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGB"
    (tmp_path / "deep.png").write_bytes(data)
    with pytest.raises(UserError, match=r"deep\.png: has more than 8 bits per channel \(mode RGB\)"):
        decoded(tmp_path / "deep.png")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("name", ["a.bmp", "a.jpg", "a.png", "a.tif", "a.webp"])
def test_cut_and_empty_files_are_broken_pictures(tmp_path: Path, name: str) -> None:
    Image.fromarray(RGB).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    for data in (whole[: len(whole) // 2], whole[:20], b"", b"no picture at all"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BrokenPictureError, match=rf"^{tmp_path / name}: (cannot be read as|not) a picture: "):
            decoded(tmp_path / name)


def test_formats_that_pillow_reads_with_other_programs_are_not_opened(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.png")
    with pytest.raises(BrokenPictureError, match="neither BMP, JPEG, PNG, TIFF nor WebP"):
        decoded(tmp_path / "a.png")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_000, 30_000])
def test_bombs_are_refused_by_their_header(tmp_path: Path, side: int) -> None:
    (tmp_path / "bomb.png").write_bytes(png(8, 2, b"", (side, side)))
    with pytest.raises(UserError, match=rf"bomb\.png: has more than {PIXELS:,} pixels") as raised:
        decoded(tmp_path / "bomb.png")
    assert not isinstance(raised.value, BrokenPictureError)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_odd_metadata_do_not_break_a_picture(kind):
    image = picture(9)
    odd = encoded(image, kind, exif=exif(*ODD.values()))
    assert np.array_equal(decode(odd, "a"), decode(encoded(image, kind), "a"))
