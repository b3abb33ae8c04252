"""The printed nets: z (N, latent_size) to pictures (N, 3, 64, 64) in [-1, 1], and pictures to logits (N,)."""

from torch import Tensor, nn

from ganlib.models.dcgan import FromVector, activation, conv, down, pool, scaled, up, up4
from ganlib.support.types import Activation, Sampling


class Generator(nn.Sequential):
    """Zhang & Zhao's printed generator; its state dict is that of the plain nn.Sequential with the same prints."""

    def __init__(self, latent_size: int, width: float, kind: Activation = "relu", sampling: Sampling = "strides") -> None:
        a, b, c, d = scaled(width, 1024, 512, 256, 128)
        super().__init__(
            FromVector(latent_size, a, 4, bias=False),
            nn.BatchNorm2d(a),
            activation(kind),
            *up4(a, b, kind, sampling),
            *up4(b, c, kind, sampling),
            *up4(c, d, kind, sampling),
            *up(d, 3, 4, sampling),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z[:, :, None, None])


class Discriminator(nn.Sequential):
    """Zhang & Zhao's printed discriminator without its sigmoid, which has no state: the loss is computed on logits."""

    def __init__(self, width: float, kind: Activation = "leaky_relu", sampling: Sampling = "strides") -> None:
        a, b, c, d = scaled(width, 64, 128, 256, 512)
        super().__init__(
            conv(3, a, 4, 1, sampling),
            activation(kind),
            *pool(sampling),
            *down(a, b, 4, 1, kind, sampling),
            *down(b, c, 4, 1, kind, sampling),
            *down(c, d, 4, 1, kind, sampling),
            nn.Conv2d(d, 1, 4, 1, 0, bias=False),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        return super().forward(pictures).flatten()
