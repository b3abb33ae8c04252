"""One step of a GAN's training, and all that it changes."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Adam

from ganlib.objectives.objective import Batch, Objective
from ganlib.system import System

BETA2 = 0.999


class Trainer:
    """The two nets, their optimizers and their objective: all that a step changes."""

    def __init__(self, system: System, device: torch.device, rng: torch.Generator) -> None:
        generator, discriminator = system.networks(rng)
        # Channels-last on a CPU and on a GPU alike: convolutions are faster so, and the cache has its pictures so.
        self.generator: Module = generator.to(device, memory_format=torch.channels_last)
        self.discriminator: Module = discriminator.to(device, memory_format=torch.channels_last)
        self.autocast = torch.autocast(device.type, torch.bfloat16, enabled=system.precision == "bf16")
        betas = (system.beta1, BETA2)
        self.optimizer_g = Adam(self.generator.parameters(), system.lr_g * system.rate_scale, betas, fused=True)
        self.optimizer_d = Adam(self.discriminator.parameters(), system.lr_d * system.rate_scale, betas, fused=True)
        self.objective: Objective = system.objective(rng)
        if system.compile:
            self.generator.compile()
            self.discriminator.compile()

    @property
    def nets(self) -> dict[str, Module]:
        """Both, by name."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One update of D and one of G; returns the losses by name, still on the device."""
        objective, discriminator = self.objective, self.discriminator
        with self.autocast:
            fake = self.generator(batch.z_d, *batch.condition) if objective.shares_fakes else self._fakes_apart(batch)
            d_losses = objective.discriminator_losses(discriminator, batch, fake.detach())
        self.optimizer_d.zero_grad()
        d_losses["d_loss"].backward()
        if not objective.simultaneous:
            self.optimizer_d.step()

        discriminator.requires_grad_(False)
        with self.autocast:
            if not objective.shares_fakes:
                fake = self.generator(batch.z_g, *batch.condition)
            g_losses = objective.generator_losses(discriminator, batch, fake)
        self.optimizer_g.zero_grad()
        g_losses["g_loss"].backward()
        discriminator.requires_grad_(True)
        if objective.simultaneous:
            self.optimizer_d.step()
        self.optimizer_g.step()
        return {name: loss.detach() for name, loss in (d_losses | g_losses | objective.after_step()).items()}

    def state_dict(self) -> dict[str, Any]:
        """Weights, buffers, moments, rates, what the objective keeps, and torch's own random generators, from which dropout draws."""
        random = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
        return {**{name: part.state_dict() for name, part in self._parts().items()}, "random": random}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from such a state, on another device too."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        of_cpu, *of_gpus = state["random"]
        torch.set_rng_state(of_cpu)
        for gpu, its in zip(range(torch.cuda.device_count()), of_gpus, strict=False):
            torch.cuda.set_rng_state(its, gpu)

    def _parts(self) -> dict[str, Any]:
        return {**self.nets, "optimizer_g": self.optimizer_g, "optimizer_d": self.optimizer_d, "objective": self.objective}

    def _fakes_apart(self, batch: Batch) -> Tensor:
        self.generator.eval()
        with torch.no_grad():
            fake = self.generator(batch.z_d, *batch.condition)
        self.generator.train()
        return fake
