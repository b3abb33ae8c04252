"""What params.yaml says of vae64."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganlib.models.report import OptimizerSpec, Report
from ganlib.support.types import Latent, Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(Report):
    """Kingma & Welling 2014; `lr_g` is the rate of decoder and encoder alike, `sigma` the standard deviation of a pixel in [-1, 1]."""

    size = 64
    headline = ("elbo",)
    weight_init = "normal"

    width: Positive
    sigma: Positive

    @property
    def prior(self) -> Latent:
        return "gaussian"

    @property
    def optimizers(self) -> dict[str, OptimizerSpec]:
        return {name: OptimizerSpec(self.optimizer_g, self.lr_g) for name in ("generator", "encoder")}

    def build(self) -> dict[str, Module]:
        from ganlib.reports.vae64 import nets

        return {"generator": nets.Decoder(self.latent_size, self.width), "encoder": nets.Encoder(self.latent_size, self.width)}

    def objective(self, streams: Streams, team: Sharding) -> Objective:
        from ganlib.reports.vae64.objective import Elbo

        return Elbo(self.sigma)
