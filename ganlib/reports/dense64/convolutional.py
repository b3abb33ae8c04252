"""What dense64's authors thought would help: convolutions in place of the dense layers, about as many weights, all else the same.

Pictures are (N, 3, 64, 64) in [0, 1]. The layers are DCGAN's; the generator has 1,100,224 parameters and the discriminator 1,083,360,
where the dense ones have 1,291,488 and 1,269,301.
"""

from torch import Tensor, nn

from ganlib.models.dcgan import FromVector, activation, conv, down, up, up4
from ganlib.models.dropout import Dropout


class Generator(nn.Sequential):
    """z (N, latent_size) to pictures."""

    def __init__(self, latent_size: int, dropout: float) -> None:
        super().__init__(
            FromVector(latent_size, 256, 4, bias=False),
            nn.BatchNorm2d(256),
            activation("leaky_relu"),
            Dropout(dropout),
            *up4(256, 128, "leaky_relu"),
            Dropout(dropout),
            *up4(128, 64, "leaky_relu"),
            Dropout(dropout),
            *up4(64, 32, "leaky_relu"),
            Dropout(dropout),
            *up(32, 3, 4, "strides"),
            nn.Sigmoid(),
        )

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z[:, :, None, None])


class Discriminator(nn.Sequential):
    """Pictures to logits (N,)."""

    def __init__(self, dropout: float) -> None:
        super().__init__(
            conv(3, 40, 4, 1, "strides"),
            activation("leaky_relu"),
            Dropout(dropout),
            *down(40, 80, 4, 1),
            Dropout(dropout),
            *down(80, 160, 4, 1),
            Dropout(dropout),
            *down(160, 320, 4, 1),
            Dropout(dropout),
            nn.Conv2d(320, 1, 4, bias=False),
            nn.Flatten(0),
        )
