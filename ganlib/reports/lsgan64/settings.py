"""The settings of lsgan64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ganlib.models.report import Gan, LayerSettings
from ganlib.support.types import Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(LayerSettings, Gan):
    """Mao et al. 2017 with dcgan64's nets."""

    weight_init = "normal"

    size: Literal[64] = 64
    width: Positive

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan64 import nets

        generator = nets.Generator(self.latent_size, self.width, self.layer_factory("relu"))
        return {"generator": generator, "discriminator": nets.Discriminator(self.width, self.layer_factory("leaky_relu"))}

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.lsgan64.objective import LeastSquares

        return LeastSquares()
