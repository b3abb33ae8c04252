"""The dense "hexagon" of Adly, Bockmon & Nguyen: hidden layers of 100, 200 and 100 units in G and D alike.

Pictures are (N, 3, size, size) in [0, 1], flattened with the colours of a pixel side by side, as Keras does. That is how channels-last ones
lie in memory, so that nothing is copied.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from ganlib.models.dropout import Dropout


class Generator(nn.Sequential):
    """z (N, latent_size) to pictures."""

    def __init__(self, latent_size: int, hidden: Sequence[int], dropout: float, size: int) -> None:
        last = nn.Linear(hidden[-1], size * size * 3)
        super().__init__(*_hidden([latent_size, *hidden], dropout), last, nn.Sigmoid(), nn.Unflatten(1, (size, size, 3)))

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z).permute(0, 3, 1, 2)


class Discriminator(nn.Sequential):
    """Pictures to logits (N,)."""

    def __init__(self, hidden: Sequence[int], dropout: float, size: int) -> None:
        super().__init__(nn.Flatten(), *_hidden([size * size * 3, *hidden], dropout), nn.Linear(hidden[-1], 1), nn.Flatten(0))

    def forward(self, pictures: Tensor) -> Tensor:
        return super().forward(pictures.permute(0, 2, 3, 1))


def _hidden(units: Sequence[int], dropout: float) -> list[nn.Module]:
    return [
        layer
        for inputs, outputs in pairwise(units)
        for layer in (nn.Linear(inputs, outputs), nn.LeakyReLU(0.2, inplace=True), Dropout(dropout))
    ]
