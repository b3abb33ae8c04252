"""Conditional BEGAN: Berthelot et al. 2017 (arXiv 1703.10717) with TensorJoe's additions.

L(x) is the mean absolute error of D's reconstruction of x. L_D = L(x) - k L(G(z_D)) + mean |w L(x|c) - L(x|c_wrong)|;
L_G = L(G(z_G)) + out-of-bound loss; k <- k + lambda (gamma L(x) - L(G(z_G))), clipped to [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from ganlib.models.objective import Batch, Call, Objective, TrainerInterface

if TYPE_CHECKING:
    from ganlib.models.objective import Sharding

STATE = "k left_out threshold best_convergence epochs_without_better moments convergence_sum steps".split()


class Began(Objective):
    """Balances D and G by k, drops outliers among the reals, and halves the rates when M = L(x) + |gamma L(x) - L(G(z))| stops improving.

    `sizes` is the number of values of each condition; wrong conditions come from `rng`, drawn for the batch of all ranks.
    `wrong_condition` is w and `out_of_bound` the weight of that loss; 0 turns it off. Reals whose loss is more than `deviations` standard
    deviations above the last epoch's mean are dropped; None keeps all. After `patience` epochs without a lower mean M both learning rates
    are halved, down to `lr_floor`.
    """

    moments: Tensor
    convergence_sum: Tensor
    steps: int

    def __init__(
        self,
        sizes: Sequence[int],
        rng: torch.Generator,
        sharding: Sharding,
        *,
        gamma: float,
        lambda_k: float,
        wrong_condition: float,
        out_of_bound: float,
        deviations: float | None,
        patience: int,
        lr_floor: float,
    ) -> None:
        self.sizes, self.rng, self.sharding = sizes, rng, sharding
        self.gamma, self.lambda_k = gamma, lambda_k
        self.wrong_condition, self.out_of_bound = wrong_condition, out_of_bound
        self.deviations = deviations
        self.patience, self.lr_floor = patience, lr_floor
        self.k = torch.tensor(0.0)
        self.left_out = torch.tensor(0)  # reals dropped so far
        self.threshold = math.inf
        self.best_convergence = math.inf
        self.epochs_without_better = 0
        self._begin_epoch()

    def step(self, trainer: TrainerInterface, batch: Batch) -> dict[str, Tensor]:
        """Update both nets at once: G's gradient is computed before D's weights change."""
        generator, discriminator = trainer.nets["generator"], trainer.nets["discriminator"]
        with generator.evaluating():
            fake = generator(batch.noise(len(batch.real)), *batch.condition)
        d_losses = self.discriminator_losses(discriminator, batch, fake)
        trainer.backward(d_losses["d_loss"], "discriminator")
        with discriminator.frozen():
            fake = generator(batch.noise(len(batch.real)), *batch.condition)
            g_losses = self.generator_losses(discriminator, batch, fake)
        trainer.backward(g_losses["g_loss"], "generator")
        trainer.update("discriminator", "generator")
        return d_losses | g_losses

    def reconstruct(self, nets: Mapping[str, Call], pictures: Tensor, condition: tuple[Tensor, ...]) -> Tensor:
        return nets["discriminator"](pictures, *condition)

    def discriminator_losses(self, discriminator: Call, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        """D's losses and metrics on the batch's reals and as many detached fakes."""
        pictures, conditions = [batch.real, fake], [*batch.condition, *batch.condition]
        if self.wrong_condition:
            pictures.append(batch.real)
            conditions.append(self._wrong(*batch.condition))
        real, fake_loss, *wrong = _losses(discriminator, torch.cat(pictures), torch.cat(conditions)).split(len(batch.real))

        kept = (real.detach() <= self.threshold).float()
        all_losses = self.sharding.gather(real.detach())
        kept_count = (all_losses <= self.threshold).sum()
        weight = kept * self.sharding.size / kept_count.clamp(min=1)  # averaged over ranks: the mean over all reals that are kept
        # If no real is kept, D does not learn from them, but k and M still use their loss.
        real_loss = torch.where(kept_count > 0, (weight * real).sum(), real.mean().detach())
        self.k = self.k.to(real.device)
        d_loss = real_loss - self.k * fake_loss.mean()
        self.left_out = self.left_out.to(real.device) + (len(all_losses) - kept_count)
        losses = {"d_loss": d_loss, "real_loss": real_loss, "kept": kept.mean()}
        if wrong:
            losses["wrong_loss"] = (weight * (self.wrong_condition * real - wrong[0]).abs()).sum()
            losses["d_loss"] = d_loss + losses["wrong_loss"]
        self._count(all_losses.double())
        return losses

    def generator_losses(self, discriminator: Call, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        """G's losses on fakes with gradient, generated for the batch's conditions."""
        fake_loss = _losses(discriminator, fake, *batch.condition).mean()
        outside = ((fake < 0) | (fake > 1)).float()
        out_of_bound = (outside * ((fake - 0.5).square() - 0.25)).mean()
        g_loss = fake_loss + self.out_of_bound * out_of_bound
        return {"g_loss": g_loss, "fake_loss": fake_loss, "out_of_range": outside.mean()}

    def after_step(self, figures: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Update k; returns what follows from L(x) and L(G(z_G))."""
        real, fake = figures["real_loss"], figures["fake_loss"]
        surplus = self.gamma * real - fake
        self.k = (self.k + self.lambda_k * surplus).clamp(0, 1)
        convergence = real + surplus.abs()
        self.convergence_sum = self.convergence_sum + convergence.double()
        self.steps += 1
        return {"k": self.k, "convergence": convergence, "balance": fake / real, "left_out": self.left_out}

    def after_epoch(self, optimizers: Mapping[str, Optimizer]) -> None:
        count, total, squares = self.moments.tolist()
        mean = total / count
        if self.deviations is not None:
            self.threshold = mean + self.deviations * math.sqrt(max(0.0, squares / count - mean**2))

        convergence = float(self.convergence_sum) / self.steps
        if convergence < self.best_convergence:
            self.best_convergence, self.epochs_without_better = convergence, 0
        else:
            self.epochs_without_better += 1
        if self.epochs_without_better == self.patience:
            self.epochs_without_better = 0
            for group in (group for optimizer in optimizers.values() for group in optimizer.param_groups):
                group["lr"] = min(group["lr"], max(group["lr"] / 2, self.lr_floor))
        self._begin_epoch()

    def state_dict(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name in STATE}

    def _begin_epoch(self) -> None:
        self.moments = torch.zeros(3, dtype=torch.float64)  # count, sum and sum of squares of L(x), dropped reals included
        self.convergence_sum = torch.zeros((), dtype=torch.float64)
        self.steps = 0

    def _count(self, losses: Tensor) -> None:
        moments = torch.stack([torch.full_like(losses, 1).sum(), losses.sum(), losses.square().sum()])
        self.moments = self.moments.to(losses.device) + moments

    def _wrong(self, condition: Tensor) -> Tensor:
        """A different condition for each row of `condition` (N, K), uniform over all others."""
        combinations = math.prod(self.sizes)
        # To the condition's device: copying the condition to the CPU would wait for the GPU.
        drawn = torch.randint(1, combinations, (len(condition) * self.sharding.size,), generator=self.rng)
        number = self.sharding.shard(drawn).to(condition.device, non_blocking=True)
        for k in range(len(self.sizes)):
            number = number + condition[:, k] * math.prod(self.sizes[k + 1 :])
        number = number % combinations
        columns = []
        for size in reversed(self.sizes):
            columns.append(number % size)
            number = number // size
        return torch.stack(columns[::-1], dim=1)


def _losses(discriminator: Call, pictures: Tensor, condition: Tensor) -> Tensor:
    """L of each picture: (N,)."""
    return (discriminator(pictures, condition) - pictures).abs().mean(dim=(1, 2, 3))
