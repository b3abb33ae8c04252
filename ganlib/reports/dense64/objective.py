"""The training step of a Keras GAN: D's loss is one mean over a batch that is half real, and G gets new fakes."""

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

from ganlib.models.adversarial import d_metrics
from ganlib.models.objective import Batch, Call, Objective, TrainerInterface


class KerasAdversarial(Objective):
    """`*_loss_keras` is the value that Keras reports, with probabilities clipped to [1e-7, 1 - 1e-7] (keras.config.epsilon)."""

    def step(self, trainer: TrainerInterface, batch: Batch) -> dict[str, Tensor]:
        """Update D on as many fakes as reals, generated without dropout; then G on twice as many new z."""
        generator, discriminator = trainer.nets["generator"], trainer.nets["discriminator"]
        with generator.evaluating():
            fake = generator(batch.noise(len(batch.real)))
        d_losses = self.discriminator_losses(discriminator, batch.real, fake)
        trainer.minimize(d_losses["d_loss"], "discriminator")
        with discriminator.frozen():
            g_losses = self.generator_losses(discriminator, generator(batch.noise(2 * len(batch.real))))
        trainer.minimize(g_losses["g_loss"], "generator")
        return d_losses | g_losses

    def discriminator_losses(self, discriminator: Call, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """D's losses and metrics on (N, 3, S, S) reals and as many detached fakes."""
        real_logits, fake_logits = discriminator(real), discriminator(fake)
        losses = torch.cat([softplus(-real_logits), softplus(fake_logits)])
        return {"d_loss": losses.mean(), "d_loss_keras": _clipped(losses.detach()).mean(), **d_metrics(real_logits, fake_logits)}

    def generator_losses(self, discriminator: Call, fake: Tensor) -> dict[str, Tensor]:
        """G's losses on fakes with gradient."""
        losses = softplus(-discriminator(fake))
        return {"g_loss": losses.mean(), "g_loss_keras": _clipped(losses.detach()).mean()}


def _clipped(losses: Tensor) -> Tensor:
    return losses.clamp(-math.log1p(-1e-7), -math.log(1e-7))
