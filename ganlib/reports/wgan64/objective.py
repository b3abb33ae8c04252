"""WGAN with gradient penalty: Gulrajani et al. 2017 (arXiv 1704.00028), algorithm 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganlib.models.objective import Batch, Call, Objective, TrainerInterface

if TYPE_CHECKING:
    from ganlib.models.objective import Sharding


class Wasserstein(Objective):
    """`critic_steps` updates of the critic, each on its own part of the batch's reals, then one of G.

    `penalty` is lambda, the weight of the squared difference of the critic's gradient norm from 1. Interpolation weights come from `rng`,
    drawn for the batch of all ranks.
    """

    def __init__(self, penalty: float, critic_steps: int, rng: torch.Generator, sharding: Sharding) -> None:
        self.penalty, self.critic_steps, self.rng, self.sharding = penalty, critic_steps, rng, sharding

    def step(self, trainer: TrainerInterface, batch: Batch) -> dict[str, Tensor]:
        generator, critic = trainer.nets["generator"], trainer.nets["discriminator"]
        for real in batch.real.chunk(self.critic_steps):
            with torch.no_grad():
                fake = generator(batch.noise(len(real)))
            figures = self.critic_losses(critic, real, fake)
            trainer.minimize(figures["d_loss"], "discriminator")
        with critic.frozen():
            g_loss = -critic(generator(batch.noise(len(real)))).mean()
        trainer.minimize(g_loss, "generator")
        return {"g_loss": g_loss, **figures}

    def critic_losses(self, critic: Call, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """`distance`: the Wasserstein estimate, mean score of reals minus fakes; `slope`: the mean gradient norm."""
        distance = critic(real).mean() - critic(fake).mean()
        slopes = self._slopes(critic, real, fake)
        return {"d_loss": self.penalty * (slopes - 1).square().mean() - distance, "distance": distance, "slope": slopes.mean()}

    def _slopes(self, critic: Call, real: Tensor, fake: Tensor) -> Tensor:
        """(N,): the norm of the critic's gradient at a random point between each real and its fake."""
        drawn = torch.rand(len(real) * self.sharding.size, 1, 1, 1, generator=self.rng)
        weight = self.sharding.shard(drawn).to(real, non_blocking=True)
        between = torch.lerp(real, fake, weight).requires_grad_()
        (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        norms: Tensor = gradient.flatten(1).norm(dim=1)
        return norms
