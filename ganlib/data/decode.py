"""Decodes pictures of all supported formats to RGB."""

import struct
from io import BytesIO

import numpy as np
import simplejpeg
from PIL import Image, ImageOps

PIXELS = 2**26  # limit of one picture: 8192x8192
SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L")


def rgb(data: bytes) -> np.ndarray:
    """Decode a JPEG, PNG or WebP to (H, W, 3) uint8, with EXIF rotation undone and transparency on white.

    Raises a ValueError if it cannot be decoded. JPEGs give the same pixels as Pillow: simplejpeg uses the same library, but is faster.
    """
    if data[:2] == b"\xff\xd8" and b"Exif\0\0" not in data:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
        _check(width, height)
        if space not in ("CMYK", "YCCK"):
            pixels: np.ndarray = simplejpeg.decode_jpeg(data, "RGB")
            return pixels
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            _check(*image.size)
            return np.asarray(_opaque(ImageOps.exif_transpose(image)))
    except (OSError, SyntaxError, struct.error, Image.DecompressionBombError) as error:  # what Pillow's readers raise
        raise ValueError(str(error)) from None


def _check(width: int, height: int) -> None:
    if width * height > PIXELS:
        raise ValueError(f"{width}x{height} pixels; the limit is {PIXELS:,}")


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode in SIXTEEN_BITS:
        return Image.fromarray(((np.asarray(image, np.int64) + 128) // 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")
