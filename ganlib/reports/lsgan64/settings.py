"""The settings of lsgan64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganlib.reports.baseline import Baseline

if TYPE_CHECKING:
    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(Baseline):
    """Mao et al. 2017 with dcgan64's nets."""

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.lsgan64.objective import LeastSquares

        return LeastSquares()
