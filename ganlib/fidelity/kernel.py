"""KID: the squared maximum mean discrepancy (MMD) under a cubic polynomial kernel (Binkowski et al. 2018)."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ganlib.core.device import device
from ganlib.fidelity.pairs import require, tiles


class KernelSums(NamedTuple):
    """Sums of the kernel over pairs of pictures, (G, G) by group; `real` and `fake` exclude the pairs of a picture with itself."""

    real: np.ndarray
    fake: np.ndarray
    cross: np.ndarray


def kid(real: np.ndarray, fake: np.ndarray) -> float:
    """The unbiased estimate of MMD^2 (a U-statistic) from all pairs of (N, D) and (M, D) features.

    Equals torch-fidelity's and clean-fid's KID with a single subset of all pictures; their default averages random subsets of it.
    Fewer than 2 pictures on a side are a UserError.
    """
    require("KID", 2, real=real, fake=fake)
    sums = kernel_sums(real, fake, np.ones((1, len(real))), np.ones((1, len(fake))))
    return float(mmd2(sums, len(real), len(fake)).item())


def mmd2(sums: KernelSums, real_count: int | np.ndarray, fake_count: int | np.ndarray) -> np.ndarray:
    """The unbiased estimate from the kernel's sums and the numbers of pictures (Gretton et al. 2012, equation 3)."""
    within: np.ndarray = sums.real / (real_count * (real_count - 1)) + sums.fake / (fake_count * (fake_count - 1))
    return within - 2 * sums.cross / (real_count * fake_count)


def kernel_sums(real: np.ndarray, fake: np.ndarray, real_members: np.ndarray, fake_members: np.ndarray) -> KernelSums:
    """Sums over (N, D) and (M, D) features by the groups of the (G, N) and (G, M) 0-1 membership arrays; groups may overlap.

    Products are float32, sums float64.
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
