"""Pairs of pictures by their features: all of them, a square tile at a time, and the nearest neighbours that they give."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ganlib.core.device import device
from ganlib.support import progress
from ganlib.support.errors import UserError

SIDE = 2048  # pictures along a tile: its float64 values and both strips of 2048 features take 100 MB

Tile = tuple[slice, slice, Tensor, Tensor]


def require(metric: str, at_least: int, **sides: np.ndarray) -> None:
    """A UserError where a side, named as in `real=...`, has fewer than `at_least` pictures."""
    for side, features in sides.items():
        if len(features) < at_least:
            raise UserError(f"{metric} needs {at_least} or more {side.replace('_', '-')} pictures, not {len(features)}")


def tiles(x: np.ndarray, y: np.ndarray, dtype: torch.dtype, desc: str, *, upper: bool = False) -> Iterator[Tile]:
    """(rows, columns, x[rows], y[columns]) of each tile, so that N x N values never stand in memory at once.

    `upper` leaves out the tiles below the diagonal. The features become `dtype` on the device; x[rows] stays there until its row of
    tiles is done. A bar called `desc` appears after five seconds.
    """

    def strip(features: np.ndarray, part: slice) -> Tensor:
        return torch.tensor(features[part], device=device()).to(dtype)

    places = [(rows, [columns for columns in _parts(len(y)) if not upper or columns.start >= rows.start]) for rows in _parts(len(x))]
    with progress.bar(total=sum(len(columns) for _, columns in places), desc=desc, unit="tile", delay=5) as bar:
        for rows, row_of_tiles in places:
            ours = strip(x, rows)
            for columns in row_of_tiles:
                yield rows, columns, ours, strip(y, columns)
                bar.update()


def squared_distances(queries: np.ndarray, bank: np.ndarray, desc: str) -> Iterator[tuple[slice, slice, Tensor]]:
    """(rows of queries, rows of bank, float64 squared distances between them), a tile at a time.

    Each is rounded down by the most that it can be off, (2 D + 100) 2^-53 (|x|^2 + |y|^2) for |x|^2 + |y|^2 - 2 x.y in any order of
    its sums (Higham 2002, section 3.1), and so is never above the true one, nor above the one that `nearest` measures: identical
    features are at 0, and a picture on the rim of a ball is in it.
    """
    shrink = 1 - (2 * queries.shape[1] + 100) * 2.0**-53
    for rows, columns, x, y in tiles(queries, bank, torch.float64, desc):
        tile = (x @ y.T).mul_(-2)
        tile += x.square().sum(1, keepdim=True) * shrink
        tile += y.square().sum(1) * shrink
        yield rows, columns, tile.clamp_(min=0)


def nearest(queries: np.ndarray, bank: np.ndarray, k: int = 1, *, itself: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Exact Euclidean distances (N, k), ascending, from each of (N, D) queries to the k closest of (M, D) bank, and their rows (N, k).

    `itself` says that the queries are the bank, and leaves out row i for query i; M is above k then, and else at least k. Identical
    features are at distance 0 exactly. Memory beyond the features: 150 MB of tiles.
    """
    squares = torch.full((len(queries), k), torch.inf, dtype=torch.float64, device=device())
    places = torch.zeros((len(queries), k), dtype=torch.int64, device=device())
    for rows, columns, tile in squared_distances(queries, bank, "nearest neighbours"):
        if itself and rows == columns:
            tile.fill_diagonal_(torch.inf)
        closest = tile.topk(min(k, tile.shape[1]), largest=False)
        candidates = torch.cat([squares[rows], closest.values], 1)
        squares[rows], kept = candidates.topk(k, largest=False)
        places[rows] = torch.cat([places[rows], closest.indices + columns.start], 1).gather(1, kept)
    return _through_differences(queries, bank, places.cpu().numpy())


def _parts(count: int) -> list[slice]:
    return [slice(start, min(start + SIDE, count)) for start in range(0, count, SIDE)]


def _through_differences(queries: np.ndarray, bank: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distances to the rows found, by |x - y|, which cancels no digits, and these rows; both in the distances' order."""
    distances = np.empty(places.shape)
    for query, row in enumerate(places):
        distances[query] = np.sqrt(np.square(bank[row] - queries[query].astype(np.float64)).sum(axis=1))
    order = distances.argsort(axis=1, kind="stable")
    return np.take_along_axis(distances, order, 1), np.take_along_axis(places, order, 1)
