"""D tells real from fake, G wants its fakes called real: Goodfellow et al. 2014, section 3, on logits."""

import math
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from ganlib.objectives.objective import Batch, Objective
from ganlib.settings import Loss


class Adversarial(Objective):
    """Reals and fakes pass D in batches of their own; `real_label` under 1 is one-sided smoothing (Salimans et al. 2016, 3.4)."""

    shares_fakes: ClassVar[bool] = True

    def __init__(self, loss: Loss, real_label: float) -> None:
        self.loss = loss
        self.real_label = real_label

    def discriminator_losses(self, discriminator: Module, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        real_logits, fake_logits = discriminator(batch.real), discriminator(fake)
        d_loss = _cross_entropy(real_logits, self.real_label) + _cross_entropy(fake_logits, 0.0)
        return {"d_loss": d_loss, "d_accuracy": _accuracy(real_logits, fake_logits)}

    def generator_losses(self, discriminator: Module, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        logits = discriminator(fake)
        # minimax: mean(log(1 - D(G(z)))), which G descends.
        g_loss = _cross_entropy(logits, 1.0) if self.loss == "non_saturating" else -_cross_entropy(logits, 0.0)
        return {"g_loss": g_loss}


class KerasAdversarial(Objective):
    """Binary cross-entropy as a Keras GAN trains on it: one mean over a batch that is half real, and fakes of their own for G.

    `*_loss_keras` is the value that Keras shows, which clips probabilities to [1e-7, 1 - 1e-7] (keras.config.epsilon).
    """

    shares_fakes: ClassVar[bool] = False

    def discriminator_losses(self, discriminator: Module, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        real_logits, fake_logits = discriminator(batch.real), discriminator(fake)
        losses = torch.cat([softplus(-real_logits), softplus(fake_logits)])
        return {
            "d_loss": losses.mean(),
            "d_loss_keras": _clipped(losses.detach()).mean(),
            "d_accuracy": _accuracy(real_logits, fake_logits),
        }

    def generator_losses(self, discriminator: Module, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        losses = softplus(-discriminator(fake))
        return {"g_loss": losses.mean(), "g_loss_keras": _clipped(losses.detach()).mean()}


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def _accuracy(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    right = (real_logits > 0).sum() + (fake_logits <= 0).sum()
    return right / (real_logits.numel() + fake_logits.numel())


def _clipped(losses: Tensor) -> Tensor:
    return losses.clamp(-math.log1p(-1e-7), -math.log(1e-7))
