"""DCGAN at 112 or 56 pixels: z (N, latent_size) to pictures (N, 3, size, size) in [-1, 1], and pictures to logits (N,).

At 56 both nets lack the layers with 128 channels, which have the largest maps.
"""

from itertools import pairwise

from torch import nn

from ganlib.models.dcgan import LayerFactory, scaled

CHANNELS = {112: (1024, 512, 256, 128), 56: (1024, 512, 256)}  # from 7x7 upwards


def generator(latent_size: int, width: float, size: int, make: LayerFactory) -> nn.Sequential:
    """Mukashev's generator: 7x7 to 112x112 in four 5x5 transposed convolutions of stride 2."""
    first, *_, last = channels = scaled(width, *CHANNELS[size])
    return nn.Sequential(
        nn.Linear(latent_size, first * 7 * 7, bias=False),
        nn.Unflatten(1, (first, 7, 7)),
        make.norm(first),
        make.activation(),
        *[layer for inputs, outputs in pairwise(channels) for layer in make.up_block(inputs, outputs, 5)],
        *make.up(last, 3, 5, bias=True),
        nn.Tanh(),
    )


def discriminator(width: float, size: int, make: LayerFactory) -> nn.Sequential:
    """Mukashev's discriminator: four 5x5 convolutions of stride 2, the first without batch norm."""
    first, *_, last = channels = scaled(width, *reversed(CHANNELS[size]))
    return nn.Sequential(
        make.conv(3, first, 5, 2, bias=True),
        make.activation(),
        *make.pool(),
        *[layer for inputs, outputs in pairwise(channels) for layer in make.down_block(inputs, outputs, 5, 2)],
        nn.Flatten(),
        nn.Linear(last * 7 * 7, 1),
        nn.Flatten(0),
    )
