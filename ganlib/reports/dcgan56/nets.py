"""DCGAN at 56 pixels: z (N, latent_size) to pictures (N, 3, 56, 56) in [-1, 1], and pictures to logits."""

from itertools import pairwise
from typing import Literal

from torch import nn

from ganlib.models.dcgan import LayerFactory, scaled
from ganlib.models.dropout import Dropout


def generator(latent_size: int, width: float, dropout: float, make: LayerFactory) -> nn.Sequential:
    """Saviolo's generator: 4x4 to 56x56, with batch norm, an activation (the report's is LeakyReLU) and dropout after hidden layers."""
    a, b, c, d = scaled(width, 1024, 512, 256, 128)

    def after(channels: int) -> list[nn.Module]:
        return [make.norm(channels), make.activation(), Dropout(dropout)]

    return nn.Sequential(
        nn.Linear(latent_size, a * 4 * 4, bias=False),
        nn.Unflatten(1, (a, 4, 4)),
        *after(a),
        nn.ConvTranspose2d(a, b, 4, 1, 0, bias=False),
        *after(b),
        *make.up(b, c, 5),
        *after(c),
        *make.up(c, d, 5),
        *after(d),
        *make.up(d, 3, 5, bias=True),
        nn.Tanh(),
    )


def discriminator(
    width: float, dropout: float, batch_norm: Literal["batch", "affine"], first_batch_norm: bool, pack: int, make: LayerFactory
) -> nn.Sequential:
    """Saviolo's discriminator, (N / pack,) logits: `pack` pictures share one (Lin et al. 2018, PacGAN).

    `batch_norm="affine"` is what the report's code did by mistake: batch norm in inference mode, which only scales and shifts.
    """
    channels = [3, *scaled(width, 64, 128, 256, 512)]
    layers: list[nn.Module] = []
    for depth, (inputs, outputs) in enumerate(pairwise(channels)):
        normed = depth > 0 or first_batch_norm
        layers.append(make.conv(inputs, outputs, 5, 2, bias=not normed))
        if normed:
            layers.append(make.norm(outputs) if batch_norm == "batch" else Affine(outputs))
        layers += [make.activation(), Dropout(dropout), *make.pool()]
    features = channels[-1] * 4 * 4
    return nn.Sequential(*layers, nn.Flatten(), nn.Unflatten(0, (-1, pack)), nn.Flatten(1), nn.Linear(pack * features, 1), nn.Flatten(0))


class Affine(nn.BatchNorm2d):
    """Batch norm that stays in inference mode, with mean 0 and variance 1."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.eval()  # modules start in training mode

    def train(self, mode: bool = True) -> "Affine":
        return super().train(False)
