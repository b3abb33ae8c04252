"""Data-parallel training: sharding a batch over ranks, and the collectives that a step needs.

Every rank draws the same random numbers for the whole batch and works on its shard; gradients (by DistributedDataParallel), batch norm and
losses are taken over all shards. So a step does not depend on the number of ranks. With one rank every method here does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganlib.support.errors import UserError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from ganlib.models.report import Report


SYNC_BATCH_NORM: dict[str, type[_BatchNorm]] = {"cuda": nn.SyncBatchNorm}  # by kind of device


@dataclass(frozen=True)
class Team:
    """Rank and world size; `fabric` is None in a single process."""

    rank: int = 0
    size: int = 1
    fabric: Fabric | None = None

    @property
    def is_main(self) -> bool:
        """True on rank 0, which alone writes files and logs."""
        return self.rank == 0

    def shard(self, rows: Tensor, batches: int = 1) -> Tensor:
        """The shard (N / size, ...) of this rank, from each of `batches` equal parts of `rows` (N, ...), which every rank holds in full."""
        if self.size == 1:
            return rows
        return rows.reshape(batches, self.size, -1, *rows.shape[1:])[:, self.rank].flatten(0, 1)

    def check_batch(self, report: Report) -> None:
        """Raise a UserError unless each batch of the report can be sharded evenly, keeping those together that D judges together."""
        reals = report.reals_per_step // report.batches_per_step
        logits = reals // report.judged_together
        if logits % self.size:
            packs = f" ({report.judged_together} judged together)" if report.judged_together > 1 else ""
            raise UserError(
                f"params.yaml: batch_size: a batch of {reals} real pictures{packs} cannot be sharded evenly over {self.size} processes:"
                f" use a number of processes that divides {logits}, or another batch_size"
            )

    def gather(self, rows: Tensor) -> Tensor:
        """The rows (n, ...) of all ranks, (size * n, ...) in rank order, without gradient."""
        if self.size == 1:
            return rows
        parts = [torch.empty_like(rows) for _ in range(self.size)]
        distributed.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    def mean(self, figures: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Each figure's mean over the ranks, by a single all-reduce and without a device sync."""
        if self.size == 1:
            return dict(figures)
        row = torch.stack([figure.double() for figure in figures.values()])
        distributed.all_reduce(row)  # Fabric's own would put a barrier and a device sync before it
        means = (row / self.size).unbind()
        return {name: mean.to(figure.dtype) for (name, figure), mean in zip(figures.items(), means, strict=True)}

    def any(self, flag: bool) -> bool:
        """True if `flag` is True on any rank. Reduced on the CPU, so that no GPU is waited for and a lost rank is noticed."""
        if self.size == 1:
            return flag
        flags = torch.tensor(int(flag))
        distributed.all_reduce(flags, distributed.ReduceOp.MAX)
        return bool(flags)

    def broadcast(self, value: Any) -> Any:
        """Rank 0's `value`, on every rank."""
        return value if self.fabric is None else self.fabric.broadcast(value)

    def sync_layers(self, net: nn.Module, device: torch.device) -> nn.Module:
        """Make the net's batch norm normalise over all shards and its dropout use this rank's part of one mask, in place."""
        if self.size == 1:
            return net
        for parent in [*net.modules()]:
            for name, layer in parent.named_children():
                if isinstance(layer, nn.Dropout):  # always models.dropout's
                    vars(layer).update(rank=self.rank, size=self.size)
                elif isinstance(layer, _BatchNorm) and layer.training:  # dcgan56's Affine is always in eval mode
                    setattr(parent, name, _synchronised(layer, device))
        return net

    def ddp(self, net: nn.Module) -> nn.Module:
        """A module that a step calls in place of `net` and that averages gradients over the ranks; checkpoints and sheets use `net`."""
        # The strategy's method: Fabric's own wrapper would also cast every input to the default dtype.
        return net if self.fabric is None else self.fabric.strategy.setup_module(net)


ALONE = Team()


def _synchronised(layer: _BatchNorm, device: torch.device) -> _BatchNorm:
    if device.type not in SYNC_BATCH_NORM:
        raise UserError(
            f"LT_DEVICES: on {device.type}, torch has no batch norm over several processes: train this report in one (LT_DEVICES=1)"
        )
    synchronised = SYNC_BATCH_NORM[device.type](layer.num_features, layer.eps, layer.momentum, layer.affine, layer.track_running_stats)
    synchronised.load_state_dict(layer.state_dict())
    return synchronised
