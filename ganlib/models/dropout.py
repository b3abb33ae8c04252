"""Dropout (Srivastava et al. 2014) with masks that are cheap to draw on a CPU."""

import torch
from torch import Tensor, nn

LEVELS = 2**16  # of the 16 random bits that decide on one value


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
