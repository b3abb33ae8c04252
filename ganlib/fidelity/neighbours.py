"""Exact nearest neighbours among features, by Euclidean distance in float64."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ganlib.device import device
from ganlib.fidelity.checks import require
from ganlib.fidelity.tiles import tiles


def nearest(queries: np.ndarray, bank: np.ndarray, k: int = 1, *, itself: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Distances (N, k), ascending, from each of (N, D) queries to the k closest of (M, D) bank, and their rows (N, k).

    `itself` says that the queries are the bank, and leaves out row i for query i. Identical features are at distance 0 exactly.
    A bank of too few pictures or any feature that is not finite is a UserError. Memory beyond the features: 150 MB of tiles.
    """
    require("the search for neighbours", 1, query=queries)
    require("the search for neighbours", k + itself, bank=bank)
    squares = torch.full((len(queries), k), torch.inf, dtype=torch.float64, device=device())
    places = torch.zeros((len(queries), k), dtype=torch.int64, device=device())
    for rows, columns, tile in squared_distances(queries, bank, "nearest neighbours"):
        if itself and rows == columns:
            tile.fill_diagonal_(torch.inf)
        closest = tile.topk(min(k, tile.shape[1]), largest=False)
        candidates = torch.cat([squares[rows], closest.values], 1)
        squares[rows], kept = candidates.topk(k, largest=False)
        places[rows] = torch.cat([places[rows], closest.indices + columns.start], 1).gather(1, kept)
    return _measured(queries, bank, places.cpu().numpy())


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


def _measured(queries: np.ndarray, bank: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distances to the rows found, through differences, which cancel no digits; both in the distances' order."""
    distances = np.empty(places.shape)
    for query, row in enumerate(places):
        distances[query] = np.sqrt(np.square(bank[row] - queries[query].astype(np.float64)).sum(axis=1))
    order = distances.argsort(axis=1, kind="stable")
    return np.take_along_axis(distances, order, 1), np.take_along_axis(places, order, 1)
