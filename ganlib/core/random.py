"""Random numbers by purpose: each purpose has a stream of its own, and all are derived from one seed.

What one purpose draws never shifts what another does, so that two settings with one seed share all that they can: the first weights
where they have the same nets, the order of the pictures, the z.
"""

import zlib
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from ganlib.support.types import Latent

Purpose = Literal[
    "weights",  # the first ones, of each net by its name
    "order",  # of the pictures, in each epoch by its number
    "noise",  # z in training
    "wrong conditions",  # of began64
    "penalty",  # of wgan64: where between a real and a fake the critic's slope is taken
    "dropout",
    "sheets",  # z of the sheets, and which reals are shown
    "scores",  # z of the fakes that are scored
    "curves",  # of the curve demo: the real ones
    "judging",  # of the curve demo: those that its figures are taken over
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


def derived_seed(seed: int, purpose: Purpose, *which: str | int) -> int:
    """64 bits for one purpose; `which` tells apart streams of the same one (numpy's SeedSequence)."""
    words = [zlib.crc32(str(part).encode()) for part in (purpose, *which)]
    return int(np.random.SeedSequence([seed, *words]).generate_state(1, np.uint64)[0])


def stream(seed: int, purpose: Purpose, *which: str | int) -> torch.Generator:
    """The stream from its beginning."""
    return torch.Generator().manual_seed(derived_seed(seed, purpose, *which))


class Streams:
    """The streams of one run, each opened once: `streams[purpose]` goes on where the last draw ended, and their places can be kept."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._open: dict[Purpose, torch.Generator] = {}

    def __getitem__(self, purpose: Purpose) -> torch.Generator:
        return self._open.setdefault(purpose, stream(self.seed, purpose))

    def state_dict(self) -> dict[str, Any]:
        """The place in each stream."""
        return {purpose: rng.get_state() for purpose, rng in self._open.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for purpose, place in state.items():
            self[purpose].set_state(place)


def sample_latent(kind: Latent, count: int, size: int, rng: torch.Generator) -> Tensor:
    """z (count, size) float32 on the CPU: uniform(-1, 1), gaussian N(0, 1), or gaussian scaled to the sphere of radius sqrt(size)."""
    if kind == "uniform":
        return torch.rand(count, size, generator=rng) * 2 - 1
    z = torch.randn(count, size, generator=rng)
    return z if kind == "gaussian" else z * (size**0.5 / z.norm(dim=1, keepdim=True))
