"""Layers that the DCGANs (Radford et al. 2015) share.

`width` scales every channel count but that of z and of the pictures. A layer followed by batch norm has no bias.
"""

from torch import Tensor, nn

from ganlib.support.types import Activation, Sampling


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


def activation(kind: Activation) -> nn.Module:
    """ReLU, or LeakyReLU of slope 0.2."""
    return nn.LeakyReLU(0.2, inplace=True) if kind == "leaky_relu" else nn.ReLU(inplace=True)


def up(inputs: int, outputs: int, kernel: int, sampling: Sampling, *, bias: bool = False) -> list[nn.Module]:
    """Twice as large: a transposed convolution of stride 2 and kernel 4 or 5, or the nearest neighbours and a 3x3 convolution."""
    if sampling == "strides":
        return [nn.ConvTranspose2d(inputs, outputs, kernel, 2, (kernel - 1) // 2, output_padding=kernel % 2, bias=bias)]
    return [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)]


def up4(inputs: int, outputs: int, kind: Activation = "relu", sampling: Sampling = "strides") -> list[nn.Module]:
    """Twice as large by a 4x4 kernel, with batch norm and an activation."""
    return [*up(inputs, outputs, 4, sampling), nn.BatchNorm2d(outputs), activation(kind)]


def conv(inputs: int, outputs: int, kernel: int, padding: int, sampling: Sampling, *, bias: bool = False) -> nn.Conv2d:
    """Half as large by stride 2; as large as before, by the next smaller odd kernel, where `pool` is to halve it."""
    if sampling == "strides":
        return nn.Conv2d(inputs, outputs, kernel, 2, padding, bias=bias)
    odd = kernel - 1 + kernel % 2
    return nn.Conv2d(inputs, outputs, odd, padding=odd // 2, bias=bias)


def pool(sampling: Sampling) -> list[nn.Module]:
    """What halves the maps behind the activation, an odd size rounded up as strides do; nothing where strides do it."""
    return {"strides": [], "average": [nn.AvgPool2d(2, ceil_mode=True)], "max": [nn.MaxPool2d(2, ceil_mode=True)]}[sampling]


def down(
    inputs: int, outputs: int, kernel: int, padding: int, kind: Activation = "leaky_relu", sampling: Sampling = "strides"
) -> list[nn.Module]:
    """Half as large by a convolution, with batch norm and an activation."""
    return [conv(inputs, outputs, kernel, padding, sampling), nn.BatchNorm2d(outputs), activation(kind), *pool(sampling)]
