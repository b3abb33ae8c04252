"""What params.yaml says of lsgan64."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganlib.models.report import Gan
from ganlib.support.types import Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(Gan):
    """Mao et al. 2017 on dcgan64's nets."""

    size = 64
    weight_init = "normal"

    width: Positive

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan64 import nets

        return {"generator": nets.Generator(self.latent_size, self.width), "discriminator": nets.Discriminator(self.width)}

    def objective(self, streams: Streams, team: Sharding) -> Objective:
        from ganlib.reports.lsgan64.objective import LeastSquares

        return LeastSquares()
