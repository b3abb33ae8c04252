"""The processes that train one run together: how a batch is divided among them, and what they tell one another.

All draw the same random numbers for the whole batch and each works on its share; gradients (by DistributedDataParallel), batch norm and
losses are taken over all shares. So a step does not depend on how many processes there are, and one alone communicates nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganlib.support import progress
from ganlib.support.errors import UserError

if TYPE_CHECKING:
    from lightning_fabric import Fabric


SYNCHRONISED = {"cuda": nn.SyncBatchNorm}  # batch norm over the shares of all processes, by the kind of device that has one


@dataclass(frozen=True)
class Team:
    """One process, the `rank`-th of `size`; several were brought together by `fabric`."""

    rank: int = 0
    size: int = 1
    fabric: Fabric | None = None

    @property
    def leads(self) -> bool:
        """Whether this is the one that writes files and speaks."""
        return self.rank == 0

    def shard(self, rows: Tensor, batches: int = 1) -> Tensor:
        """Of rows (N, ...) that all have drawn alike this process's (N / size, ...): its part of each of `batches` parts, one by one."""
        if self.size == 1:
            return rows
        return rows.unflatten(0, (batches, self.size, -1))[:, self.rank].flatten(0, 1)

    def gather(self, rows: Tensor) -> Tensor:
        """The rows (n, ...) of every process, (size * n, ...) in their order, for all; they carry no gradient."""
        if self.size == 1:
            return rows
        parts = [torch.empty_like(rows) for _ in range(self.size)]
        distributed.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    def mean(self, figures: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Each figure's mean over the processes: one sum of all of them, for which no GPU is waited for."""
        if self.size == 1:
            return dict(figures)
        row = torch.stack([figure.double() for figure in figures.values()])
        distributed.all_reduce(row)  # not Fabric's, before which all would wait for one another and for their GPUs
        means = (row / self.size).unbind()
        return {name: mean.to(figure.dtype) for (name, figure), mean in zip(figures.items(), means, strict=True)}

    def any(self, flag: bool) -> bool:
        """Whether it holds for one of the processes. They ask on the CPU, so that no GPU is waited for and a lost process is noticed."""
        if self.size == 1:
            return flag
        flags = torch.tensor(int(flag))
        distributed.all_reduce(flags, distributed.ReduceOp.MAX)
        return bool(flags)

    def from_leader(self, what: Any) -> Any:
        """What the leader has, for all."""
        return what if self.fabric is None else self.fabric.broadcast(what)

    def joined(self, net: nn.Module, device: torch.device) -> nn.Module:
        """`net`, changed so that its batch norm is over the pictures of all processes, and its dropout this one's part of one mask."""
        if self.size == 1:
            return net
        for parent in [*net.modules()]:
            for name, layer in parent.named_children():
                if isinstance(layer, nn.Dropout):  # always our own, which takes its part
                    layer.rank, layer.size = self.rank, self.size
                elif isinstance(layer, _BatchNorm) and layer.training:  # dcgan56's Affine never is
                    setattr(parent, name, _synchronised(layer, device))
        return net

    def wrapped(self, net: nn.Module) -> nn.Module:
        """What a step calls in the place of `net`, whose gradients are then those of the whole batch; files and sheets keep to `net`."""
        # Straight from the strategy: Fabric's own wrapper would turn every input into the default type as well.
        return net if self.fabric is None else self.fabric.strategy.setup_module(net)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around all that the team does: the leader alone speaks of errors, and the loss of a process ends every other one.

        The others end with status 0: on any other the launcher kills the leader, who may not have saved or spoken yet.
        """
        try:
            yield
        except UserError:
            if self.leads:
                raise
            sys.exit(0)
        except RuntimeError as error:
            if self.size == 1 or not _is_of_a_lost_process(error):
                raise
            if self.leads:
                progress.log(f"error: one of the {self.size} processes was lost: run it again to go on from the last checkpoint")
            # At once: the interpreter would first take down what is left of the group, which may wait for the lost process.
            os._exit(int(self.leads))
        if self.size > 1:
            distributed.destroy_process_group()


ALONE = Team()


def _synchronised(layer: _BatchNorm, device: torch.device) -> _BatchNorm:
    if device.type not in SYNCHRONISED:
        raise UserError(
            f"LT_DEVICES: nets with batch norm train in one process on {device.type}, where torch has none over several: take 1"
        )
    other = SYNCHRONISED[device.type](layer.num_features, layer.eps, layer.momentum, layer.affine, layer.track_running_stats)
    other.load_state_dict(layer.state_dict())
    return other


def _is_of_a_lost_process(error: RuntimeError) -> bool:
    return isinstance(error, distributed.DistError) or "gloo" in str(error)
