"""Dropout (Srivastava et al. 2014) whose masks are cheap to draw."""

import torch
from torch import Tensor, nn

LEVELS = 2**16  # of the random number that decides on one value


class Dropout(nn.Dropout):
    """nn.Dropout, with another mask on a CPU: torch draws 64 random bits for each value there, and 16 decide as well.

    `p` counts in whole 2**-16; what stays is divided by the exact share that stays. Values must be dense in memory.
    """

    def forward(self, values: Tensor) -> Tensor:
        if not self.training or values.device.type != "cpu" or torch.compiler.is_compiling():
            return super().forward(values)
        dropped = int(self.p * LEVELS)
        words = torch.empty(-(-values.numel() // 4), dtype=torch.int64).random_(torch.iinfo(torch.int64).min, None)
        stays = words.view(torch.int16).as_strided(values.shape, values.stride()) >= dropped - LEVELS // 2
        return values * (stays * (LEVELS / (LEVELS - dropped))).to(values.dtype)
