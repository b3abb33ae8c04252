"""DCGAN at 112 pixels: z (N, latent_size) to pictures (N, 3, 112, 112) in [-1, 1], and pictures to logits (N,)."""

from torch import nn

from ganlib.nets.dcgan import down, scaled, up5


def generator(latent_size: int, width: float) -> nn.Sequential:
    """Mukashev's generator: 7x7 to 112x112 in four 5x5 transposed convolutions of stride 2."""
    a, b, c, d = scaled(width, 1024, 512, 256, 128)
    return nn.Sequential(
        nn.Linear(latent_size, a * 7 * 7, bias=False),
        nn.Unflatten(1, (a, 7, 7)),
        nn.BatchNorm2d(a),
        nn.ReLU(inplace=True),
        *[
            layer
            for inputs, outputs in ((a, b), (b, c), (c, d))
            for layer in (up5(inputs, outputs), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
        ],
        up5(d, 3, bias=True),
        nn.Tanh(),
    )


def discriminator(width: float) -> nn.Sequential:
    """Mukashev's discriminator: four 5x5 convolutions of stride 2, the first without batch norm."""
    a, b, c, d = scaled(width, 128, 256, 512, 1024)
    return nn.Sequential(
        nn.Conv2d(3, a, 5, 2, 2),
        nn.LeakyReLU(0.2, inplace=True),
        *down(a, b, kernel=5, padding=2),
        *down(b, c, kernel=5, padding=2),
        *down(c, d, kernel=5, padding=2),
        nn.Flatten(),
        nn.Linear(d * 7 * 7, 1),
        nn.Flatten(0),
    )
