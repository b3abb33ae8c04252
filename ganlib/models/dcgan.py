"""Layers of the DCGANs (Radford et al. 2015).

`width` scales every channel count except those of z and of the pictures. A convolution has a bias only where no norm follows.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv_transpose2d

from ganlib.support.types import Activation, Norm, Sampling


def scaled(width: float, *channels: int) -> list[int]:
    """The channel counts times `width`, at least 1."""
    return [max(1, round(count * width)) for count in channels]


class FromVector(nn.ConvTranspose2d):
    """Transposed convolution of a 1x1 map, computed as a matrix product: (N, inputs) or (N, inputs, 1, 1) to (N, outputs, k, k).

    oneDNN's general kernel takes five to ten times as long.
    """

    def forward(self, z: Tensor) -> Tensor:  # type: ignore[override]  # no output_size: it is k
        weight = self.weight.permute(0, 2, 3, 1)
        maps: Tensor = (z.flatten(1) @ weight.flatten(1)).unflatten(1, weight.shape[1:])
        return maps.permute(0, 3, 1, 2)


class UpsampleConv(nn.Conv2d):
    """Nearest-neighbour upsampling by 2, then a 3x3 convolution (Odena et al. 2016): (N, inputs, S, S) to (N, outputs, 2 S, 2 S).

    Computed as the equal transposed convolution of stride 2, with 4 products per output value where the two steps have 9.
    """

    def __init__(self, inputs: int, outputs: int, *, bias: bool) -> None:
        super().__init__(inputs, outputs, 3, padding=1, bias=bias)

    @property
    def kernel(self) -> Tensor:
        """The weights of the transposed convolution, (inputs, outputs, 4, 4): sums over the 2x2 squares of the padded 3x3 weights."""
        return 4 * avg_pool2d(self.weight.transpose(0, 1).flip(2, 3), 2, stride=1, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        return conv_transpose2d(maps, self.kernel, self.bias, stride=2, padding=1)


@dataclass(frozen=True)
class LayerFactory:
    """Makes the layers of one net, all with the same activation, norm and sampling."""

    kind: Activation
    leaky_slope: float
    bn_momentum: float
    sampling: Sampling
    normalization: Norm = "batch"

    @property
    def pools(self) -> bool:
        """Whether pools halve the maps of D, not strides."""
        return self.sampling in ("average", "max")

    def activation(self) -> nn.Module:
        return nn.LeakyReLU(self.leaky_slope, inplace=True) if self.kind == "leaky_relu" else nn.ReLU(inplace=True)

    @property
    def biases(self) -> bool:
        """Whether hidden layers have biases, since there is no norm to shift their outputs."""
        return self.normalization == "none"

    def norm(self, channels: int) -> nn.Module:
        if self.normalization == "batch":
            return nn.BatchNorm2d(channels, momentum=self.bn_momentum)
        return nn.InstanceNorm2d(channels, affine=True) if self.normalization == "instance" else nn.Identity()

    def up(self, inputs: int, outputs: int, kernel: int, *, bias: bool = False) -> list[nn.Module]:
        """Twice the size: a transposed convolution of stride 2 and kernel 4 or 5, or nearest neighbours and a 3x3 convolution."""
        if self.sampling == "strides":
            return [nn.ConvTranspose2d(inputs, outputs, kernel, 2, (kernel - 1) // 2, output_padding=kernel % 2, bias=bias)]
        return [UpsampleConv(inputs, outputs, bias=bias)]

    def up_block(self, inputs: int, outputs: int, kernel: int) -> list[nn.Module]:
        """Twice the size, with norm and activation."""
        return [*self.up(inputs, outputs, kernel, bias=self.biases), self.norm(outputs), self.activation()]

    def conv(self, inputs: int, outputs: int, kernel: int, padding: int, *, bias: bool = False) -> nn.Conv2d:
        """Half the size by stride 2; if `pool` halves it, the same size, with an even kernel one smaller."""
        if not self.pools:
            return nn.Conv2d(inputs, outputs, kernel, 2, padding, bias=bias)
        odd = kernel - 1 + kernel % 2
        return nn.Conv2d(inputs, outputs, odd, padding=odd // 2, bias=bias)

    def pool(self) -> list[nn.Module]:
        """The pool after the activation, which rounds odd sizes up as strides do; nothing if strides halve the maps."""
        if not self.pools:
            return []
        return [nn.AvgPool2d(2, ceil_mode=True) if self.sampling == "average" else nn.MaxPool2d(2, ceil_mode=True)]

    def down_block(self, inputs: int, outputs: int, kernel: int, padding: int) -> list[nn.Module]:
        """Half the size, with norm and activation."""
        return [self.conv(inputs, outputs, kernel, padding, bias=self.biases), self.norm(outputs), self.activation(), *self.pool()]
