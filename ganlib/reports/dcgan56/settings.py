"""The settings of dcgan56 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from ganlib.models.gan import Dcgan
from ganlib.support.types import Count, Fraction

if TYPE_CHECKING:
    from torch.nn import Module


class Settings(Dcgan):
    """Saviolo 2019, as reported or, with other settings of D, as run."""

    size: Literal[56] = 56

    dropout: Fraction
    d_dropout: Fraction
    d_batch_norm: Literal["batch", "affine"]
    d_first_batch_norm: bool
    pack: Count

    @model_validator(mode="after")
    def _packs_divide_the_batch(self) -> Self:
        if self.batch_size % self.pack:
            raise ValueError(f"batch_size {self.batch_size} is not a multiple of pack {self.pack}")
        return self

    @property
    def judged_together(self) -> int:
        return self.pack

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan56 import nets

        g_layers, d_layers = (self.layer_factory(kind) for kind in (self.activation, self.d_activation))
        generator = nets.generator(self.latent_size, self.width, self.dropout, g_layers)
        d_settings = (self.width, self.d_dropout, self.d_batch_norm, self.d_first_batch_norm, self.pack)
        return {"generator": generator, "discriminator": nets.discriminator(*d_settings, d_layers)}
