"""The noise that a generator starts from."""

import torch
from torch import Tensor

from ganlib.settings import Latent


def sample(kind: Latent, count: int, size: int, rng: torch.Generator) -> Tensor:
    """z (count, size) float32 on the CPU: uniform(-1, 1), gaussian N(0, 1), or gaussian scaled to the sphere of radius sqrt(size)."""
    if kind == "uniform":
        return torch.rand(count, size, generator=rng) * 2 - 1
    z = torch.randn(count, size, generator=rng)
    return z if kind == "gaussian" else z * (size**0.5 / z.norm(dim=1, keepdim=True))
