"""Exponential moving average of a net's weights over training (Yazici et al. 2019, arXiv 1806.04498).

The weights of a GAN's nets oscillate around a solution. Their average is closer to it, and its pictures vary less between steps.
"""

import copy
from typing import Any

import torch
from torch.nn import Module


class EMA:
    """theta' = d theta' + (1 - d) theta after each step, for weights and batch norm's running statistics; counters are copied.

    d = min(`decay`, (1 + n) / (10 + n)) after n steps, as with `num_updates` of TensorFlow's ExponentialMovingAverage: this warm-up forgets
    the random initialisation. (torch's AveragedModel counts n on the device, which costs a sync per step.)
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
        """Update the average after an optimizer step."""
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
