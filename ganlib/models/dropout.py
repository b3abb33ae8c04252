"""Dropout (Srivastava et al. 2014) whose masks are cheap to draw."""

import torch
from torch import Tensor, nn

LEVELS = 2**16  # of the random number that decides on one value


class Dropout(nn.Dropout):
    """nn.Dropout, with another mask on a CPU: torch draws 64 random bits for each value there, and 16 decide as well.

    `p` counts in whole 2**-16; what stays is divided by the exact share that stays. Values must be dense in memory, their rows outermost.
    Of `size` processes that share a batch each draws the mask of all of it, and the `rank`-th takes the rows that are its own.
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
