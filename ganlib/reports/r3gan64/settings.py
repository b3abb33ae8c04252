"""The settings of r3gan64 in params.yaml."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ganlib.reports.baseline import Baseline
from ganlib.support.types import Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.dcgan import LayerFactory
    from ganlib.models.objective import Objective, Sharding


class Settings(Baseline):
    """The loss of Huang et al. 2024 with dcgan64's nets, without batch norm in D; their own nets have none in G either."""

    weight_init = "glorot"  # without batch norm, DCGAN's 0.02 would leave next to nothing of a narrow D's logits
    second_order = True
    headline = ("d_pair_accuracy",)

    gamma: Positive

    def discriminator(self, make: LayerFactory) -> Module:
        return super().discriminator(replace(make, normalization="none"))

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.r3gan64.objective import Relativistic

        return Relativistic(self.gamma)
