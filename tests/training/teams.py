"""Process groups that train: started as by torchrun, on gloo, in float64 if runs are compared."""

import os
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, distributed, nn
from torch.autograd import Function

from ganlib.core import images
from ganlib.data.faces import Faces
from ganlib.support import errors
from ganlib.support.paths import Outputs
from ganlib.training import feed, loop, sheets
from ganlib.training.distributed import launch, team
from ganlib.training.distributed.worker import train_worker
from tests.training import children, small


class Sum(Function):
    """The sum over all processes; its gradient is summed likewise."""

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


GRACE = 20  # seconds


def together(size: int, work: Callable[..., None], *arguments: object, **options: object) -> list[int]:
    """Run `work(*arguments, **options)` in each of `size` ranks; their exit statuses in rank order."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in small.NAMES]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    processes = [children.CONTEXT.Process(target=_work, args=(rank, size, ports, work, arguments, options)) for rank in range(size)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(GRACE if process is not processes[0] else None)
        process.kill()  # as a launcher does with the ranks that outlive rank 0
        process.join()
    return [process.exitcode for process in processes]


def _work(rank: int, size: int, ports: list[int], work: Callable[..., None], arguments: tuple, options: dict) -> None:
    os.environ.update({"WORLD_SIZE": str(size), "LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1", "GANLIB_DEVICE": "cpu"})
    os.environ["PORTS"] = " ".join(map(str, ports))
    torch.set_num_threads(1)
    work(*arguments, **options)


def train(
    folder: Path,
    names: Sequence[str],
    *,
    double: bool = False,
    batch_norm: bool = True,
    at: tuple[int, signal.Signals, int] | None = None,
    save_every: int | None = None,
    **changes: object,
) -> None:
    """Train one report after the other in `folder`/<name> on the faces beside it, as the team that the environment describes.

    `double`: in float64; `batch_norm`: synchronized; `at`: a rank, and the signal it gets in which step.
    """
    children.redirect_stderr(folder)
    if double:
        torch.set_default_dtype(torch.float64)
        for module in (feed, sheets):
            module.to_float = lambda *values: images.to_float(*values).double()
    if batch_norm:
        team.SYNC_BATCH_NORM["cpu"] = GlooBatchNorm
    if at is not None and at[0] == int(os.environ["LOCAL_RANK"]):
        children.at_step(at[1], at[2])
    main = launch.world_from_env().rank == 0
    with errors.exit_on_user_error():
        # A port for each training: rank 1 may join the next one while rank 0 still copies the results of the last.
        for name, port in zip(names, os.environ["PORTS"].split(), strict=False):
            os.environ["MASTER_PORT"] = port
            report = small.report(name, **changes)
            outputs, checkpoints = Outputs.below(folder / name / "out"), folder / name / "checkpoints"
            faces = Faces.open(folder.parent / report.crop / "faces", "all")
            if main:
                loop.train(name, report, faces, outputs, checkpoints, launch.init_team(), seed=3, log_every=5, save_every=save_every)
            else:
                train_worker(report, faces, launch.init_team(), seed=3)
