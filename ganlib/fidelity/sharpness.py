"""Sharpness: the variance of the Laplacian (Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy")."""

from collections.abc import Iterable

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601


def sharpness(batches: Iterable[Tensor]) -> float:
    """Mean over pictures, in batches of (n, 3, S, S) uint8, of the variance of the Laplacian of their luma, in squared grey levels.

    The Laplacian is the sum of the four neighbours minus four times the pixel; border pixels have none.
    """
    return float(torch.cat([_variances(pictures) for pictures in batches]).mean())


def _variances(pictures: Tensor) -> Tensor:
    luma = torch.einsum("c,nchw->nhw", torch.tensor(LUMA, device=pictures.device), pictures.float())
    middle = luma[:, 1:-1, 1:-1]
    laplacian = luma[:, :-2, 1:-1] + luma[:, 2:, 1:-1] + luma[:, 1:-1, :-2] + luma[:, 1:-1, 2:] - 4 * middle
    return laplacian.flatten(1).var(dim=1, correction=0)
