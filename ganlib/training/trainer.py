"""The nets of a report, their optimizers and their objective: all that a step changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import SGD, Adam, Optimizer

from ganlib.core.random import Streams
from ganlib.models.objective import Batch, Objective
from ganlib.models.report import TrainingConfig
from ganlib.support.errors import UserError
from ganlib.training.distributed.team import ALONE, Team
from ganlib.training.ema import EMA


class AutocastNet:
    """A net as a step calls it: under autocast, with outputs in at least float32, so that losses have full precision.

    `ddp` replaces `module` where gradients are taken: the module itself in a single process.
    """

    def __init__(self, module: Module, ddp: Module, autocast: torch.autocast) -> None:
        self.module = module
        self.ddp = ddp
        self.autocast = autocast

    def __call__(self, *inputs: Tensor) -> Tensor:
        with self.autocast:
            output: Tensor = (self.ddp if torch.is_grad_enabled() else self.module)(*inputs)
        return output.float() if output.dtype == torch.bfloat16 else output

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Within the block, gradients pass through the net, and its weights get none."""
        self.module.requires_grad_(False)
        try:
            yield
        finally:
            self.module.requires_grad_(True)

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Within the block, the net is in eval mode and takes no gradients."""
        self.module.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.module.train()


class Trainer:
    """Runs the objective's steps; the objective updates nets by `minimize`, or by `backward` and `update`.

    `modules` holds the nets by name, to save, check or show them; `nets` holds them as a step calls them.
    """

    def __init__(self, system: TrainingConfig, device: torch.device, streams: Streams, team: Team = ALONE) -> None:
        if system.compile and system.second_order:
            raise UserError(
                "params.yaml: numerics.compile: this objective differentiates a gradient, which torch.compile cannot: set it to false"
            )
        self.device, self.team = device, team
        # Channels-last on CPUs and GPUs: convolutions are faster, and the cache stores its pictures in this layout.
        self.modules: dict[str, Module] = {
            name: team.sync_layers(net, device).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch lacks it
            for name, net in system.networks(streams.seed).items()
        }
        autocast = torch.autocast(device.type, torch.bfloat16, enabled=system.precision == "bf16")
        self.nets = {name: AutocastNet(module, team.ddp(module), autocast) for name, module in self.modules.items()}
        self.optimizers = {name: _optimizer(system, name, module) for name, module in self.modules.items()}
        self.objective: Objective = system.objective(streams, team)
        self.ema = EMA(self.modules["generator"], system.ema) if system.ema else None
        if system.compile:
            for module in self.modules.values():
                module.compile()

    @property
    def generator(self) -> Module:
        """The net whose pictures are shown and scored, and which is saved: the EMA if the report has one."""
        return self.ema.module if self.ema else self.modules["generator"]

    @property
    def rates(self) -> dict[str, float]:
        """The current learning rate of each net."""
        return {name: optimizer.param_groups[0]["lr"] for name, optimizer in self.optimizers.items()}

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """Update every net with this rank's shard of a batch; the whole batch's losses and figures by name, on the device."""
        figures = self.team.mean({name: figure.detach() for name, figure in self.objective.step(self, batch).items()})
        if self.ema:
            self.ema.update()
        return figures | self.objective.after_step(figures)

    def minimize(self, loss: Tensor, *names: str) -> None:
        """One optimizer step of the named nets on `loss`."""
        self.backward(loss, *names)
        self.update(*names)

    def backward(self, loss: Tensor, *names: str) -> None:
        """Zero the named nets' gradients and backpropagate `loss`."""
        for name in names:
            self.optimizers[name].zero_grad()
        torch.autograd.backward(loss)

    def update(self, *names: str) -> None:
        """One step of the named nets' optimizers."""
        for name in names:
            self.optimizers[name].step()

    def state_dict(self) -> dict[str, Any]:
        """Nets, optimizers, EMA, the objective's state, and torch's global random generators, from which dropout draws."""
        random = [torch.get_rng_state(), *([torch.cuda.get_rng_state(self.device)] if self.device.type == "cuda" else [])]
        return {**{name: part.state_dict() for name, part in self._parts().items()}, "random": random}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state, which may come from another device."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        of_cpu, *of_gpu = state["random"]
        torch.set_rng_state(of_cpu)
        if of_gpu and self.device.type == "cuda":
            torch.cuda.set_rng_state(of_gpu[0], self.device)

    def _parts(self) -> dict[str, Any]:
        optimizers = {f"{name}'s optimizer": optimizer for name, optimizer in self.optimizers.items()}
        average = {"average": self.ema} if self.ema else {}
        return {**self.modules, **optimizers, **average, "objective": self.objective}


def nbytes(module: Module) -> int:
    """Size of a net's weights and buffers."""
    return sum(tensor.nbytes for tensor in module.state_dict().values())


def _optimizer(system: TrainingConfig, name: str, module: Module) -> Optimizer:
    kind, rate = system.optimizers[name]
    rate *= system.rate_scale
    if kind == "sgd":
        return SGD(module.parameters(), rate, fused=True)
    return Adam(module.parameters(), rate, (system.beta1, system.beta2), fused=True)
