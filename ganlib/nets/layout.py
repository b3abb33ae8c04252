"""How a net's maps lie in memory."""

import torch
from torch import nn


def memory_format(net: nn.Module) -> torch.memory_format:
    """Channels-last where there are convolutions, on a CPU and on a GPU alike; a dense net would copy each picture to flatten it."""
    convolutional = any(isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) for layer in net.modules())
    return torch.channels_last if convolutional else torch.contiguous_format
