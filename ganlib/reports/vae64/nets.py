"""A convolutional encoder and decoder for pictures (N, 3, 64, 64) in [-1, 1]; the decoder plays the generator's role."""

from torch import nn

from ganlib.models.dcgan import FromVector, LayerFactory, scaled


class Decoder(nn.Sequential):
    """z (N, latent_size) to the mean of each pixel."""

    def __init__(self, latent_size: int, width: float, make: LayerFactory) -> None:
        a, b, c, d = scaled(width, 512, 256, 128, 64)
        super().__init__(
            FromVector(latent_size, a, 4, bias=False),
            make.norm(a),
            make.activation(),
            *make.up_block(a, b, 4),
            *make.up_block(b, c, 4),
            *make.up_block(c, d, 4),
            *make.up(d, 3, 4, bias=True),
            nn.Tanh(),
        )


class Encoder(nn.Sequential):
    """Pictures to (N, 2 * latent_size): the means of the posterior of z, then the logarithms of its variances."""

    def __init__(self, latent_size: int, width: float, make: LayerFactory) -> None:
        a, b, c, d = scaled(width, 64, 128, 256, 512)
        super().__init__(
            make.conv(3, a, 4, 1, bias=True),
            make.activation(),
            *make.pool(),
            *make.down_block(a, b, 4, 1),
            *make.down_block(b, c, 4, 1),
            *make.down_block(c, d, 4, 1),
            nn.Conv2d(d, 2 * latent_size, 4),
            nn.Flatten(),
        )
