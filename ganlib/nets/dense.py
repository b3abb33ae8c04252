"""The dense "hexagon" of Adly, Bockmon & Nguyen: hidden layers of 100, 200 and 100 units in G and D alike."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def generator(latent_size: int, hidden: Sequence[int], dropout: float, size: int) -> nn.Sequential:
    """z (N, latent_size) to pictures (N, 3, size, size) in [0, 1]."""
    last = nn.Linear(hidden[-1], 3 * size * size)
    return nn.Sequential(*_hidden([latent_size, *hidden], dropout), last, nn.Sigmoid(), nn.Unflatten(1, (3, size, size)))


def discriminator(hidden: Sequence[int], dropout: float, size: int) -> nn.Sequential:
    """Pictures (N, 3, size, size) in [0, 1] to logits (N,)."""
    pixels = 3 * size * size
    return nn.Sequential(nn.Flatten(), *_hidden([pixels, *hidden], dropout), nn.Linear(hidden[-1], 1), nn.Flatten(0))


def _hidden(units: Sequence[int], dropout: float) -> list[nn.Module]:
    return [
        layer
        for inputs, outputs in pairwise(units)
        for layer in (nn.Linear(inputs, outputs), nn.LeakyReLU(0.2, inplace=True), nn.Dropout(dropout))
    ]
