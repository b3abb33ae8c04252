"""How the processes of a run come together: as the environment says, by Lightning Fabric, torchrun or SLURM.

It stands in the environment and not in params.yaml, so that DVC sees the same run whatever it runs on.
"""

import logging
import os
import shlex
import sys
import threading
import time

import torch

from ganlib.core.device import device
from ganlib.support.errors import UserError
from ganlib.training.distributed.team import ALONE, Team

LAUNCHER = "GANLIB_LAUNCH"
DEVICES = "LT_DEVICES"


def relaunch(module: str) -> None:
    """Become the command that GANLIB_LAUNCH holds (`srun ...`), which runs `module` with our arguments, as many times as it is told to."""
    try:
        launcher = shlex.split(os.environ.pop(LAUNCHER, ""))
        if launcher:
            os.execvp(launcher[0], [*launcher, sys.executable, "-m", module, *sys.argv[1:]])  # noqa: S606 (the user's own command)
    except (OSError, ValueError) as error:
        raise UserError(f"{LAUNCHER}: cannot be run: {error}; a command such as srun, or nothing") from None


def gathered() -> Team:
    """The team that this process belongs to, once all its processes have met; one alone unless the environment says otherwise.

    LT_DEVICES=4 starts three more on this machine; torchrun and srun have started all already. Of several each has a GPU of its own,
    where there are any. A UserError where there are not enough of them.
    """
    size, here, manager = _told()
    if size == 1:
        return ALONE
    chosen = device()
    if chosen.type == "mps" or chosen.index is not None:
        raise UserError(f"GANLIB_DEVICE: {chosen} is one device for {size} processes: cpu, cuda or auto; CUDA_VISIBLE_DEVICES chooses GPUs")
    if chosen.type == "cuda" and here > torch.cuda.device_count():
        raise UserError(f"{DEVICES}: {here} processes here and {torch.cuda.device_count()} GPUs are seen: one each, or GANLIB_DEVICE=cpu")
    return _by_fabric(size, here, manager, chosen.type)


def _told() -> tuple[int, int, str]:
    """How many processes there are, how many of them on this machine, and which of Fabric's environments knows the rest."""
    environment = os.environ
    # Not SLURM_NTASKS, which a batch script has too, where there is one process alone.
    if int(environment.get("SLURM_STEP_NUM_TASKS", 1)) > 1:
        size = int(environment["SLURM_STEP_NUM_TASKS"])
        return size, size // int(environment.get("SLURM_STEP_NUM_NODES", 1)), "SLURMEnvironment"
    if int(environment.get("WORLD_SIZE", 1)) > 1:  # torchrun's, or Fabric's own for those that it has started
        size = int(environment["WORLD_SIZE"])
        return size, int(environment.get("LOCAL_WORLD_SIZE", size)), "LightningEnvironment"
    told = environment.get(DEVICES, "1")
    if not told.isdecimal() or int(told) == 0:
        raise UserError(f"{DEVICES}: {told!r} is no number of processes on this machine: 1, 2, ...")
    return int(told), int(told), "LightningEnvironment"


def _by_fabric(size: int, here: int, manager: str, kind: str) -> Team:
    from lightning_fabric import Fabric  # costs a second, and one process needs nothing of it
    from lightning_fabric.plugins import environments
    from lightning_fabric.strategies import DDPStrategy

    for name in [name for name in os.environ if name.startswith("LT_")]:
        del os.environ[name]  # Fabric would heed a strategy or precision of there before ours
    os.environ.setdefault("NCCL_NVLS_ENABLE", "0")  # sums inside the switch have no fixed order
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    try:
        fabric = Fabric(
            accelerator=kind,
            devices=here,
            num_nodes=size // here,
            # Buffers are equal already, and to broadcast them in each forward pass would be to wait for processes that draw no sheet. Where
            # parameters may be unused, DDP sums gradients in one order from its first step on, and so in a run that goes on as well.
            strategy=DDPStrategy(
                forward_sync_buffers=False,
                find_unused_parameters=True,
                process_group_backend="cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo",
            ),
            plugins=getattr(environments, manager)(),
        )
        fabric.launch()
    except (RuntimeError, ValueError) as error:
        raise UserError(f"{size} processes did not come together: {' '.join(str(error).split())}") from None
    if fabric.global_rank:
        end_with_parent()
    return Team(fabric.global_rank, fabric.world_size, fabric)


def end_with_parent() -> None:
    """From now on this process ends when the one that started it does: the leader, or torchrun or SLURM.

    Where a process is lost, gloo now and then leaves another one waiting for ever, at a whole core; launchers end it, and our own, the
    leader, can no longer.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
