"""The settings of vae64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ganlib.models.gan import LayerSettings
from ganlib.models.report import OptimizerSpec, Report
from ganlib.support.types import Latent, Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(LayerSettings, Report):
    """Kingma & Welling 2014; `lr_g` is the rate of both decoder and encoder, `sigma` the standard deviation of a pixel in [-1, 1]."""

    headline: ClassVar[tuple[str, ...]] = ("elbo",)
    weight_init = "normal"

    size: Literal[64] = 64
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

        decoder = nets.Decoder(self.latent_size, self.width, self.layer_factory("relu"))
        return {"generator": decoder, "encoder": nets.Encoder(self.latent_size, self.width, self.layer_factory("leaky_relu"))}

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.vae64.objective import Elbo

        return Elbo(self.sigma)
