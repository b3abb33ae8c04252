"""Decode a picture file for scoring: Pillow's pixels, as pytorch-fid reads them.

pytorch-fid silently converts every picture to 8-bit RGB. Here other kinds are an error that names the file, since the score would depend
on the conversion; `ganlib.data.decode` is the lenient decoder, for training pictures.
"""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from ganlib.data.metadata import pixels_only
from ganlib.support.errors import UserError

FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")  # whatever the suffix: some of Pillow's readers start other programs
PIXELS = 89_478_485  # above which Pillow warns of a decompression bomb

# What Pillow's readers raise for damaged data.
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, struct.error, zlib.error)


class BrokenPictureError(UserError):
    """A file that has the name of a picture but cannot be decoded completely."""


def decode(data: bytes, name: str) -> np.ndarray:
    """(3, H, W) uint8 of the 8-bit RGB picture `name`; other kinds are a UserError, damaged files a BrokenPictureError."""
    try:
        with Image.open(io.BytesIO(pixels_only(data)), formats=FORMATS) as image:
            if image.width * image.height > PIXELS:  # Pillow itself only warns
                raise Image.DecompressionBombError
            _refuse_conversion(image, name)
            return np.asarray(image).transpose(2, 0, 1)
    except Image.DecompressionBombError:
        raise UserError(f"{name}: has more than {PIXELS:,} pixels, the limit that keeps a picture from filling the memory") from None
    except UnidentifiedImageError:
        raise BrokenPictureError(f"{name}: not a picture: neither BMP, JPEG, PNG, TIFF nor WebP") from None
    except UNREADABLE as error:
        raise BrokenPictureError(f"{name}: cannot be read as a picture: {' '.join(str(error).split())}") from None


def _refuse_conversion(image: ImageFile.ImageFile, name: str) -> None:
    deep = image.mode[0] in "IF" or any(";16" in str(tile.args) for tile in image.tile)  # 16-bit RGB has the mode RGB
    if image.mode == "RGB" and not deep:
        return
    if deep:
        kind, first = "more than 8 bits per channel", 'scale its values to 0...255, then `Image.fromarray(values).convert("RGB")`'
    elif "A" in image.getbands():
        kind, first = "transparency", 'lay it on a background with `Image.alpha_composite`, then `convert("RGB")`'
    else:
        kind = {"L": "grey", "1": "black and white", "P": "a palette"}.get(image.mode, "other channels")
        first = '`image.convert("RGB")`'
    raise UserError(f"{name}: has {kind} (mode {image.mode}), but only 8-bit RGB is scored; convert it first, with Pillow: {first}")
