"""The settings of dense64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ganlib.models.gan import Gan, LayerSettings
from ganlib.support.types import Count, Fraction

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(LayerSettings, Gan):
    """Adly, Bockmon & Nguyen 2021; half of a batch is real."""

    headline: ClassVar[tuple[str, ...]] = ("d_accuracy", "diversity")
    weight_init = "glorot"

    size: Literal[64] = 64
    layers: Literal["dense", "convolutional"]
    hidden: Annotated[list[Count], Field(min_length=1)]
    dropout: Fraction

    @model_validator(mode="after")
    def _half_the_batch_is_real(self) -> Self:
        if self.batch_size % 2:
            raise ValueError(f"batch_size {self.batch_size} is odd, and half of it is real")
        return self

    @property
    def pixel_range(self) -> tuple[float, float]:
        return 0.0, 1.0

    @property
    def reals_per_step(self) -> int:
        return self.batch_size // 2

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dense64 import convolutional, nets

        if self.layers == "convolutional":
            make = self.layer_factory("leaky_relu")
            generator: Module = convolutional.Generator(self.latent_size, self.dropout, make)
            return {"generator": generator, "discriminator": convolutional.Discriminator(self.dropout, make)}

        generator = nets.Generator(self.latent_size, self.hidden, self.dropout, self.size, self.leaky_slope)
        return {"generator": generator, "discriminator": nets.Discriminator(self.hidden, self.dropout, self.size, self.leaky_slope)}

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.dense64.objective import KerasAdversarial

        return KerasAdversarial()
