"""The settings of the curve demo in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ganlib.models.report import OptimizerSpec, TrainingConfig
from ganlib.support.types import Count, Loss, Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(TrainingConfig):
    """A GAN that generates parabolas, sampled at `points` points."""

    weight_init = "uniform"

    lr_d: Positive
    coupled: bool
    points: Annotated[int, Field(ge=2)]
    hidden: Count
    loss: Loss
    batch_size: Count
    steps: Count

    @property
    def optimizers(self) -> dict[str, OptimizerSpec]:
        return {"generator": OptimizerSpec("adam", self.lr_g), "discriminator": OptimizerSpec("adam", self.lr_d)}

    def build(self) -> dict[str, Module]:
        from ganlib.curve import nets

        generator = nets.generator(self.latent_size, self.hidden, self.points)
        return {"generator": generator, "discriminator": nets.discriminator(self.points, self.hidden)}

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.models.adversarial import Adversarial

        return Adversarial(self.loss, real_label=1.0)
