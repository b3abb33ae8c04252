"""A moving average of a net's weights over the steps of its training (Yazici et al. 2019, arXiv 1806.04498).

A GAN's nets circle about what they have learned. The average of G's weights lies nearer to the middle, and its pictures are calmer.
"""

import copy
from typing import Any

import torch
from torch.nn import Module


class EMA:
    """theta' = d theta' + (1 - d) theta after each step, of weights and batch norm's running statistics alike; counters are copied.

    d is `decay`, but (1 + n) / (10 + n) while that is less, n being the steps before, as with `num_updates` of TensorFlow's
    ExponentialMovingAverage: the first weights, which are chance, are soon forgotten. (torch's AveragedModel counts n on the device, and
    each step would wait for it.)
    """

    def __init__(self, net: Module, decay: float) -> None:
        self.module = copy.deepcopy(net).requires_grad_(False)
        self.decay = decay
        self.steps = 0
        pairs = [*zip(_tensors(self.module), _tensors(net), strict=True)]
        self._averaged = [pair for pair in pairs if pair[0].is_floating_point()]
        self._copied = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def update(self) -> None:
        """Take up the net's weights after a step."""
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        torch._foreach_lerp_([own for own, _ in self._averaged], [new for _, new in self._averaged], 1 - decay)
        for own, new in self._copied:
            own.copy_(new)

    def state_dict(self) -> dict[str, Any]:
        return {"module": self.module.state_dict(), "steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.module.load_state_dict(state["module"])
        self.steps = state["steps"]


def _tensors(module: Module) -> list[torch.Tensor]:
    return [*module.parameters(), *module.buffers()]
