"""The dense "hexagon" of Adly, Bockmon & Nguyen: hidden layers of 100, 200 and 100 units in both G and D.

Pictures are (N, 3, size, size) in [0, 1]. They are flattened channels-last, as in Keras, which is their order in memory.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from ganlib.models.dropout import Dropout


class Generator(nn.Sequential):
    """z (N, latent_size) to pictures."""

    def __init__(self, latent_size: int, hidden: Sequence[int], dropout: float, size: int, slope: float) -> None:
        last = nn.Linear(hidden[-1], size * size * 3)
        super().__init__(*_hidden([latent_size, *hidden], dropout, slope), last, nn.Sigmoid(), nn.Unflatten(1, (size, size, 3)))

    def forward(self, z: Tensor) -> Tensor:
        values = z
        for layer in self:
            values = layer(values)
        return values.permute(0, 3, 1, 2)


class Discriminator(nn.Sequential):
    """Pictures to logits (N,)."""

    def __init__(self, hidden: Sequence[int], dropout: float, size: int, slope: float) -> None:
        units = [size * size * 3, *hidden]
        super().__init__(nn.Flatten(), *_hidden(units, dropout, slope), nn.Linear(hidden[-1], 1), nn.Flatten(0))

    def forward(self, pictures: Tensor) -> Tensor:
        values = pictures.permute(0, 2, 3, 1)
        for layer in self:
            values = layer(values)
        return values


def _hidden(units: Sequence[int], dropout: float, slope: float) -> list[nn.Module]:
    return [
        layer
        for inputs, outputs in pairwise(units)
        for layer in (nn.Linear(inputs, outputs), nn.LeakyReLU(slope, inplace=True), Dropout(dropout))
    ]
