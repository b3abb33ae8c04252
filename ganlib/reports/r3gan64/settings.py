"""The settings of r3gan64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ganlib.models.report import Gan, LayerSettings
from ganlib.support.types import Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(LayerSettings, Gan):
    """The loss of Huang et al. 2024 with dcgan64's nets, without batch norm in D; their own nets have none in G either."""

    weight_init = "glorot"  # without batch norm, DCGAN's 0.02 would leave next to nothing of a narrow D's logits
    second_order = True

    size: Literal[64] = 64
    width: Positive
    gamma: Positive

    def build(self) -> dict[str, Module]:
        from ganlib.models.unnormed import Discriminator
        from ganlib.reports.dcgan64.nets import Generator

        generator = Generator(self.latent_size, self.width, self.layer_factory("relu"))
        return {"generator": generator, "discriminator": Discriminator(self.width, self.layer_factory("leaky_relu"))}

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.r3gan64.objective import Relativistic

        return Relativistic(self.gamma)
