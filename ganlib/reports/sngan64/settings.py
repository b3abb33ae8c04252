"""The settings of sngan64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganlib.reports.baseline import Baseline

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.dcgan import LayerFactory
    from ganlib.models.objective import Objective, Sharding


class Settings(Baseline):
    """Miyato et al. 2018 with dcgan64's nets, without batch norm in D."""

    def discriminator(self, make: LayerFactory) -> Module:
        from ganlib.reports.sngan64.nets import Discriminator

        return Discriminator(self.width, make)

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.sngan64.objective import Hinge

        return Hinge()
