"""A picture's bytes as RGB pixels, whatever kind of picture it is."""

import struct
from io import BytesIO

import numpy as np
import simplejpeg
from PIL import Image, ImageOps

PIXELS = 2**26  # the largest picture that is decoded: 8192x8192
SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L")


def rgbx(data: bytes, scratch: np.ndarray | None = None) -> np.ndarray:
    """A JPEG, PNG or WebP, upright by its EXIF and on white where it is transparent; a ValueError says what is wrong with it.

    (H, W, 4) uint8, as Pillow keeps RGB: the fourth byte means nothing. A JPEG has Pillow's own pixels, by a faster decoder of the same
    library; one that fits into `scratch`, a row of uint8, is put there, which saves asking the system for memory, and stands until the next
    picture.
    """
    if data[:2] == b"\xff\xd8" and b"Exif\0\0" not in data:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
        _check(width, height)
        if space not in ("CMYK", "YCCK"):
            fits = scratch is not None and scratch.size >= 4 * width * height
            return simplejpeg.decode_jpeg(data, "RGBX", buffer=scratch if fits else None)
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            _check(*image.size)
            return np.asarray(_opaque(ImageOps.exif_transpose(image)).convert("RGBX"))
    except (OSError, SyntaxError, struct.error, Image.DecompressionBombError) as error:  # whatever Pillow's readers raise
        raise ValueError(str(error)) from None


def _check(width: int, height: int) -> None:
    if width * height > PIXELS:
        raise ValueError(f"{width}x{height} pixels are more than {PIXELS:,}")


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode in SIXTEEN_BITS:
        return Image.fromarray(((np.asarray(image, np.int64) + 128) // 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")
