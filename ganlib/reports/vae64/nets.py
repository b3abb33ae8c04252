"""A convolutional encoder and decoder for pictures (N, 3, 64, 64) in [-1, 1]; the decoder is what every other part calls the generator."""

from torch import Tensor, nn

from ganlib.models.dcgan import FromVector, down, scaled, up4


class Decoder(nn.Sequential):
    """z (N, latent_size) to the mean of each pixel."""

    def __init__(self, latent_size: int, width: float) -> None:
        a, b, c, d = scaled(width, 512, 256, 128, 64)
        super().__init__(
            FromVector(latent_size, a, 4, bias=False),
            nn.BatchNorm2d(a),
            nn.ReLU(inplace=True),
            *up4(a, b),
            *up4(b, c),
            *up4(c, d),
            nn.ConvTranspose2d(d, 3, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z[:, :, None, None])


class Encoder(nn.Sequential):
    """Pictures to (N, 2 * latent_size): the means of z's posterior, and behind them the logarithms of its variances."""

    def __init__(self, latent_size: int, width: float) -> None:
        a, b, c, d = scaled(width, 64, 128, 256, 512)
        super().__init__(
            nn.Conv2d(3, a, 4, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            *down(a, b, kernel=4, padding=1),
            *down(b, c, kernel=4, padding=1),
            *down(c, d, kernel=4, padding=1),
            nn.Conv2d(d, 2 * latent_size, 4),
            nn.Flatten(),
        )
