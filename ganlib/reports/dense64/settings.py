"""What params.yaml says of dense64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from ganlib.models.report import Gan
from ganlib.support.types import Count, Fraction

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(Gan):
    """Adly, Bockmon & Nguyen 2021; half of `batch_size` is real."""

    size = 64
    headline = ("d_accuracy", "diversity")
    pixel_range = (0.0, 1.0)
    weight_init = "glorot"

    layers: Literal["dense", "convolutional"]
    hidden: Annotated[list[Count], Field(min_length=1)]
    dropout: Fraction

    @model_validator(mode="after")
    def _half_the_batch_is_real(self) -> Self:
        if self.batch_size % 2:
            raise ValueError(f"batch_size {self.batch_size} is odd, and half of it is real")
        return self

    @property
    def reals_per_step(self) -> int:
        return self.batch_size // 2

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dense64 import convolutional, nets

        if self.layers == "convolutional":
            generator = convolutional.Generator(self.latent_size, self.dropout)
            return {"generator": generator, "discriminator": convolutional.Discriminator(self.dropout)}

        generator = nets.Generator(self.latent_size, self.hidden, self.dropout, self.size)
        return {"generator": generator, "discriminator": nets.Discriminator(self.hidden, self.dropout, self.size)}

    def objective(self, streams: Streams, team: Sharding) -> Objective:
        from ganlib.reports.dense64.objective import KerasAdversarial

        return KerasAdversarial()
