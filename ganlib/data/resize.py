"""Cutting a region out of pictures and resizing it to a square."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch.nn.functional import interpolate

from ganlib.data.crop import Region

TOGETHER = 2**21  # bytes that are resized at once: 22 of CelebA's pictures, what a core's cache holds


def squares(pictures: Iterable[np.ndarray], region: Region, size: int) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 pictures of any sizes -> their regions as (n, size, size, 3) uint8, as many at a time as follow in one size.

    The filter is bilinear, and its support grows with the reduction (antialiasing): Pillow's, of which each value is at most 1 off by
    rounding, as torchvision's Resize has it on uint8 tensors.
    """
    held, count = np.empty((0, 0, 0, 3), np.uint8), 0
    for picture in pictures:
        left, top, right, bottom = region.edges(picture.shape[1], picture.shape[0])
        inside = picture[top:bottom, left:right]
        if count and (count == len(held) or inside.shape != held.shape[1:]):
            yield _resized(held[:count], size)
            count = 0
        if inside.shape != held.shape[1:]:
            held = np.empty((max(1, TOGETHER // inside.nbytes), *inside.shape), np.uint8)
        held[count] = inside
        count += 1
    if count:
        yield _resized(held[:count], size)


def _resized(pictures: np.ndarray, size: int) -> np.ndarray:
    channels_last = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    return interpolate(channels_last, (size, size), mode="bilinear", antialias=True).permute(0, 2, 3, 1).contiguous().numpy()
