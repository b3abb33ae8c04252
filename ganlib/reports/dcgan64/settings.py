"""The settings of dcgan64 in params.yaml."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from ganlib.reports.dcgan64.tricks import Tricks
from ganlib.support.types import Activation

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.dcgan import LayerFactory
    from ganlib.models.objective import Objective, Sharding

GROUP = 4  # pictures that minibatch_std judges together


class Settings(Tricks):
    """Zhang & Zhao, with the tricks of the list that the report quotes."""

    size: Literal[64] = 64

    @model_validator(mode="after")
    def _groups_divide_the_batch(self) -> Self:
        if self.batch_size % self.judged_together:
            raise ValueError(f"batch_size {self.batch_size} is not a multiple of {self.judged_together}, as minibatch_std needs")
        return self

    @property
    def pixel_range(self) -> tuple[float, float]:
        return (0.0, 1.0) if self.output == "sigmoid" else (-1.0, 1.0)

    @property
    def reals_per_step(self) -> int:
        return self.batch_size * self.d_steps

    @property
    def batches_per_step(self) -> int:
        return self.d_steps

    @property
    def judged_together(self) -> int:
        return GROUP if self.minibatch_std else 1

    def layer_factory(self, kind: Activation) -> LayerFactory:
        return replace(super().layer_factory(kind), normalization=self.norm)

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan64 import nets

        generator = nets.Generator(
            self.latent_size,
            self.width,
            self.layer_factory(self.activation),
            sigmoid=self.output == "sigmoid",
            dropout=self.dropout,
            sample_dropout=self.sample_dropout,
        )
        discriminator = nets.Discriminator(self.width, self.layer_factory(self.d_activation), self.judged_together)
        return {"generator": generator, "discriminator": discriminator}

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.dcgan64.objective import WithTricks

        return WithTricks(self, streams, sharding)
