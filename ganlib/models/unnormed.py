"""dcgan64's discriminator without batch norm, for losses that judge each picture by itself."""

from itertools import pairwise

from torch import nn

from ganlib.models.dcgan import LayerFactory, scaled


class Discriminator(nn.Sequential):
    """Pictures (N, 3, 64, 64) in [-1, 1] to logits (N,). Hidden layers have biases, as batch norm no longer shifts their outputs."""

    def __init__(self, width: float, make: LayerFactory) -> None:
        channels = [3, *scaled(width, 64, 128, 256, 512)]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(channels):
            layers += [make.conv(inputs, outputs, 4, 1, bias=True), make.activation(), *make.pool()]
        super().__init__(*layers, nn.Conv2d(channels[-1], 1, 4, bias=False), nn.Flatten(0))
