"""The nets of a report, their optimizers and their objective: all that a step changes, and what an objective changes it with."""

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
from ganlib.training.distributed.team import ALONE, Team
from ganlib.training.ema import EMA


class AutocastNet:
    """A net as a step calls it: its products under autocast, its output no narrower than float32, so that losses are taken in full.

    `wrapped` is the module as the processes of a team share it: where no gradient is taken, there is nothing to share.
    """

    def __init__(self, module: Module, wrapped: Module, autocast: torch.autocast) -> None:
        self.module = module
        self.wrapped = wrapped
        self.autocast = autocast

    def __call__(self, *inputs: Tensor) -> Tensor:
        with self.autocast:
            output = (self.wrapped if torch.is_grad_enabled() else self.module)(*inputs)
        return output.float() if output.dtype == torch.bfloat16 else output

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """A block in which gradients pass through the net and none is taken for its weights."""
        self.module.requires_grad_(False)
        try:
            yield
        finally:
            self.module.requires_grad_(True)

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """A block in which the net is in eval mode (no dropout, batch norm by its running statistics) and no gradient is taken."""
        self.module.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.module.train()


class Trainer:
    """What a step changes. The objective says what a step is; `minimize`, or `backward` and `update`, are how it changes a net.

    `modules` holds the nets themselves, by name, for whoever shows, checks or keeps them; `nets` the same as a step calls them.
    """

    def __init__(self, system: TrainingConfig, device: torch.device, streams: Streams, team: Team = ALONE) -> None:
        self.device, self.team = device, team
        # Channels-last on a CPU and on a GPU alike: convolutions are faster so, and the cache has its pictures so.
        self.modules: dict[str, Module] = {
            name: team.joined(net, device).to(device, memory_format=torch.channels_last)
            for name, net in system.networks(streams.seed).items()
        }
        autocast = torch.autocast(device.type, torch.bfloat16, enabled=system.precision == "bf16")
        self.nets = {name: AutocastNet(module, team.wrapped(module), autocast) for name, module in self.modules.items()}
        self.optimizers = {name: _optimizer(system, name, module) for name, module in self.modules.items()}
        self.objective: Objective = system.objective(streams, team)
        self.ema = EMA(self.modules["generator"], system.ema) if system.ema else None
        if system.compile:
            for module in self.modules.values():
                module.compile()

    @property
    def generator(self) -> Module:
        """The net whose pictures are shown, scored and kept: the averaged one where there is one."""
        return self.ema.module if self.ema else self.modules["generator"]

    @property
    def rates(self) -> dict[str, float]:
        """The present learning rate of each net."""
        return {name: optimizer.param_groups[0]["lr"] for name, optimizer in self.optimizers.items()}

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One update of every net by this process's share of a batch; the whole batch's figures by name, still on the device."""
        figures = self.team.mean({name: figure.detach() for name, figure in self.objective.step(self, batch).items()})
        if self.ema:
            self.ema.update()
        return figures | self.objective.after_step(figures)

    def minimize(self, loss: Tensor, *names: str) -> None:
        """One update of the named nets down `loss`."""
        self.backward(loss, *names)
        self.update(*names)

    def backward(self, loss: Tensor, *names: str) -> None:
        """The gradients of `loss` in place of those that the named nets have."""
        for name in names:
            self.optimizers[name].zero_grad()
        loss.backward()

    def update(self, *names: str) -> None:
        """One step of the named nets' optimizers."""
        for name in names:
            self.optimizers[name].step()

    def state_dict(self) -> dict[str, Any]:
        """Weights, buffers, moments, rates, what the objective keeps, and torch's own random generators, from which dropout draws."""
        random = [torch.get_rng_state(), *([torch.cuda.get_rng_state(self.device)] if self.device.type == "cuda" else [])]
        return {**{name: part.state_dict() for name, part in self._parts().items()}, "random": random}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from such a state, on another device too."""
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


def _optimizer(system: TrainingConfig, name: str, module: Module) -> Optimizer:
    kind, rate = system.optimizers[name]
    rate *= system.rate_scale
    if kind == "sgd":
        return SGD(module.parameters(), rate, fused=True)
    return Adam(module.parameters(), rate, (system.beta1, system.beta2), fused=True)
