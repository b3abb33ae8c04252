"""Pictures as tensors, and sheets of pictures as PNG files."""

import math
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, uint8
from torch.nn.functional import interpolate

from ganlib.support.files import replacing

GAP = 2  # white pixels around each picture


def to_float(pictures: Tensor, pixel_range: tuple[float, float]) -> Tensor:
    """(N, 3, S, S) uint8 to float32 in `pixel_range`."""
    low, high = pixel_range
    floats = pictures.float()
    # In place: faster than a mixed-type operation, and without a device sync.
    return torch.add(torch.scalar_tensor(low), floats, alpha=(high - low) / 255, out=floats)


def to_uint8(pictures: Tensor, pixel_range: tuple[float, float]) -> Tensor:
    """(N, 3, S, S) float32 in `pixel_range` to uint8, clipped and rounded."""
    low, high = pixel_range
    return ((pictures - low) * (255 / (high - low))).clamp(0, 255).round().to(uint8)


def resized(pictures: Tensor, size: int) -> Tensor:
    """(N, 3, S, S) uint8 to (N, 3, size, size) uint8; bilinear with antialiasing, as the crops are made."""
    if pictures.shape[-1] == size:
        return pictures
    return interpolate(pictures.float(), (size, size), mode="bilinear", antialias=True).round().clamp(0, 255).to(uint8)


def save_sheet(pictures: Tensor, columns: int, path: Path) -> None:
    """Write (N, 3, S, S) uint8 as a PNG with `columns` pictures per row; equal pictures give equal bytes."""
    step = pictures.shape[-1] + GAP
    rows = math.ceil(len(pictures) / columns)
    sheet = Image.new("RGB", (columns * step + GAP, rows * step + GAP), "white")
    for index, picture in enumerate(pictures.permute(0, 2, 3, 1).cpu().numpy()):
        sheet.paste(Image.fromarray(picture), (GAP + index % columns * step, GAP + index // columns * step))
    with replacing(path) as target:
        sheet.save(target, compress_level=4)  # as small as at zlib's default of 6, in half the time
