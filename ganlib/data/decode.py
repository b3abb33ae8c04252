"""Decodes pictures of all supported formats to RGB."""

from io import BytesIO

import numpy as np
import simplejpeg
from PIL import Image, UnidentifiedImageError

from ganlib.data import metadata

PIXELS = 2**26  # limit of one picture: 8192x8192
# By EXIF's orientation.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L")


def rgb(data: bytes) -> np.ndarray:
    """Decode a JPEG, PNG or WebP to (H, W, 3) uint8, with the rotation of EXIF or XMP undone and transparency on white.

    Raises a ValueError if it cannot be decoded. JPEGs give the same pixels as Pillow: simplejpeg uses the same library, but is faster.
    """
    if data[:2] == b"\xff\xd8" and not any(mark in data for mark in (metadata.EXIF, metadata.XMP_ORIENTATION)):
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
        _check(width, height)
        if space not in ("CMYK", "YCCK"):
            pixels: np.ndarray = simplejpeg.decode_jpeg(data, "RGB")
            return pixels
    try:
        with Image.open(BytesIO(metadata.pixels_only(data)), formats=("JPEG", "PNG", "WEBP")) as image:
            _check(*image.size)
            webp = image.format == "WEBP"
            stored = metadata.of_exif(image.info.get("exif", b""), image.info.get("xmp", b"")) if webp else metadata.orientation(data)
            upright = image.transpose(UPRIGHT[stored]) if stored in UPRIGHT else image
            return np.asarray(_opaque(upright))
    except MemoryError:
        raise
    except UnidentifiedImageError:
        raise ValueError("neither JPEG, PNG nor WebP") from None
    except Exception as error:  # Pillow's readers do not say what they raise
        raise ValueError(str(error) or type(error).__name__) from error


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
