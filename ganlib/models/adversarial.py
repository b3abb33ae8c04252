"""The GAN of Goodfellow et al. 2014, section 3, on logits."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ganlib.models.objective import Batch, Call, Objective, TrainerInterface
from ganlib.support.types import Loss


class Adversarial(Objective):
    """Alternating updates of D and G.

    `real_label` below 1 is one-sided label smoothing (Salimans et al. 2016, 3.4). With `joint_batch` D sees reals and fakes as one batch
    in its own update, which its batch norm normalises together.
    """

    def __init__(self, loss: Loss, real_label: float, joint_batch: bool = False) -> None:
        self.loss = loss
        self.real_label = real_label
        self.joint_batch = joint_batch

    def step(self, trainer: TrainerInterface, batch: Batch) -> dict[str, Tensor]:
        """Update D, then G on the same fakes."""
        generator, discriminator = trainer.nets["generator"], trainer.nets["discriminator"]
        fake = generator(batch.noise(len(batch.real)), *batch.condition)
        d_losses = self.discriminator_losses(discriminator, batch.real, fake.detach())
        trainer.minimize(d_losses["d_loss"], "discriminator")
        with discriminator.frozen():
            g_losses = self.generator_losses(discriminator, fake)
        trainer.minimize(g_losses["g_loss"], "generator")
        return d_losses | g_losses

    def discriminator_losses(self, discriminator: Call, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """D's loss and metrics on (N, 3, S, S) reals and detached fakes."""
        if self.joint_batch:
            real_logits, fake_logits = discriminator(torch.cat([real, fake])).chunk(2)
        else:
            real_logits, fake_logits = discriminator(real), discriminator(fake)
        real_labels, fake_labels = self.labels(real_logits, real=True), self.labels(fake_logits, real=False)
        d_loss = binary_cross_entropy_with_logits(real_logits, real_labels) + binary_cross_entropy_with_logits(fake_logits, fake_labels)
        return {"d_loss": d_loss, **d_metrics(real_logits, fake_logits)}

    def labels(self, logits: Tensor, *, real: bool) -> Tensor:
        """The labels (N,) that D learns."""
        return torch.full_like(logits, self.real_label if real else 0.0)

    def generator_losses(self, discriminator: Call, fake: Tensor) -> dict[str, Tensor]:
        """G's loss on fakes with gradient."""
        logits = discriminator(fake)
        # minimax: G minimises mean(log(1 - D(G(z)))).
        g_loss = _cross_entropy(logits, 1.0) if self.loss == "non_saturating" else -_cross_entropy(logits, 0.0)
        return {"g_loss": g_loss}


def d_metrics(real_logits: Tensor, fake_logits: Tensor) -> dict[str, Tensor]:
    """`d_accuracy`: the share of pictures that D classifies correctly; `fooled`: the share of fakes that it takes for real (logits > 0)."""
    correct = (real_logits > 0).sum() + (fake_logits <= 0).sum()
    return {"d_accuracy": correct / (real_logits.numel() + fake_logits.numel()), "fooled": (fake_logits > 0).float().mean()}


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
