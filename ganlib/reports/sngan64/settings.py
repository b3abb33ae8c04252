"""The settings of sngan64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ganlib.models.report import Gan, LayerSettings
from ganlib.support.types import Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(LayerSettings, Gan):
    """Miyato et al. 2018 with dcgan64's nets, without batch norm in D."""

    weight_init = "normal"

    size: Literal[64] = 64
    width: Positive

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan64.nets import Generator
        from ganlib.reports.sngan64.nets import Discriminator

        generator = Generator(self.latent_size, self.width, self.layer_factory("relu"))
        return {"generator": generator, "discriminator": Discriminator(self.width, self.layer_factory("leaky_relu"))}

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.sngan64.objective import Hinge

        return Hinge()
