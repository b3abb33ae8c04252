"""The common settings of the baselines, which train dcgan64's nets with objectives of other papers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ganlib.models.gan import Gan, LayerSettings
from ganlib.support.types import Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.models.dcgan import LayerFactory


class Baseline(LayerSettings, Gan):
    """dcgan64's G, and its D unless `discriminator` returns another."""

    weight_init = "normal"

    size: Literal[64] = 64
    width: Positive

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan64.nets import Generator

        generator = Generator(self.latent_size, self.width, self.layer_factory("relu"))
        return {"generator": generator, "discriminator": self.discriminator(self.layer_factory("leaky_relu"))}

    def discriminator(self, make: LayerFactory) -> Module:
        from ganlib.reports.dcgan64.nets import Discriminator

        return Discriminator(self.width, make)
