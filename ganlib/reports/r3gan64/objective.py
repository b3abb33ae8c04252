"""The relativistic pairing GAN with two gradient penalties: Huang et al. 2024 (arXiv 2501.05441), section 2."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from ganlib.models.objective import Batch, Call, Objective, TrainerInterface


class Relativistic(Objective):
    """D's logit of a real should exceed that of the fake it is paired with, and G's aim is the reverse (Jolicoeur-Martineau 2019).

    `gamma` weights R1 and R2, the mean squared norms of D's gradient at reals and at fakes (Mescheder et al. 2018). A constant added to all
    logits changes no loss, so no logit says real or fake alone: `d_pair_accuracy` is the share of pairs with the real ahead.
    """

    def __init__(self, gamma: float) -> None:
        self.gamma = gamma

    def step(self, trainer: TrainerInterface, batch: Batch) -> dict[str, Tensor]:
        """Update D, then G on the same pairs."""
        generator, discriminator = trainer.nets["generator"], trainer.nets["discriminator"]
        fake = generator(batch.noise(len(batch.real)))
        d_losses = self.discriminator_losses(discriminator, batch.real, fake.detach())
        trainer.minimize(d_losses["d_loss"], "discriminator")
        with torch.no_grad():
            real_logits = discriminator(batch.real)
        with discriminator.frozen():
            g_loss = _pairing(discriminator(fake), real_logits)
        trainer.minimize(g_loss, "generator")
        return {**d_losses, "g_loss": g_loss}

    def discriminator_losses(self, discriminator: Call, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """D's loss, its penalties and metrics on as many (N, 3, S, S) reals as detached fakes."""
        real_logits, r1 = _judged(discriminator, real)
        fake_logits, r2 = _judged(discriminator, fake)
        d_loss = _pairing(real_logits, fake_logits) + self.gamma / 2 * (r1 + r2)
        return {"d_loss": d_loss, "r1": r1, "r2": r2, "d_pair_accuracy": (real_logits > fake_logits).float().mean()}


def _pairing(ahead: Tensor, behind: Tensor) -> Tensor:
    return softplus(behind - ahead).mean()


def _judged(discriminator: Call, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """The logits (N,) of `pictures`, and the mean squared norm of their gradients."""
    pictures = pictures.detach().requires_grad_()
    logits = discriminator(pictures)
    (gradient,) = torch.autograd.grad(logits.sum(), pictures, create_graph=True)
    return logits, gradient.square().flatten(1).sum(dim=1).mean()
