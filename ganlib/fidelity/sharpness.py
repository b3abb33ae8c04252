"""How sharp pictures are: the variance of their Laplacian (Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy")."""

from collections.abc import Iterable

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601


def sharpness(batches: Iterable[Tensor]) -> float:
    """The mean over pictures, batches of (n, 3, S, S) uint8, of the variance over places of each one's Laplacian, in squared grey levels.

    The Laplacian of a place is its four neighbours' luma less four times its own; the outermost row of pixels has none.
    """
    return float(torch.cat([_variances(pictures) for pictures in batches]).mean())


def _variances(pictures: Tensor) -> Tensor:
    luma = torch.einsum("c,nchw->nhw", torch.tensor(LUMA, device=pictures.device), pictures.float())
    middle = luma[:, 1:-1, 1:-1]
    laplacian = luma[:, :-2, 1:-1] + luma[:, 2:, 1:-1] + luma[:, 1:-1, :-2] + luma[:, 1:-1, 2:] - 4 * middle
    return laplacian.flatten(1).var(dim=1, correction=0)
