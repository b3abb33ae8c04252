"""DCGAN at 56 pixels: z (N, latent_size) to pictures (N, 3, 56, 56) in [-1, 1], and pictures to logits."""

from itertools import pairwise
from typing import Literal

from torch import nn

from ganlib.models.dcgan import activation, conv, pool, scaled, up
from ganlib.models.dropout import Dropout
from ganlib.support.types import Activation, Sampling


def generator(latent_size: int, width: float, dropout: float, kind: Activation, sampling: Sampling) -> nn.Sequential:
    """Saviolo's generator: 4x4 to 56x56; batch norm, an activation (his: LeakyReLU) and dropout after each layer but the last."""
    a, b, c, d = scaled(width, 1024, 512, 256, 128)

    def after(channels: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(channels), activation(kind), Dropout(dropout)]

    return nn.Sequential(
        nn.Linear(latent_size, a * 4 * 4, bias=False),
        nn.Unflatten(1, (a, 4, 4)),
        *after(a),
        nn.ConvTranspose2d(a, b, 4, 1, 0, bias=False),
        *after(b),
        *up(b, c, 5, sampling),
        *after(c),
        *up(c, d, 5, sampling),
        *after(d),
        *up(d, 3, 5, sampling, bias=True),
        nn.Tanh(),
    )


def discriminator(
    width: float,
    dropout: float,
    kind: Activation,
    sampling: Sampling,
    batch_norm: Literal["batch", "affine"],
    first_batch_norm: bool,
    pack: int,
) -> nn.Sequential:
    """Saviolo's discriminator; `pack` pictures share a logit (Lin et al. 2018, PacGAN), so it gives (N / pack,) logits.

    Batch norm `affine` is what the report ran by mistake: batch norm in inference mode, so a learned scale and shift only.
    """
    channels = [3, *scaled(width, 64, 128, 256, 512)]
    layers: list[nn.Module] = []
    for depth, (inputs, outputs) in enumerate(pairwise(channels)):
        normed = depth > 0 or first_batch_norm
        layers.append(conv(inputs, outputs, 5, 2, sampling, bias=not normed))
        if normed:
            layers.append(nn.BatchNorm2d(outputs) if batch_norm == "batch" else Affine(outputs))
        layers += [activation(kind), Dropout(dropout), *pool(sampling)]
    features = channels[-1] * 4 * 4
    return nn.Sequential(*layers, nn.Flatten(), nn.Unflatten(0, (-1, pack)), nn.Flatten(1), nn.Linear(pack * features, 1), nn.Flatten(0))


class Affine(nn.BatchNorm2d):
    """Batch norm that never leaves inference mode: mean 0 and variance 1 stay as they began."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.eval()  # a module starts in training mode

    def train(self, mode: bool = True) -> "Affine":
        return super().train(False)
