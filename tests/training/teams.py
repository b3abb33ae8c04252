"""Processes that train as a team: gathered as torchrun's would be, on gloo, with numbers of 64 bits where runs are compared."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, distributed, nn
from torch.autograd import Function

from ganlib import launch, pictures, team
from ganlib.data.faces import Faces
from ganlib.errors import UserError
from ganlib.paths import Outputs
from ganlib.training import feed, loop, sheets
from tests.training import children, small

CONTEXT = children.CONTEXT


class Sum(Function):
    """Over all processes, and so is its gradient."""

    @staticmethod
    def forward(_: object, values: Tensor) -> Tensor:
        values = values.clone()
        distributed.all_reduce(values)
        return values

    @staticmethod
    def backward(_: object, gradient: Tensor) -> Tensor:
        return Sum.apply(gradient)


class GlooBatchNorm(nn.BatchNorm2d):
    """What torch's SyncBatchNorm is on GPUs, written for any device: mean and variance over the shares of all processes."""

    def forward(self, values: Tensor) -> Tensor:
        if not self.training:
            return super().forward(values)
        count = distributed.get_world_size() * values.numel() / values.shape[1]
        mean = Sum.apply(values.sum((0, 2, 3))) / count
        centred = values - mean[:, None, None]
        variance = Sum.apply(centred.square().sum((0, 2, 3))) / count
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight * (variance + self.eps).rsqrt()
        return centred * scale[:, None, None] + self.bias[:, None, None]


def together(size: int, work: Callable[..., None], *arguments: object) -> list[int]:
    """`work(*arguments)` in each of `size` processes that can be gathered; their exit statuses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = [CONTEXT.Process(target=_work, args=(rank, size, port, work, arguments)) for rank in range(size)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def _work(rank: int, size: int, port: int, work: Callable[..., None], arguments: tuple) -> None:
    told = {"WORLD_SIZE": size, "LOCAL_RANK": rank, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "GANLIB_DEVICE": "cpu"}
    os.environ.update({name: str(value) for name, value in told.items()})
    torch.set_num_threads(1)
    work(*arguments)


def train(name: str, folder: Path, *, exact: bool = True, **changes: object) -> None:
    """Train the report as the team that the environment speaks of, in `folder`; `exact`: in float64, with a batch norm over processes."""
    if exact:
        torch.set_default_dtype(torch.float64)
        for module in (feed, sheets):
            module.to_float = lambda *given, to_float=pictures.to_float: to_float(*given).double()
        team.SYNCHRONISED["cpu"] = GlooBatchNorm
    report = small.report(name, **changes)
    faces = Faces.open(folder.parent / report.crop / "faces", "all")
    mine = launch.gathered()
    try:
        with mine.working():
            loop.train(name, report, faces, Outputs.below(folder / "out"), folder / "checkpoints", mine, seed=3, log_every=1, save_every=2)
    except UserError as error:
        (folder / "error.txt").write_text(str(error))
        raise SystemExit(1) from None
