"""Crops pictures and resizes the crops to squares."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch.nn.functional import interpolate

from ganlib.data.crop import Region

TOGETHER = 2**21  # bytes per call: 22 of CelebA's pictures, which fit into the cache of a core


def squares(pictures: Iterable[np.ndarray], region: Region, size: int) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 pictures of any sizes to (n, size, size, 3) uint8; consecutive pictures of one size are resized together.

    Bilinear with antialiasing, as torchvision's Resize on uint8 tensors; differs from Pillow by at most 1, through rounding.
    """
    batch, count, shape = np.empty(0), 0, None
    for picture in pictures:
        if count and (count == len(batch) or picture.shape != shape):
            yield _resized(batch[:count], size)
            count = 0
        if picture.shape != shape:
            shape = picture.shape
            left, top, right, bottom = region.edges(shape[1], shape[0])
            inside = (bottom - top, right - left, 3)
            batch = np.empty((max(1, TOGETHER // math.prod(inside)), *inside), np.uint8)
        batch[count] = picture[top:bottom, left:right]
        count += 1
    if count:
        yield _resized(batch[:count], size)


def _resized(pictures: np.ndarray, size: int) -> np.ndarray:
    channels_last = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    return interpolate(channels_last, (size, size), mode="bilinear", antialias=True).permute(0, 2, 3, 1).contiguous().numpy()
