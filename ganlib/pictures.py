"""Pictures as tensors, and sheets of them as PNG files."""

from pathlib import Path

from PIL import Image
from torch import Tensor, uint8
from torchvision.utils import make_grid

from ganlib.files import replacing


def to_float(pictures: Tensor, pixel_range: tuple[float, float]) -> Tensor:
    """(N, 3, S, S) uint8 to float32 in `pixel_range`."""
    low, high = pixel_range
    return pictures.float().mul_((high - low) / 255).add_(low)


def to_uint8(pictures: Tensor, pixel_range: tuple[float, float]) -> Tensor:
    """(N, 3, S, S) float32 to uint8, rounded; what lies outside `pixel_range` is clipped to it."""
    low, high = pixel_range
    return ((pictures - low) * (255 / (high - low))).clamp(0, 255).round().to(uint8)


def save_sheet(pictures: Tensor, columns: int, path: Path) -> None:
    """Write (N, 3, S, S) uint8 as a PNG of `columns` pictures a row; equal pictures give equal bytes."""
    sheet = make_grid(pictures.cpu(), nrow=columns, padding=2, pad_value=255)
    with replacing(path) as target:
        Image.fromarray(sheet.permute(1, 2, 0).numpy()).save(target)
