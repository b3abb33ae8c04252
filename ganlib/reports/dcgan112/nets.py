"""DCGAN at 112 or 56 pixels: z (N, latent_size) to pictures (N, 3, size, size) in [-1, 1], and pictures to logits (N,).

At 56 the layers of 128 channels, the largest maps, are left out of both.
"""

from itertools import pairwise

from torch import nn

from ganlib.models.dcgan import activation, conv, down, pool, scaled, up
from ganlib.support.types import Activation, Sampling

CHANNELS = {112: (1024, 512, 256, 128), 56: (1024, 512, 256)}  # from 7x7 upwards


def generator(latent_size: int, width: float, size: int, kind: Activation, sampling: Sampling) -> nn.Sequential:
    """Mukashev's generator: 7x7 to 112x112 in four 5x5 transposed convolutions of stride 2."""
    first, *_, last = channels = scaled(width, *CHANNELS[size])
    return nn.Sequential(
        nn.Linear(latent_size, first * 7 * 7, bias=False),
        nn.Unflatten(1, (first, 7, 7)),
        nn.BatchNorm2d(first),
        activation(kind),
        *[
            layer
            for inputs, outputs in pairwise(channels)
            for layer in (*up(inputs, outputs, 5, sampling), nn.BatchNorm2d(outputs), activation(kind))
        ],
        *up(last, 3, 5, sampling, bias=True),
        nn.Tanh(),
    )


def discriminator(width: float, size: int, kind: Activation, sampling: Sampling) -> nn.Sequential:
    """Mukashev's discriminator: four 5x5 convolutions of stride 2, the first without batch norm."""
    first, *_, last = channels = scaled(width, *reversed(CHANNELS[size]))
    return nn.Sequential(
        conv(3, first, 5, 2, sampling, bias=True),
        activation(kind),
        *pool(sampling),
        *[layer for inputs, outputs in pairwise(channels) for layer in down(inputs, outputs, 5, 2, kind, sampling)],
        nn.Flatten(),
        nn.Linear(last * 7 * 7, 1),
        nn.Flatten(0),
    )
