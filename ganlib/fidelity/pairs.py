"""All pairs of two sets of features, one square tile at a time, and nearest neighbours."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ganlib.core.device import device
from ganlib.support import console
from ganlib.support.errors import UserError

SIDE = 2048  # pictures along a tile: its float64 values and two strips of 2048 features take 100 MB

Tile = tuple[slice, slice, Tensor, Tensor]


def require(metric: str, at_least: int, **sides: np.ndarray) -> None:
    """Raise a UserError if one of the sides, such as `real=...`, has fewer than `at_least` pictures."""
    for side, features in sides.items():
        if len(features) < at_least:
            raise UserError(f"{metric} needs {at_least} or more {side.replace('_', '-')} pictures, not {len(features)}")


def tiles(x: np.ndarray, y: np.ndarray, dtype: torch.dtype, desc: str, *, upper: bool = False) -> Iterator[Tile]:
    """Yield (rows, columns, x[rows], y[columns]) of each tile, as `dtype` on the device: all pairs in bounded memory.

    `upper` omits the tiles below the diagonal. A progress bar `desc` appears after five seconds. A GPU keeps all of `y`, 1.3 GB for the
    training split of CelebA; a copy for each tile would be 33 GB.
    """
    place = device()
    bank = y if place.type == "cpu" else torch.tensor(y, device=place)

    def strip(features: np.ndarray | Tensor, part: slice) -> Tensor:
        rows = features[part]
        return (rows if isinstance(rows, Tensor) else torch.tensor(rows, device=place)).to(dtype)

    grid = [(rows, [columns for columns in _parts(len(y)) if not upper or columns.start >= rows.start]) for rows in _parts(len(x))]
    with console.bar(total=sum(len(columns) for _, columns in grid), desc=desc, unit="tile", delay=5) as bar:
        for rows, row_of_tiles in grid:
            ours = strip(x, rows)
            for columns in row_of_tiles:
                yield rows, columns, ours, strip(bank, columns)
                bar.update()


def squared_distances(queries: np.ndarray, bank: np.ndarray, desc: str) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yield (rows of queries, rows of bank, float64 squared distances between them), one tile at a time.

    Each is rounded down by its error bound, (2 D + 100) 2^-53 (|x|^2 + |y|^2) for |x|^2 + |y|^2 - 2 x.y in any order of summation (Higham
    2002, section 3.1), so it never exceeds the true distance nor the one from `nearest`: identical features have distance 0, and a
    picture on the surface of a ball is inside it.
    """
    shrink = 1 - (2 * queries.shape[1] + 100) * 2.0**-53
    for rows, columns, x, y in tiles(queries, bank, torch.float64, desc):
        tile = (x @ y.T).mul_(-2)
        tile += x.square().sum(1, keepdim=True) * shrink
        tile += y.square().sum(1) * shrink
        yield rows, columns, tile.clamp_(min=0)


def nearest(queries: np.ndarray, bank: np.ndarray, k: int = 1, *, exclude_self: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Exact Euclidean distances (N, k), ascending, from (N, D) queries to their k nearest of (M, D) bank, and the indices of these (N, k).

    `exclude_self`: the queries are the bank, and row i is no neighbour of query i. Requires M >= k, or M > k with `exclude_self`.
    Identical features have a distance of exactly 0. Memory beyond the features: 150 MB of tiles.
    """
    squares = torch.full((len(queries), k), torch.inf, dtype=torch.float64, device=device())
    indices = torch.zeros((len(queries), k), dtype=torch.int64, device=device())
    for rows, columns, tile in squared_distances(queries, bank, "nearest neighbours"):
        if exclude_self and rows == columns:
            tile.fill_diagonal_(torch.inf)
        closest = tile.topk(min(k, tile.shape[1]), largest=False)
        candidates = torch.cat([squares[rows], closest.values], 1)
        squares[rows], kept = candidates.topk(k, largest=False)
        indices[rows] = torch.cat([indices[rows], closest.indices + columns.start], 1).gather(1, kept)
    return _exact_distances(queries, bank, indices.cpu().numpy())


def _parts(count: int) -> list[slice]:
    return [slice(start, min(start + SIDE, count)) for start in range(0, count, SIDE)]


def _exact_distances(queries: np.ndarray, bank: np.ndarray, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distances as |x - y|, which is free of cancellation, and the indices; both sorted by distance."""
    distances = np.empty(indices.shape)
    for query, row in enumerate(indices):
        distances[query] = np.sqrt(np.square(bank[row] - queries[query].astype(np.float64)).sum(axis=1))
    order = distances.argsort(axis=1, kind="stable")
    return np.take_along_axis(distances, order, 1), np.take_along_axis(indices, order, 1)
