"""The nets as printed in the report: z (N, latent_size) to pictures (N, 3, 64, 64) in [-1, 1], and pictures to logits (N,)."""

import torch
from torch import Tensor, nn

from ganlib.models.dcgan import FromVector, LayerFactory, scaled
from ganlib.models.dropout import Dropout, LatentDropout


class Generator(nn.Sequential):
    """Zhang & Zhao's generator; its state dict fits the nn.Sequential that the report prints.

    With `sigmoid` its pictures are in [0, 1]. `dropout` follows each hidden layer, and with `sample_dropout` stays on in eval mode.
    """

    def __init__(
        self, latent_size: int, width: float, make: LayerFactory, *, sigmoid: bool = False, dropout: float = 0, sample_dropout: bool = False
    ) -> None:
        a, b, c, d = scaled(width, 1024, 512, 256, 128)

        def drop(channels: int, edge: int) -> list[nn.Module]:
            if not dropout:
                return []
            return [LatentDropout(dropout, latent_size, channels * edge**2) if sample_dropout else Dropout(dropout)]

        super().__init__(
            FromVector(latent_size, a, 4, bias=False),
            make.norm(a),
            make.activation(),
            *drop(a, 4),
            *make.up_block(a, b, 4),
            *drop(b, 8),
            *make.up_block(b, c, 4),
            *drop(c, 16),
            *make.up_block(c, d, 4),
            *drop(d, 32),
            *make.up(d, 3, 4),
            nn.Sigmoid() if sigmoid else nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        values = z
        for layer in self:
            values = layer(values, z) if isinstance(layer, LatentDropout) else layer(values)
        return values


class Discriminator(nn.Sequential):
    """Zhang & Zhao's discriminator without its sigmoid, which has no state: the loss takes logits.

    It judges `group` consecutive pictures together, if that is more than one, by `MinibatchStd`.
    """

    def __init__(self, width: float, make: LayerFactory, group: int = 1) -> None:
        a, b, c, d = scaled(width, 64, 128, 256, 512)
        judges_together = group > 1
        super().__init__(
            make.conv(3, a, 4, 1, bias=make.biases),
            make.activation(),
            *make.pool(),
            *make.down_block(a, b, 4, 1),
            *make.down_block(b, c, 4, 1),
            *make.down_block(c, d, 4, 1),
            *([MinibatchStd(group)] if judges_together else []),
            nn.Conv2d(d + judges_together, 1, 4, 1, 0, bias=False),
            nn.Flatten(0),
        )


class MinibatchStd(nn.Module):
    """Adds a map that holds how much `group` consecutive pictures differ (Karras et al. 2018, section 3): the mean standard deviation."""

    def __init__(self, group: int) -> None:
        super().__init__()
        self.group = group

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, S, S) to (N, C + 1, S, S); N must be a multiple of `group`."""
        precise = maps.to(torch.promote_types(maps.dtype, torch.float32))
        variance = precise.unflatten(0, (-1, self.group)).var(dim=1, correction=0)
        std = (variance + 1e-8).sqrt().mean(dim=(1, 2, 3)).to(maps.dtype)
        of_each = std[:, None].expand(-1, self.group).reshape(-1, 1, 1, 1)
        return torch.cat([maps, of_each.expand(-1, 1, *maps.shape[2:])], dim=1)
