"""Joins the process group that Lightning Fabric, torchrun or SLURM describes in the environment.

It is described in the environment and not in params.yaml, so that DVC sees the same run on any hardware.
"""

import logging
import os
import shlex
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import NamedTuple

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from ganlib.core.device import device
from ganlib.support import console
from ganlib.support.errors import UserError
from ganlib.training.distributed.team import ALONE, Team

LAUNCHER = "GANLIB_LAUNCH"
DEVICES = "LT_DEVICES"
# DDP's option: torch 2.11 has it by its old name.
SYNC_BUFFERS = "forward_sync_buffers" if "forward_sync_buffers" in signature(DistributedDataParallel).parameters else "broadcast_buffers"


class World(NamedTuple):
    """World size, its processes on this machine, this process's rank, and Fabric's class for the environment."""

    size: int = 1
    local_size: int = 1
    rank: int = 0
    environment: str = "LightningEnvironment"


def relaunch(module: str) -> None:
    """Replace this process with $GANLIB_LAUNCH (e.g. `srun`), which runs `python -m module` with our arguments once per rank."""
    try:
        launcher = shlex.split(os.environ.pop(LAUNCHER, ""))
        if launcher:
            os.execvp(launcher[0], [*launcher, sys.executable, "-m", module, *sys.argv[1:]])  # noqa: S606 (the user's own command)
    except (OSError, ValueError) as error:
        raise UserError(f"{LAUNCHER}: {error}: must be a command such as srun, or unset") from None


def world_from_env() -> World:
    """The processes of this run: one, unless srun or torchrun started this process or LT_DEVICES asks for several."""
    env = os.environ
    # Not SLURM_NTASKS, which is also set in a batch script, where only one process runs.
    if (size := _count("SLURM_STEP_NUM_TASKS")) > 1:
        return World(size, size // _count("SLURM_STEP_NUM_NODES"), int(env["SLURM_PROCID"]), "SLURMEnvironment")
    if (size := _count("WORLD_SIZE")) > 1:  # set by torchrun, and by Fabric for the processes that it starts
        if missing := [name for name in ("LOCAL_RANK", "MASTER_ADDR") if name not in env]:
            raise UserError(
                f"WORLD_SIZE: {size} processes, but no {' and no '.join(missing)}: start the run with torchrun, or unset WORLD_SIZE"
            )
        return World(size, _count("LOCAL_WORLD_SIZE", size), int(env.get("RANK", env["LOCAL_RANK"])))
    size = _count(DEVICES)
    return World(size, size)


@contextmanager
def init_team() -> Iterator[Team]:
    """Join the process group that the environment describes; a single process joins none.

    LT_DEVICES=4 starts three more processes on this machine; torchrun and srun have started all of them. On GPUs each rank has its own.
    Inside the block rank 0 alone reports errors, and the loss of one rank ends all others. Raises a UserError if there are too few GPUs.
    """
    world = world_from_env()
    if world.size == 1:
        yield ALONE
        return
    team = _join(world)
    # Ranks above 0 exit with status 0: at any other the launcher kills rank 0, which may not have saved or reported yet.
    try:
        yield team
    except UserError:
        if team.is_main:
            raise
        sys.exit(0)
    except RuntimeError as error:
        if not _is_peer_failure(error):
            raise
        if team.is_main:
            console.log(f"error: one of the {team.size} processes was lost. Run the same command again to resume from the last checkpoint.")
        # At once: the interpreter would first tear down the process group, which may wait for the lost rank.
        os._exit(int(team.is_main))
    distributed.destroy_process_group()


def _count(name: str, default: int = 1) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdecimal() or int(value) == 0:
        raise UserError(f"{name}: {value!r} is not allowed: must be a number of processes, 1, 2, ...")
    return int(value)


def _join(world: World) -> Team:
    kind = device()
    if kind.index is not None:
        raise UserError(
            f"GANLIB_DEVICE: {kind} is one device, and there are {world.size} processes: use cpu, cuda or auto;"
            " CUDA_VISIBLE_DEVICES selects GPUs"
        )
    if kind.type == "cuda" and world.local_size > torch.cuda.device_count():
        raise UserError(
            f"{DEVICES}: {world.local_size} processes need a GPU each, and {torch.cuda.device_count()} are visible:"
            " use fewer, or GANLIB_DEVICE=cpu"
        )
    from lightning_fabric import Fabric  # takes a second to import, and a single process does not need it
    from lightning_fabric.plugins import environments
    from lightning_fabric.strategies.ddp import DDPStrategy

    for name in [name for name in os.environ if name.startswith("LT_")]:
        del os.environ[name]  # Fabric would let a strategy or precision in them override ours
    os.environ.setdefault("NCCL_NVLS_ENABLE", "0")  # reductions inside the switch have no fixed order
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    try:
        fabric = Fabric(
            accelerator=kind.type,
            devices=world.local_size,
            num_nodes=world.size // world.local_size,
            # Buffers are equal already, and a broadcast in each forward pass would wait for ranks that draw no sheet. With
            # find_unused_parameters DDP sums gradients in the same order from its first step on, and so in a resumed run too.
            strategy=DDPStrategy(
                **{SYNC_BUFFERS: False},
                find_unused_parameters=True,
                process_group_backend="cpu:gloo,cuda:nccl" if kind.type == "cuda" else "gloo",
            ),
            plugins=getattr(environments, world.environment)(),
        )
        fabric.launch()
    except (RuntimeError, ValueError) as error:
        raise UserError(f"could not initialise the process group of {world.size}: {' '.join(str(error).split())}") from None
    if fabric.global_rank:
        exit_with_parent()
    return Team(fabric.global_rank, fabric.world_size, fabric)


def exit_with_parent() -> None:
    """From now on, exit when the parent process (rank 0, torchrun or SLURM) does.

    After the loss of a rank, gloo occasionally leaves another one waiting forever at full CPU load; launchers end it, but rank 0, which
    has exited, cannot.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _is_peer_failure(error: RuntimeError) -> bool:
    return isinstance(error, distributed.DistError) or "gloo" in str(error)
