"""Signs that a run has gone wrong: NaN and infinity, which end it, and a D or a G that stopped learning, which are counted."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from ganlib.core.device import from_device
from ganlib.support import progress

SATURATED = 100  # steps in a row with D right about every picture
COLLAPSED = 0.05  # of the reals' diversity


def to_floats(figures: Mapping[str, Tensor]) -> dict[str, float]:
    """The figures as Python floats, with a single device sync."""
    coming = {name: from_device(figure) for name, figure in figures.items()}
    return {name: float(arrived()) for name, arrived in coming.items()}


@torch.no_grad()
def not_finite(losses: Mapping[str, Tensor], nets: Mapping[str, Module]) -> str | None:
    """The first of the losses, weights, buffers and gradients that holds NaN or infinity, by name; None where all are numbers."""
    tensors = {}
    for name, net in nets.items():
        weights = {f"the {name}'s {key}": tensor for key, tensor in net.state_dict(keep_vars=True).items()}
        tensors |= weights | {f"the gradient of {key}": tensor.grad for key, tensor in weights.items() if tensor.grad is not None}
    tensors = {key: tensor for key, tensor in tensors.items() if tensor.is_floating_point()}
    # The largest of each, which is NaN where one is: a few kernels for all tensors.
    largest = torch.stack(torch._foreach_norm([*tensors.values()], math.inf))
    found = to_floats({**losses, "all": largest.max()})
    for name in losses:
        if not math.isfinite(found[name]):
            return f"{name} is {found[name]}"
    if not math.isfinite(found["all"]):
        return f"{next(key for key, bad in zip(tensors, ~largest.isfinite(), strict=True) if bad)} is not finite"
    return None


class Monitor:
    """Counts the steps at which D has been right about everything for SATURATED steps, and the log's lines with a collapsed G.

    Each is warned of when it is first seen. A generator has its first epoch to leave the sameness that it starts from.
    """

    def __init__(self, steps_per_epoch: int) -> None:
        self.steps_per_epoch = steps_per_epoch
        self.right_in_a_row = torch.tensor(0)
        self.saturated = torch.tensor(0)
        self.counts = {"collapsed": 0, "saturated": 0}

    def update(self, losses: Mapping[str, Tensor]) -> None:
        """Note a step's losses, without waiting for the device."""
        if "d_accuracy" in losses:
            right = losses["d_accuracy"] == 1
            self.right_in_a_row = (self.right_in_a_row.to(right.device) + 1) * right
            self.saturated = self.saturated.to(right.device) + (self.right_in_a_row >= SATURATED)

    def figures(self, step: int, diversity: float, saturated: int) -> dict[str, float]:
        """The log's columns at `step`: `diversity` of the generator's pictures (1: as much as reals), `saturated` steps so far."""
        collapsed = step > self.steps_per_epoch and diversity < COLLAPSED
        counts = {"collapsed": self.counts["collapsed"] + collapsed, "saturated": saturated}
        signs = {
            "collapsed": f"the generator draws nearly the same picture from every z (diversity {diversity:.3f} of the reals')",
            "saturated": f"D has been right about every picture for {SATURATED} steps, and G learns little from it; try a smaller lr_d",
        }
        for name, sign in signs.items():
            if counts[name] and not self.counts[name]:
                progress.log(f"warning: step {step}: {sign}")
        self.counts = counts
        return {"diversity": diversity, **counts}

    def state_dict(self) -> dict[str, Any]:
        return {"right_in_a_row": self.right_in_a_row, "saturated": self.saturated, "counts": self.counts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
