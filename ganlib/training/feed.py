"""The pictures, conditions and z of each step."""

import math
import warnings
from typing import Protocol

import torch
from torch import Tensor

from ganlib.core import random
from ganlib.core.device import to_device
from ganlib.core.images import to_float
from ganlib.core.random import Streams, stream
from ganlib.data.faces import Faces
from ganlib.models.objective import Batch
from ganlib.models.report import Report
from ganlib.support.errors import UserError
from ganlib.training.distributed.team import ALONE, Team

RESIDENT_SHARE = 0.5  # of a GPU's free memory that the pictures may occupy


class Pictures(Protocol):
    """The pictures of a split."""

    def batch(self, rows: Tensor) -> Tensor:
        """The pictures of `rows` (N,) int64 on the CPU, as (N, 3, S, S) uint8 on the device, channels-last."""


class Mapped:
    """Gathers each batch from the memory-mapped cache on all cores, while a GPU computes the batch before."""

    def __init__(self, faces: Faces, device: torch.device) -> None:
        with warnings.catch_warnings(action="ignore"):  # torch warns that the mapping is read-only; nothing here writes to it
            self.pictures = torch.from_numpy(faces.pictures)
        self.rows = torch.from_numpy(faces.rows)
        self.device = device

    def batch(self, rows: Tensor) -> Tensor:
        return to_device(self.pictures.index_select(0, self.rows[rows]), self.device).permute(0, 3, 1, 2)


class Resident:
    """Copies the whole split to the device once, and indexes it there."""

    def __init__(self, faces: Faces, device: torch.device) -> None:
        self.pictures = torch.empty(len(faces), *faces.pictures.shape[1:], dtype=torch.uint8, device=device)
        mapped = Mapped(faces, torch.device("cpu"))
        for start in range(0, len(faces), 4096):
            some = mapped.batch(torch.arange(start, min(start + 4096, len(faces))))
            self.pictures[start : start + len(some)] = some.permute(0, 2, 3, 1)

    def batch(self, rows: Tensor) -> Tensor:
        return self.pictures[to_device(rows, self.pictures.device)].permute(0, 3, 1, 2)


def pictures_for(faces: Faces, device: torch.device) -> Pictures:
    """Resident if they fit into a GPU, else mapped."""
    needed = len(faces) * math.prod(faces.pictures.shape[1:])
    if device.type == "cuda" and needed <= RESIDENT_SHARE * torch.cuda.mem_get_info(device)[0]:
        return Resident(faces, device)
    return Mapped(faces, device)


def steps_per_epoch(report: Report, count: int) -> int:
    """Steps in an epoch over `count` pictures; a UserError if there are too few for one step."""
    if steps := report.steps_per_epoch(count):
        return steps
    raise UserError(f"params.yaml: batch_size: a step takes {report.reals_per_step} real pictures, and the split has {count}")


class Feed:
    """Endless batches: a new permutation of the pictures each epoch, their own order without `shuffle`, or draws with replacement.

    An epoch's order depends only on the seed and the epoch. Each rank gets its shard of every batch and of its z.
    """

    def __init__(self, report: Report, faces: Faces, device: torch.device, streams: Streams, team: Team = ALONE) -> None:
        team.check_batch(report)
        self.report = report
        self.count = len(faces)
        self.steps_per_epoch = steps_per_epoch(report, self.count)
        self.pictures = pictures_for(faces, device)
        self.conditions = torch.from_numpy(faces.conditions(report.condition_groups))
        self.device = device
        self.streams = streams
        self.team = team
        self._begin(0)

    def next(self) -> Batch:
        """The next step's batch on the device."""
        rows = self.team.shard(self._rows(self.report.reals_per_step), self.report.batches_per_step)
        return Batch(
            real=to_float(self.pictures.batch(rows), self.report.pixel_range),
            condition=(to_device(self.conditions[rows], self.device),) if self.report.condition_groups else (),
            noise=self._noise,
        )

    def state_dict(self) -> dict[str, int]:
        """The position in the order of the pictures."""
        return {"epoch": self.epoch, "cursor": self.cursor}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self._begin(state["epoch"])
        self.cursor = state["cursor"]

    def _noise(self, count: int) -> Tensor:
        z = random.sample_latent(self.report.prior, count * self.team.size, self.report.latent_size, self.streams["noise"])
        return to_device(self.team.shard(z), self.device)

    def _rows(self, count: int) -> Tensor:
        if self.cursor + count > len(self.order):
            self._begin(self.epoch + 1)
        self.cursor += count
        return self.order[self.cursor - count : self.cursor]

    def _begin(self, epoch: int) -> None:
        rng = stream(self.streams.seed_of("order"), "order", epoch)
        self.epoch, self.cursor = epoch, 0
        if self.report.replacement:
            self.order = torch.randint(self.count, (self.steps_per_epoch * self.report.reals_per_step,), generator=rng)
        else:
            self.order = torch.randperm(self.count, generator=rng) if self.report.shuffle else torch.arange(self.count)
