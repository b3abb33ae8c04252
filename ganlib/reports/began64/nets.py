"""TensorJoe's conditional BEGAN (Berthelot et al. 2017): the discriminator is an autoencoder.

Pictures are (N, 3, 64, 64), about [0, 1]: the output is not bounded. `sizes` is the number of values of each condition. Conditions are
(N, len(sizes)) int64, each with its own embedding in G and in D.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from ganlib.models.upsample import Double

START = 8  # edge of the smallest feature map


class Conditions(nn.ModuleList):
    """Embeddings of the conditions, (N, K) to (N, K * embedding)."""

    def __init__(self, sizes: Sequence[int], embedding: int) -> None:
        super().__init__(nn.Embedding(count, embedding) for count in sizes)
        self.size = len(sizes) * embedding

    def forward(self, conditions: Tensor) -> Tensor:
        return torch.cat([table(conditions[:, k]) for k, table in enumerate(self)], dim=1)


class Decoder(nn.Sequential):
    """The concatenated code and conditions to a picture: a dense layer of the code's size, then 8x8 to 64x64 by bilinear upsampling."""

    def __init__(self, joined: int, code: int, filters: int) -> None:
        stages = [[*_convolutions(filters, filters), Double(START << stage)] for stage in range(4)]
        super().__init__(
            nn.Linear(joined, code),
            nn.ELU(inplace=True),
            nn.Linear(code, START * START * filters),
            nn.Unflatten(1, (filters, START, START)),
            *[layer for stage in stages for layer in stage][:-1],
            nn.Conv2d(filters, 3, 3, padding=1),
        )


class Generator(nn.Module):
    """z (N, latent_size) and conditions to pictures."""

    def __init__(self, latent_size: int, filters: int, sizes: Sequence[int], embedding: int) -> None:
        super().__init__()
        self.conditions = Conditions(sizes, embedding)
        self.decoder = Decoder(latent_size + self.conditions.size, latent_size, filters)

    def forward(self, z: Tensor, conditions: Tensor) -> Tensor:
        pictures: Tensor = self.decoder(torch.cat([z, self.conditions(conditions)], dim=1))
        return pictures

    def start_grey(self) -> None:
        """Set the last bias to 0.5, the middle of the pixel range, as the report's code does."""
        nn.init.constant_(self.decoder[-1].get_parameter("bias"), 0.5)


class Discriminator(nn.Module):
    """Pictures and conditions to reconstructions of the same shape; the conditions are concatenated to the code."""

    def __init__(self, code: int, filters: int, sizes: Sequence[int], embedding: int) -> None:
        super().__init__()
        self.conditions = Conditions(sizes, embedding)
        channels = [3, *(filters * depth for depth in (1, 2, 3, 4))]
        stages = [[*_convolutions(inputs, outputs), nn.AvgPool2d(2)] for inputs, outputs in pairwise(channels)]
        self.encoder = nn.Sequential(
            *[layer for stage in stages for layer in stage][:-1],
            nn.Flatten(),
            nn.Linear(channels[-1] * START * START, code),
        )
        self.decoder = Decoder(code + self.conditions.size, code, filters)

    def forward(self, pictures: Tensor, conditions: Tensor) -> Tensor:
        rebuilt: Tensor = self.decoder(torch.cat([self.encoder(pictures), self.conditions(conditions)], dim=1))
        return rebuilt


def _convolutions(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ELU(inplace=True), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ELU(inplace=True)]
