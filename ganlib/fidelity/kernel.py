"""KID: the squared maximum mean discrepancy under a cubic polynomial kernel (Binkowski et al. 2018)."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ganlib.core.device import device
from ganlib.fidelity.pairs import require, tiles
from ganlib.support import progress


class KernelSums(NamedTuple):
    """Sums of the kernel over pairs of pictures, (G, G) by their groups; `real` and `fake` leave out each picture's pair with itself."""

    real: np.ndarray
    fake: np.ndarray
    cross: np.ndarray


def kid(real: np.ndarray, fake: np.ndarray, *, subsets: int = 100, subset_size: int = 1000, seed: int) -> tuple[float, float]:
    """Mean and population standard deviation of MMD^2 over random subsets of (N, D) features, as torch-fidelity and torchmetrics do it.

    A subset has `subset_size` pictures of each side, drawn without replacement, or half of the smaller side's where that is fewer:
    subsets of nearly all pictures would hardly differ. Fewer than 4 pictures on a side are a UserError.
    """
    require("KID", 4, real=real, fake=fake)
    size = min(subset_size, len(real) // 2, len(fake) // 2)
    rng = np.random.default_rng(seed)
    real_rows, fake_rows = (np.stack([rng.choice(len(side), size, replace=False) for _ in range(subsets)]) for side in (real, fake))
    if len(real) * len(fake) <= subsets * size**2:  # fewer pairs than in all subsets together: no kernel value is computed twice
        sums = kernel_sums(real, fake, _members(real_rows, len(real)), _members(fake_rows, len(fake)))
        scores = mmd2(KernelSums(*map(np.diagonal, sums)), size, size)
    else:
        whole = np.ones((1, size))
        rows = progress.bar(zip(real_rows, fake_rows, strict=True), total=subsets, desc="KID", unit="subset", delay=5)
        scores = np.array([mmd2(kernel_sums(real[ours], fake[theirs], whole, whole), size, size) for ours, theirs in rows])
    return float(scores.mean()), float(scores.std())


def mmd2(sums: KernelSums, real_count: int | np.ndarray, fake_count: int | np.ndarray) -> np.ndarray:
    """The unbiased estimate from the kernel's sums over all pairs of so many pictures (Gretton et al. 2012, equation 3)."""
    within = sums.real / (real_count * (real_count - 1)) + sums.fake / (fake_count * (fake_count - 1))
    return within - 2 * sums.cross / (real_count * fake_count)


def kernel_sums(real: np.ndarray, fake: np.ndarray, real_members: np.ndarray, fake_members: np.ndarray) -> KernelSums:
    """Of (N, D) and (M, D) features in groups that (G, N) and (G, M) arrays of 0 and 1 tell; a picture may be in several.

    Products are float32, their sums float64.
    """
    ours, theirs = (torch.tensor(members, device=device()) for members in (real_members, fake_members))
    return KernelSums(_within(real, ours, "kernel of reals"), _within(fake, theirs, "kernel of fakes"), _between(real, fake, ours, theirs))


def _within(features: np.ndarray, members: Tensor, desc: str) -> np.ndarray:
    total = members.new_zeros(len(members), len(members))
    for rows, columns, x, y in tiles(features, features, torch.float32, desc, upper=True):
        kernel = _kernel(x, y)
        if rows == columns:
            kernel.fill_diagonal_(0)
        sums = members[:, rows] @ kernel.double() @ members[:, columns].T
        total += sums if rows == columns else sums + sums.T
    return total.cpu().numpy()


def _between(real: np.ndarray, fake: np.ndarray, real_members: Tensor, fake_members: Tensor) -> np.ndarray:
    total = real_members.new_zeros(len(real_members), len(fake_members))
    for rows, columns, x, y in tiles(real, fake, torch.float32, "kernel of reals and fakes"):
        total += real_members[:, rows] @ _kernel(x, y).double() @ fake_members[:, columns].T
    return total.cpu().numpy()


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    """(x . y / D + 1)^3 of each row of `x` with each of `y`."""
    return (x @ y.T).div_(x.shape[1]).add_(1).pow_(3)


def _members(rows: np.ndarray, count: int) -> np.ndarray:
    """(subsets, count) of 0 and 1 from the (subsets, size) rows that are in each."""
    members = np.zeros((len(rows), count))
    np.put_along_axis(members, rows, 1, axis=1)
    return members
