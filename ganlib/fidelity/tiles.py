"""Every pair of two sets of features, a square tile at a time, so that N x N values never stand in memory at once."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import torch
from torch import Tensor

from ganlib import progress
from ganlib.device import device

SIDE = 2048  # pictures along a tile: its float64 values and both strips of 2048 features take 100 MB

Tile = tuple[slice, slice, Tensor, Tensor]


def tiles(x: np.ndarray, y: np.ndarray, dtype: torch.dtype, desc: str, *, upper: bool = False) -> Iterator[Tile]:
    """(rows, columns, x[rows], y[columns]) of each tile; `upper` leaves out the tiles below the diagonal.

    The features come as `dtype`, on a GPU where there is one. A bar called `desc` appears after five seconds.
    """
    parts = [(rows, columns) for rows, columns in product(_parts(len(x)), _parts(len(y))) if not upper or columns.start >= rows.start]
    for rows, columns in progress.bar(parts, desc=desc, unit="tile", delay=5):
        yield rows, columns, torch.tensor(x[rows], dtype=dtype, device=device()), torch.tensor(y[columns], dtype=dtype, device=device())


def _parts(count: int) -> list[slice]:
    return [slice(start, min(start + SIDE, count)) for start in range(0, count, SIDE)]
