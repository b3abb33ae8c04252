"""Dropout (Srivastava et al. 2014) with masks that are cheap to draw on a CPU."""

import torch
from torch import Tensor, nn

LEVELS = 2**16  # of the 16 random bits that decide on one value
PRIME = 2**31 - 1


class Dropout(nn.Dropout):
    """nn.Dropout with 16 random bits per value on a CPU, where PyTorch draws 64.

    There `p` is rounded down to a multiple of 2**-16, and values are scaled by the exact share that stays. They must be dense in memory
    with the batch dimension outermost. In distributed training each rank draws the mask of the whole batch and uses its own rows.
    """

    rank, size = 0, 1

    def forward(self, values: Tensor) -> Tensor:
        if not self.training:
            return values
        if values.device.type != "cpu" or torch.compiler.is_compiling():
            return super().forward(values) if self.size == 1 else self._of_whole_batch(values)
        dropped = int(self.p * LEVELS)
        words = torch.empty(-(-values.numel() * self.size // 4), dtype=torch.int64).random_(torch.iinfo(torch.int64).min, None)
        own = words.view(torch.int16)[self.rank * values.numel() :]
        stays = own.as_strided(values.shape, values.stride()) >= dropped - LEVELS // 2
        return values * (stays * (LEVELS / (LEVELS - dropped))).to(values.dtype)

    def _of_whole_batch(self, values: Tensor) -> Tensor:
        drawn = torch.rand(self.size, *values.shape, device=values.device)[self.rank]
        return values * ((drawn >= self.p) / (1 - self.p)).to(values.dtype)


class LatentDropout(nn.Module):
    """Dropout that stays on in eval mode, where z determines the mask, so that each z still has one picture.

    Value j is dropped if h_j(z) < p. The h_j are multiply-mod-prime hashes (Carter & Wegman 1979) of z in steps of 2**-16: integers, so
    equal on all devices. In training mode it is `Dropout`.
    """

    words: Tensor  # (latent_size,)
    factors: Tensor  # (2, values)

    def __init__(self, p: float, latent_size: int, values: int) -> None:
        super().__init__()
        self.dropout = Dropout(p)
        rng = torch.Generator().manual_seed(values)  # of another layer size, another mask
        self.register_buffer("words", torch.randint(1, PRIME, (latent_size,), generator=rng), persistent=False)
        self.register_buffer("factors", torch.randint(1, PRIME, (2, values), generator=rng), persistent=False)

    def forward(self, values: Tensor, z: Tensor) -> Tensor:
        if self.training:
            dropped: Tensor = self.dropout(values)
            return dropped
        steps = (z * 2**16).round().long()
        key = (steps * self.words % PRIME).sum(dim=1, keepdim=True) % PRIME
        drawn = (key * self.factors[0] + self.factors[1]) % PRIME
        kept = (drawn >= int(self.dropout.p * PRIME)).unflatten(1, values.shape[1:])
        masked: Tensor = values * (kept / (1 - self.dropout.p)).to(values.dtype)
        return masked
