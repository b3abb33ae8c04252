"""The DCGANs of three reports (Radford et al. 2015), at 112, 64 and 56 pixels.

A generator takes z (N, latent_size) and gives pictures (N, 3, S, S) in [-1, 1]; a discriminator takes pictures and gives logits (N,).
`width` scales every channel count but that of z and of the pictures. A layer followed by batch norm has no bias.
"""

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from ganlib.nets.dropout import Dropout


def _scaled(width: float, *channels: int) -> list[int]:
    return [max(1, round(count * width)) for count in channels]


class FromVector(nn.ConvTranspose2d):
    """The transposed convolution of a 1x1 map, (N, inputs, 1, 1) to (N, outputs, k, k), as the matrix product that it is.

    oneDNN's general kernel takes five to ten times as long.
    """

    def forward(self, z: Tensor) -> Tensor:
        weight = self.weight.permute(0, 2, 3, 1)
        return (z.flatten(1) @ weight.flatten(1)).unflatten(1, weight.shape[1:]).permute(0, 3, 1, 2)


class Generator64(nn.Sequential):
    """Zhang & Zhao's printed generator; its state dict is that of the plain nn.Sequential with the same prints."""

    def __init__(self, latent_size: int, width: float) -> None:
        a, b, c, d = _scaled(width, 1024, 512, 256, 128)
        super().__init__(
            FromVector(latent_size, a, 4, bias=False),
            nn.BatchNorm2d(a),
            nn.ReLU(inplace=True),
            *_up4(a, b),
            *_up4(b, c),
            *_up4(c, d),
            nn.ConvTranspose2d(d, 3, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z[:, :, None, None])


class Discriminator64(nn.Sequential):
    """Zhang & Zhao's printed discriminator without its sigmoid, which has no state: the loss is computed on logits."""

    def __init__(self, width: float) -> None:
        a, b, c, d = _scaled(width, 64, 128, 256, 512)
        super().__init__(
            nn.Conv2d(3, a, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            *_down(a, b, kernel=4, padding=1),
            *_down(b, c, kernel=4, padding=1),
            *_down(c, d, kernel=4, padding=1),
            nn.Conv2d(d, 1, 4, 1, 0, bias=False),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        return super().forward(pictures).flatten()


def _up4(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def _down(inputs: int, outputs: int, kernel: int, padding: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, kernel, 2, padding, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, inplace=True)]


def generator112(latent_size: int, width: float) -> nn.Sequential:
    """Mukashev's generator: 7x7 to 112x112 in four 5x5 transposed convolutions of stride 2."""
    a, b, c, d = _scaled(width, 1024, 512, 256, 128)
    return nn.Sequential(
        nn.Linear(latent_size, a * 7 * 7, bias=False),
        nn.Unflatten(1, (a, 7, 7)),
        nn.BatchNorm2d(a),
        nn.ReLU(inplace=True),
        *[
            layer
            for inputs, outputs in ((a, b), (b, c), (c, d))
            for layer in (_up5(inputs, outputs), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
        ],
        _up5(d, 3, bias=True),
        nn.Tanh(),
    )


def discriminator112(width: float) -> nn.Sequential:
    """Mukashev's discriminator: four 5x5 convolutions of stride 2, the first without batch norm."""
    a, b, c, d = _scaled(width, 128, 256, 512, 1024)
    return nn.Sequential(
        nn.Conv2d(3, a, 5, 2, 2),
        nn.LeakyReLU(0.2, inplace=True),
        *_down(a, b, kernel=5, padding=2),
        *_down(b, c, kernel=5, padding=2),
        *_down(c, d, kernel=5, padding=2),
        nn.Flatten(),
        nn.Linear(d * 7 * 7, 1),
        nn.Flatten(0),
    )


def _up5(inputs: int, outputs: int, *, bias: bool = False) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 5, 2, 2, output_padding=1, bias=bias)


def generator56(latent_size: int, width: float, dropout: float) -> nn.Sequential:
    """Saviolo's generator: 4x4 to 56x56; batch norm, LeakyReLU and dropout after each layer but the last."""
    a, b, c, d = _scaled(width, 1024, 512, 256, 128)

    def after(channels: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(channels), nn.LeakyReLU(0.2, inplace=True), Dropout(dropout)]

    return nn.Sequential(
        nn.Linear(latent_size, a * 4 * 4, bias=False),
        nn.Unflatten(1, (a, 4, 4)),
        *after(a),
        nn.ConvTranspose2d(a, b, 4, 1, 0, bias=False),
        *after(b),
        _up5(b, c),
        *after(c),
        _up5(c, d),
        *after(d),
        _up5(d, 3, bias=True),
        nn.Tanh(),
    )


def discriminator56(
    width: float, dropout: float, batch_norm: Literal["batch", "affine"], first_batch_norm: bool, pack: int
) -> nn.Sequential:
    """Saviolo's discriminator; `pack` pictures share a logit (Lin et al. 2018, PacGAN), so it gives (N / pack,) logits.

    Batch norm `affine` is what the report ran by mistake: batch norm in inference mode, so a learned scale and shift only.
    """
    channels = [3, *_scaled(width, 64, 128, 256, 512)]
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

    def train(self, mode: bool = True) -> "Affine":
        return super().train(False)
