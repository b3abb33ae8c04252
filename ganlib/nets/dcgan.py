"""Layers that the DCGANs (Radford et al. 2015) share.

`width` scales every channel count but that of z and of the pictures. A layer followed by batch norm has no bias.
"""

from torch import Tensor, nn


def scaled(width: float, *channels: int) -> list[int]:
    """The channel counts times `width`, at least 1."""
    return [max(1, round(count * width)) for count in channels]


class FromVector(nn.ConvTranspose2d):
    """The transposed convolution of a 1x1 map, (N, inputs, 1, 1) to (N, outputs, k, k), as the matrix product that it is.

    oneDNN's general kernel takes five to ten times as long.
    """

    def forward(self, z: Tensor) -> Tensor:
        weight = self.weight.permute(0, 2, 3, 1)
        return (z.flatten(1) @ weight.flatten(1)).unflatten(1, weight.shape[1:]).permute(0, 3, 1, 2)


def up4(inputs: int, outputs: int) -> list[nn.Module]:
    """Twice as large by a 4x4 transposed convolution, with batch norm and ReLU."""
    return [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def up5(inputs: int, outputs: int, *, bias: bool = False) -> nn.ConvTranspose2d:
    """Twice as large by a 5x5 transposed convolution alone."""
    return nn.ConvTranspose2d(inputs, outputs, 5, 2, 2, output_padding=1, bias=bias)


def down(inputs: int, outputs: int, kernel: int, padding: int) -> list[nn.Module]:
    """Half as large by a convolution of stride 2, with batch norm and LeakyReLU."""
    return [nn.Conv2d(inputs, outputs, kernel, 2, padding, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, inplace=True)]
