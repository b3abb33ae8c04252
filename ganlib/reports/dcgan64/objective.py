"""The tricks of "How to train a GAN" (github.com/soumith/ganhacks), which the report quotes, as far as they change a training step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ganlib.models.adversarial import Adversarial
from ganlib.models.objective import Batch, Call, TrainerInterface

if TYPE_CHECKING:
    from ganlib.core.random import Streams
    from ganlib.models.objective import Sharding
    from ganlib.reports.dcgan64.tricks import Tricks


class WithTricks(Adversarial):
    """`Adversarial` with the settings' tricks; random numbers are drawn on the CPU, for the batch of all ranks.

    `steps` counts the steps taken, for the decay of the input noise; `earlier` holds the replayed fakes, (replay, 3, S, S).
    """

    def __init__(self, settings: Tricks, streams: Streams, sharding: Sharding) -> None:
        super().__init__(settings.loss, settings.real_label, settings.joint_batch)
        self.settings, self.streams, self.sharding = settings, streams, sharding
        self.steps = 0
        self.earlier: Tensor | None = None

    def step(self, trainer: TrainerInterface, batch: Batch) -> dict[str, Tensor]:
        """`d_steps` updates of D, each on its own part of the batch's reals, and one of G; losses and metrics are of the last."""
        generator, discriminator = trainer.nets["generator"], trainer.nets["discriminator"]
        *first, last = batch.real.chunk(self.settings.d_steps)
        for real in first:
            with torch.no_grad():
                fake = generator(batch.noise(len(real)))
            trainer.minimize(self.discriminator_losses(discriminator, real, fake)["d_loss"], "discriminator")
        figures = super().step(trainer, replace(batch, real=last))
        self.steps += 1
        return figures

    def discriminator_losses(self, discriminator: Call, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        return super().discriminator_losses(self._noisy(discriminator), real, self._replayed(fake) if self.settings.replay else fake)

    def generator_losses(self, discriminator: Call, fake: Tensor) -> dict[str, Tensor]:
        return super().generator_losses(self._noisy(discriminator), fake)

    def labels(self, logits: Tensor, *, real: bool) -> Tensor:
        """Uniform in `soft_real` or `soft_fake`, and with the probability `flip_labels` of the other kind (sections 6.1 and 6.2)."""
        settings, usual = self.settings, [self.real_label] * 2
        if not (settings.soft_real or settings.soft_fake or settings.flip_labels):
            return super().labels(logits, real=real)
        drawn = torch.rand(len(logits) * self.sharding.size, 2, generator=self.streams["labels"])
        place, flip = self.sharding.shard(drawn).to(logits.device, non_blocking=True).unbind(1)
        of_fake, of_real = (low + (high - low) * place for low, high in (settings.soft_fake or [0.0, 0.0], settings.soft_real or usual))
        return torch.where((flip < settings.flip_labels) != real, of_real, of_fake)

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self.steps, "earlier": self.earlier}

    def _replayed(self, fake: Tensor) -> Tensor:
        """Half of the fakes, and as many of those that were kept, drawn at random; the other half is kept in their place (section 8.1)."""
        fakes = self.sharding.gather(fake)
        half = len(fakes) // 2
        if self.earlier is None:
            self.earlier = fakes[torch.arange(self.settings.replay or 0) % len(fakes)]
        kept = torch.cat([self.earlier.to(fake.device), fakes[half:]])
        order = torch.randperm(len(kept), generator=self.streams["replay"]).to(fake.device, non_blocking=True)
        kept = kept[order]
        self.earlier = kept[len(fakes) - half :]
        return self.sharding.shard(torch.cat([fakes[:half], kept[: len(fakes) - half]]))

    def _noisy(self, discriminator: Call) -> Call:
        """D with gaussian noise on its pictures, whose standard deviation falls linearly to 0 (section 13.1)."""
        std = self.settings.input_noise * max(0.0, 1 - self.steps / self.settings.input_noise_steps)

        def noisy(pictures: Tensor) -> Tensor:
            drawn = torch.randn(len(pictures) * self.sharding.size, *pictures.shape[1:], generator=self.streams["input noise"])
            return discriminator(pictures + std * self.sharding.shard(drawn).to(pictures, non_blocking=True))

        return noisy if std else discriminator
