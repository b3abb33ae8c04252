"""Pictures as tensors, and sheets of them as PNG files."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, uint8

from ganlib.files import replacing

GAP = 2  # white pixels around each picture of a sheet


def to_float(pictures: Tensor, pixel_range: tuple[float, float]) -> Tensor:
    """(N, 3, S, S) uint8 to float32 in `pixel_range`."""
    low, high = pixel_range
    return torch.add(torch.tensor(low, device=pictures.device), pictures, alpha=(high - low) / 255)  # in one pass


def to_uint8(pictures: Tensor, pixel_range: tuple[float, float]) -> Tensor:
    """(N, 3, S, S) float32 to uint8, rounded; what lies outside `pixel_range` is clipped to it."""
    low, high = pixel_range
    return ((pictures - low) * (255 / (high - low))).clamp(0, 255).round().to(uint8)


def save_sheet(pictures: Tensor, columns: int, path: Path) -> None:
    """Write (N, 3, S, S) uint8 as a PNG of `columns` pictures a row; equal pictures give equal bytes."""
    size = pictures.shape[-1]
    rows = -(-len(pictures) // columns)
    cells = torch.full((rows * columns, size + GAP, size + GAP, 3), 255, dtype=uint8)
    cells[: len(pictures), :size, :size] = pictures.permute(0, 2, 3, 1)
    joined = cells.unflatten(0, (rows, columns)).transpose(1, 2).flatten(0, 1).flatten(1, 2)
    sheet = torch.full((len(joined) + GAP, joined.shape[1] + GAP, 3), 255, dtype=uint8)
    sheet[GAP:, GAP:] = joined
    with replacing(path) as target:
        Image.fromarray(sheet.numpy()).save(target)
