"""The printed nets: z (N, latent_size) to pictures (N, 3, 64, 64) in [-1, 1], and pictures to logits (N,)."""

from torch import Tensor, nn

from ganlib.nets.dcgan import FromVector, down, scaled, up4


class Generator(nn.Sequential):
    """Zhang & Zhao's printed generator; its state dict is that of the plain nn.Sequential with the same prints."""

    def __init__(self, latent_size: int, width: float) -> None:
        a, b, c, d = scaled(width, 1024, 512, 256, 128)
        super().__init__(
            FromVector(latent_size, a, 4, bias=False),
            nn.BatchNorm2d(a),
            nn.ReLU(inplace=True),
            *up4(a, b),
            *up4(b, c),
            *up4(c, d),
            nn.ConvTranspose2d(d, 3, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z[:, :, None, None])


class Discriminator(nn.Sequential):
    """Zhang & Zhao's printed discriminator without its sigmoid, which has no state: the loss is computed on logits."""

    def __init__(self, width: float) -> None:
        a, b, c, d = scaled(width, 64, 128, 256, 512)
        super().__init__(
            nn.Conv2d(3, a, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            *down(a, b, kernel=4, padding=1),
            *down(b, c, kernel=4, padding=1),
            *down(c, d, kernel=4, padding=1),
            nn.Conv2d(d, 1, 4, 1, 0, bias=False),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        return super().forward(pictures).flatten()
