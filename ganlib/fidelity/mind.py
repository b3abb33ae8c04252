"""MIND, the Monge Inception distance (Berthet et al. 2026, arXiv 2605.06797).

MIND = 3 D mean over u and i of (x_(i) - y_(i))^2, where x_(1) <= ... <= x_(N) are the reals' features projected onto a random unit
vector u, and y_(i) the fakes': 3 D times the squared sliced 2-Wasserstein distance (Bonneel et al. 2015). No covariance is estimated.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ganlib.core.device import device
from ganlib.fidelity.pairs import require

DIRECTIONS = 1000
BLOCK = 50  # directions at a time: 50,000 pictures on them are 10 MB


def mind(real: np.ndarray, fake: np.ndarray) -> float:
    """MIND of (N, D) and (M, D) float32 features; the larger side is subsampled to the size of the smaller, with a fixed seed.

    Biased upwards at any N, like FID: compare at equal N only. Fewer than two pictures on a side are a UserError.
    """
    require("MIND", 2, real=real, fake=fake)
    return float(mind_without(*equally_many(real, fake), [None])[0])


def equally_many(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides, the larger one subsampled to the size of the smaller."""
    count = min(len(real), len(fake))
    rows = np.random.default_rng(0).permutation(max(len(real), len(fake)))[:count]
    real, fake = (side if len(side) == count else side[rows] for side in (real, fake))
    return real, fake


def mind_without(real: np.ndarray, fake: np.ndarray, left_out: list[np.ndarray | None]) -> np.ndarray:
    """MIND of two sides of equal length, once for each (N,) bool mask of pictures to leave out on both; None leaves out none."""
    sides = [torch.from_numpy(side).to(device()) for side in (real, fake)]
    rest = [torch.from_numpy(np.ones(len(real), bool) if rows is None else ~rows).to(device()) for rows in left_out]
    sums = np.zeros(len(rest))
    for directions in _directions(real.shape[1]):
        (x, of_x), (y, of_y) = ((directions @ side.T).sort(dim=1) for side in sides)
        for index, stays in enumerate(rest):
            gaps = x[stays[of_x]] - y[stays[of_y]]  # still sorted within each direction
            sums[index] += gaps.square_().sum(dtype=torch.float64).item()
    found: np.ndarray = 3 * real.shape[1] * sums / DIRECTIONS / np.array([int(stays.sum()) for stays in rest])
    return found


def _directions(dimensions: int) -> Iterator[Tensor]:
    """DIRECTIONS random unit vectors, (BLOCK, D) float32 at a time, from a fixed seed."""
    rng = np.random.default_rng(0)
    for _ in range(DIRECTIONS // BLOCK):
        some = rng.standard_normal((BLOCK, dimensions))
        yield torch.from_numpy((some / np.linalg.norm(some, axis=1, keepdims=True)).astype(np.float32)).to(device())
