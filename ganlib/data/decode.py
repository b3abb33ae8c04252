"""A picture's bytes as RGB pixels, whatever kind of picture it is."""

import struct
from io import BytesIO

import numpy as np
import simplejpeg
from PIL import Image, ImageOps

PIXELS = 2**26  # the largest picture that is decoded: 8192x8192
SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L")


def rgb(data: bytes) -> np.ndarray:
    """A JPEG, PNG or WebP as (H, W, 3) uint8, upright by its EXIF and on white where it is transparent.

    A ValueError says what is wrong with it. A JPEG has Pillow's own pixels, by a faster decoder of the same library.
    """
    if data[:2] == b"\xff\xd8" and b"Exif\0\0" not in data:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
        _check(width, height)
        if space not in ("CMYK", "YCCK"):
            return simplejpeg.decode_jpeg(data, "RGB")
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            _check(*image.size)
            return np.asarray(_opaque(ImageOps.exif_transpose(image)))
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
