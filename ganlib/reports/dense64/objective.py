"""Binary cross-entropy as a Keras GAN trains on it: one mean over a batch that is half real, and fakes of their own for G."""

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

from ganlib.models.adversarial import judgements
from ganlib.models.objective import Batch, Call, Objective, TrainerInterface


class KerasAdversarial(Objective):
    """`*_loss_keras` is the value that Keras shows, which clips probabilities to [1e-7, 1 - 1e-7] (keras.config.epsilon)."""

    def step(self, trainer: TrainerInterface, batch: Batch) -> dict[str, Tensor]:
        """D's fakes are drawn without dropout, one for each real; G's own step takes twice as many new z."""
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
        """D's losses on (N, 3, S, S) reals and on as many fakes, which carry no gradient."""
        real_logits, fake_logits = discriminator(real), discriminator(fake)
        losses = torch.cat([softplus(-real_logits), softplus(fake_logits)])
        return {"d_loss": losses.mean(), "d_loss_keras": _clipped(losses.detach()).mean(), **judgements(real_logits, fake_logits)}

    def generator_losses(self, discriminator: Call, fake: Tensor) -> dict[str, Tensor]:
        """G's losses on fakes whose gradient leads to G."""
        losses = softplus(-discriminator(fake))
        return {"g_loss": losses.mean(), "g_loss_keras": _clipped(losses.detach()).mean()}


def _clipped(losses: Tensor) -> Tensor:
    return losses.clamp(-math.log1p(-1e-7), -math.log(1e-7))
