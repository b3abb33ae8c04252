"""Detects failing runs: NaN and infinity end a run; a D that is always right and a collapsed G are counted and warned of."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from ganlib.core.device import from_device
from ganlib.support import console

SATURATED = 100  # consecutive steps with D right about every picture
COLLAPSED = 0.05  # of the reals' diversity


def to_floats(figures: Mapping[str, Tensor]) -> dict[str, float]:
    """The figures as Python floats, with a single device sync."""
    copies = {name: from_device(figure) for name, figure in figures.items()}
    return {name: float(wait()) for name, wait in copies.items()}


@torch.no_grad()
def not_finite(losses: Mapping[str, Tensor], nets: Mapping[str, Module]) -> str | None:
    """Name of the first loss, weight, buffer or gradient that contains NaN or infinity; None if all are finite."""
    tensors: dict[str, Tensor] = {}
    for name, net in nets.items():
        weights = {f"the {name}'s {key}": tensor for key, tensor in net.state_dict(keep_vars=True).items()}
        tensors |= weights | {f"the gradient of {key}": tensor.grad for key, tensor in weights.items() if tensor.grad is not None}
    tensors = {key: tensor for key, tensor in tensors.items() if tensor.is_floating_point()}
    # The largest absolute value of each tensor, which is NaN if one value is: a few kernels for all tensors.
    largest = torch.stack(torch._foreach_norm([*tensors.values()], math.inf))
    found = to_floats({**losses, "all": largest.max()})
    for name in losses:
        if not math.isfinite(found[name]):
            return f"{name} is {found[name]}"
    if not math.isfinite(found["all"]):
        return f"{next(key for key, bad in zip(tensors, ~largest.isfinite(), strict=True) if bad)} is not finite"
    return None


class Monitor:
    """Counts the steps at which D has been right about every picture for SATURATED steps, and the log's lines with a collapsed G.

    Warns when each first occurs. The first epoch does not count as collapsed: an untrained G draws nearly equal pictures.
    """

    def __init__(self, steps_per_epoch: int) -> None:
        self.steps_per_epoch = steps_per_epoch
        self.right_in_a_row = torch.tensor(0)
        self.saturated = torch.tensor(0)
        self.counts = {"collapsed": 0, "saturated": 0}

    def update(self, losses: Mapping[str, Tensor]) -> None:
        """Count a step's losses, without a device sync."""
        if "d_accuracy" in losses:
            right = losses["d_accuracy"] == 1
            self.right_in_a_row = (self.right_in_a_row.to(right.device) + 1) * right
            self.saturated = self.saturated.to(right.device) + (self.right_in_a_row >= SATURATED)

    def figures(self, step: int, diversity: float, saturated: int) -> dict[str, float]:
        """The log's columns at `step`, from the diversity of G's pictures (1: that of the reals) and the saturated steps so far."""
        collapsed = step > self.steps_per_epoch and diversity < COLLAPSED
        counts = {"collapsed": self.counts["collapsed"] + collapsed, "saturated": saturated}
        warnings = {
            "collapsed": f"the generator draws nearly the same picture from every z (diversity {diversity:.3f} of the reals')",
            "saturated": f"D has been right about every picture for {SATURATED} steps, and G learns little from it; try a smaller lr_d",
        }
        for name, warning in warnings.items():
            if counts[name] and not self.counts[name]:
                console.log(f"warning: step {step}: {warning}")
        self.counts = counts
        return {"diversity": diversity, **counts}

    def state_dict(self) -> dict[str, Any]:
        return {"right_in_a_row": self.right_in_a_row, "saturated": self.saturated, "counts": self.counts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
