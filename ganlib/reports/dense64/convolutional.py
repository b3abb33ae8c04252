"""What dense64's authors expected to help: convolutions instead of dense layers, with a similar number of parameters.

Pictures are (N, 3, 64, 64) in [0, 1]. The layers are DCGAN's; the generator has 1,100,224 parameters and the discriminator 1,083,360,
the dense ones 1,291,488 and 1,269,301.
"""

from torch import nn

from ganlib.models.dcgan import FromVector, LayerFactory
from ganlib.models.dropout import Dropout


class Generator(nn.Sequential):
    """z (N, latent_size) to pictures."""

    def __init__(self, latent_size: int, dropout: float, make: LayerFactory) -> None:
        super().__init__(
            FromVector(latent_size, 256, 4, bias=False),
            make.norm(256),
            make.activation(),
            Dropout(dropout),
            *make.up_block(256, 128, 4),
            Dropout(dropout),
            *make.up_block(128, 64, 4),
            Dropout(dropout),
            *make.up_block(64, 32, 4),
            Dropout(dropout),
            *make.up(32, 3, 4),
            nn.Sigmoid(),
        )


class Discriminator(nn.Sequential):
    """Pictures to logits (N,)."""

    def __init__(self, dropout: float, make: LayerFactory) -> None:
        super().__init__(
            make.conv(3, 40, 4, 1),
            make.activation(),
            Dropout(dropout),
            *make.down_block(40, 80, 4, 1),
            Dropout(dropout),
            *make.down_block(80, 160, 4, 1),
            Dropout(dropout),
            *make.down_block(160, 320, 4, 1),
            Dropout(dropout),
            nn.Conv2d(320, 1, 4, bias=False),
            nn.Flatten(0),
        )
