"""DCGAN at 56 pixels: z (N, latent_size) to pictures (N, 3, 56, 56) in [-1, 1], and pictures to logits."""

from itertools import pairwise
from typing import Literal

from torch import nn

from ganlib.nets.dcgan import scaled, up5
from ganlib.nets.dropout import Dropout


def generator(latent_size: int, width: float, dropout: float) -> nn.Sequential:
    """Saviolo's generator: 4x4 to 56x56; batch norm, LeakyReLU and dropout after each layer but the last."""
    a, b, c, d = scaled(width, 1024, 512, 256, 128)

    def after(channels: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(channels), nn.LeakyReLU(0.2, inplace=True), Dropout(dropout)]

    return nn.Sequential(
        nn.Linear(latent_size, a * 4 * 4, bias=False),
        nn.Unflatten(1, (a, 4, 4)),
        *after(a),
        nn.ConvTranspose2d(a, b, 4, 1, 0, bias=False),
        *after(b),
        up5(b, c),
        *after(c),
        up5(c, d),
        *after(d),
        up5(d, 3, bias=True),
        nn.Tanh(),
    )


def discriminator(width: float, dropout: float, batch_norm: Literal["batch", "affine"], first_batch_norm: bool, pack: int) -> nn.Sequential:
    """Saviolo's discriminator; `pack` pictures share a logit (Lin et al. 2018, PacGAN), so it gives (N / pack,) logits.

    Batch norm `affine` is what the report ran by mistake: batch norm in inference mode, so a learned scale and shift only.
    """
    channels = [3, *scaled(width, 64, 128, 256, 512)]
    layers: list[nn.Module] = []
    for depth, (inputs, outputs) in enumerate(pairwise(channels)):
        normed = depth > 0 or first_batch_norm
        layers.append(nn.Conv2d(inputs, outputs, 5, 2, 2, bias=not normed))
        if normed:
            layers.append(nn.BatchNorm2d(outputs) if batch_norm == "batch" else Affine(outputs))
        layers += [nn.LeakyReLU(0.2, inplace=True), Dropout(dropout)]
    features = channels[-1] * 4 * 4
    return nn.Sequential(*layers, nn.Flatten(), nn.Unflatten(0, (-1, pack)), nn.Flatten(1), nn.Linear(pack * features, 1), nn.Flatten(0))


class Affine(nn.BatchNorm2d):
    """Batch norm that never leaves inference mode: mean 0 and variance 1 stay as they began."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.eval()  # a module starts in training mode

    def train(self, mode: bool = True) -> "Affine":
        return super().train(False)
