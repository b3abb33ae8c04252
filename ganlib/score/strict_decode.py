"""A picture file as the array that is scored: Pillow's own pixels, which are those that pytorch-fid sees.

pytorch-fid turns whatever it meets into 8-bit RGB without a word. Here other kinds are refused by name, since the score would
depend on how they were converted; `ganlib.data.decode` is the lenient one, which brings pictures to train on into one form.
"""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from ganlib.support.errors import UserError

FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")  # whatever a file is called: Pillow has readers that start other programs
PIXELS = Image.MAX_IMAGE_PIXELS

# What Pillow's readers raise over damaged data.
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, struct.error, zlib.error)


class BrokenPictureError(UserError):
    """A file with a picture's name that holds no whole picture."""


def decode(data: bytes, name: str) -> np.ndarray:
    """(3, H, W) uint8 of an 8-bit RGB picture called `name`; a UserError for any other kind, a BrokenPictureError for a damaged one."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > PIXELS:  # where Pillow itself only warns
                raise Image.DecompressionBombError
            _refuse_conversion(image, name)
            return np.asarray(image).transpose(2, 0, 1)
    except Image.DecompressionBombError:
        raise UserError(f"{name}: has more than {PIXELS:,} pixels, the limit that keeps a picture from filling the memory") from None
    except UnidentifiedImageError:
        raise BrokenPictureError(f"{name}: is no picture: neither BMP, JPEG, PNG, TIFF nor WebP") from None
    except UNREADABLE as error:
        raise BrokenPictureError(f"{name}: is no readable picture: {' '.join(str(error).split())}") from None


def _refuse_conversion(image: ImageFile.ImageFile, name: str) -> None:
    deep = image.mode[0] in "IF" or any(";16" in str(tile.args) for tile in image.tile)  # 16-bit RGB has the mode RGB
    if image.mode == "RGB" and not deep:
        return
    if deep:
        kind, first = "more than 8 bits a channel", 'scale its values to 0...255, then `Image.fromarray(values).convert("RGB")`'
    elif "A" in image.getbands():
        kind, first = "transparency", 'lay it on a background with `Image.alpha_composite`, then `convert("RGB")`'
    else:
        kind = {"L": "grey", "1": "black and white", "P": "a palette"}.get(image.mode, "other channels")
        first = '`image.convert("RGB")`'
    raise UserError(f"{name}: has {kind} (mode {image.mode}), and scores are of 8-bit RGB; convert it first, in Pillow: {first}")
