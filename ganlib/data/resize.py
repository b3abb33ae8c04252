"""Cutting a region out of pictures and resizing it to a square."""

import math
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
    held, count, shape = np.empty(0), 0, None
    for picture in pictures:
        if count and (count == len(held) or picture.shape != shape):
            yield _resized(held[:count], size)
            count = 0
        if picture.shape != shape:
            shape = picture.shape
            left, top, right, bottom = region.edges(shape[1], shape[0])
            inside = (bottom - top, right - left, 3)
            held = np.empty((max(1, TOGETHER // math.prod(inside)), *inside), np.uint8)
        held[count] = picture[top:bottom, left:right]
        count += 1
    if count:
        yield _resized(held[:count], size)


def _resized(pictures: np.ndarray, size: int) -> np.ndarray:
    channels_last = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    return interpolate(channels_last, (size, size), mode="bilinear", antialias=True).permute(0, 2, 3, 1).contiguous().numpy()
