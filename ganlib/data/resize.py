"""Cutting a region out of pictures and resizing it to a square."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch.nn.functional import interpolate

from ganlib.data.crop import Region

TOGETHER = 2**23  # bytes of decoded pictures that are resized at once: CelebA's 72


def squares(pictures: Iterable[np.ndarray], region: Region, size: int) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 pictures of any sizes -> their regions as (n, size, size, 3) uint8, as many at a time as follow in one size.

    The filter is bilinear, and its support grows with the reduction (antialiasing): Pillow's, of which each value is at most 1 off by
    rounding, as torchvision's Resize has it on uint8 tensors.
    """
    held: list[np.ndarray] = []
    for picture in pictures:
        if held and (picture.shape != held[0].shape or (len(held) + 1) * picture.nbytes > TOGETHER):
            yield _resized(held, region, size)
            held = []
        held.append(picture)
    if held:
        yield _resized(held, region, size)


def _resized(pictures: list[np.ndarray], region: Region, size: int) -> np.ndarray:
    height, width, _ = pictures[0].shape
    left, top, right, bottom = region.edges(width, height)
    inside = torch.from_numpy(np.stack([picture[top:bottom, left:right] for picture in pictures])).permute(0, 3, 1, 2)
    return interpolate(inside, (size, size), mode="bilinear", antialias=True).permute(0, 2, 3, 1).contiguous().numpy()
