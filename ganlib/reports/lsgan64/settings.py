"""What params.yaml says of lsgan64."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganlib.reports.base import Gan
from ganlib.settings import Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.objectives.objective import Objective
    from ganlib.streams import Streams
    from ganlib.team import Team


class Settings(Gan):
    """Mao et al. 2017 on dcgan64's nets."""

    size = 64
    first_weights = "normal"

    width: Positive

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan64 import nets

        return {"generator": nets.Generator(self.latent_size, self.width), "discriminator": nets.Discriminator(self.width)}

    def objective(self, streams: Streams, team: Team) -> Objective:
        from ganlib.reports.lsgan64.objective import LeastSquares

        return LeastSquares()
