"""Random number streams: one per purpose, all derived from one seed.

Draws for one purpose never affect another, so two runs with the same seed share as much as possible: the initial weights of equal
networks, the order of the pictures, and z.
"""

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from ganlib.support.types import Latent

Purpose = Literal[
    "weights",  # initial, one stream per network name
    "order",  # of the pictures, one stream per epoch
    "noise",  # z in training
    "wrong conditions",  # of began64
    "penalty",  # of wgan64: points between real and fake at which the gradient penalty is computed
    "labels",  # of dcgan64: soft and flipped ones
    "replay",  # of dcgan64: earlier fakes that D sees again
    "input noise",  # of dcgan64: on the pictures that D sees
    "dropout",
    "sheets",  # z of the sheets, and the selection of real pictures
    "scores",  # z of the scored fakes
    "curves",  # of the curve demo: real curves
    "judging",  # of the curve demo: curves for its metrics
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


def derived_seed(seed: int, purpose: Purpose, *which: str | int) -> int:
    """A 64-bit seed for a purpose, by numpy's SeedSequence; `which` distinguishes streams of the same purpose."""
    words = [zlib.crc32(str(part).encode()) for part in (purpose, *which)]
    return int(np.random.SeedSequence([seed, *words]).generate_state(1, np.uint64)[0])


def stream(seed: int, purpose: Purpose, *which: str | int) -> torch.Generator:
    """A new generator, at the start of the stream."""
    return torch.Generator().manual_seed(derived_seed(seed, purpose, *which))


class Streams:
    """The streams of one run: `streams[purpose]` is created on first use; `state_dict()` saves the positions of all.

    `own` has the seeds of purposes that do not have the run's.
    """

    def __init__(self, seed: int, own: Mapping[Purpose, int] = MappingProxyType({})) -> None:
        self.seed, self._own = seed, own
        self._open: dict[Purpose, torch.Generator] = {}

    def __getitem__(self, purpose: Purpose) -> torch.Generator:
        return self._open.setdefault(purpose, stream(self.seed_of(purpose), purpose))

    def seed_of(self, purpose: Purpose) -> int:
        """The seed of a purpose: its own or the run's."""
        return self._own.get(purpose, self.seed)

    def state_dict(self) -> dict[Purpose, Any]:
        return {purpose: rng.get_state() for purpose, rng in self._open.items()}

    def load_state_dict(self, state: dict[Purpose, Any]) -> None:
        for purpose, position in state.items():
            self[purpose].set_state(position)


def sample_latent(kind: Latent, count: int, size: int, rng: torch.Generator) -> Tensor:
    """z, (count, size) float32 on the CPU: uniform in [-1, 1), N(0, 1), or N(0, 1) scaled to the sphere of radius sqrt(size)."""
    if kind == "uniform":
        return torch.rand(count, size, generator=rng) * 2 - 1
    z = torch.randn(count, size, generator=rng)
    return z if kind == "gaussian" else z * (size**0.5 / z.norm(dim=1, keepdim=True))
