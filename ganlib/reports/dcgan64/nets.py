"""The nets as printed in the report: z (N, latent_size) to pictures (N, 3, 64, 64) in [-1, 1], and pictures to logits (N,)."""

from torch import nn

from ganlib.models.dcgan import FromVector, LayerFactory, scaled


class Generator(nn.Sequential):
    """Zhang & Zhao's generator; its state dict fits the nn.Sequential that the report prints."""

    def __init__(self, latent_size: int, width: float, make: LayerFactory) -> None:
        a, b, c, d = scaled(width, 1024, 512, 256, 128)
        super().__init__(
            FromVector(latent_size, a, 4, bias=False),
            make.norm(a),
            make.activation(),
            *make.up_block(a, b, 4),
            *make.up_block(b, c, 4),
            *make.up_block(c, d, 4),
            *make.up(d, 3, 4),
            nn.Tanh(),
        )


class Discriminator(nn.Sequential):
    """Zhang & Zhao's discriminator without its sigmoid, which has no state: the loss takes logits."""

    def __init__(self, width: float, make: LayerFactory) -> None:
        a, b, c, d = scaled(width, 64, 128, 256, 512)
        super().__init__(
            make.conv(3, a, 4, 1),
            make.activation(),
            *make.pool(),
            *make.down_block(a, b, 4, 1),
            *make.down_block(b, c, 4, 1),
            *make.down_block(c, d, 4, 1),
            nn.Conv2d(d, 1, 4, 1, 0, bias=False),
            nn.Flatten(0),
        )
