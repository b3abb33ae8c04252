"""The settings of wgan64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ganlib.models.report import Gan, LayerSettings
from ganlib.support.types import Count, Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(LayerSettings, Gan):
    """Gulrajani et al. 2017 with dcgan64's nets; each of the `critic_steps` updates of the critic takes `batch_size` reals."""

    headline: ClassVar[tuple[str, ...]] = ("distance",)
    weight_init = "normal"
    second_order = True

    size: Literal[64] = 64
    width: Positive
    penalty: Positive
    critic_steps: Count

    @property
    def reals_per_step(self) -> int:
        return self.batch_size * self.critic_steps

    @property
    def batches_per_step(self) -> int:
        return self.critic_steps

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan64.nets import Generator
        from ganlib.reports.wgan64.nets import Critic

        generator = Generator(self.latent_size, self.width, self.layer_factory("relu"))
        return {"generator": generator, "discriminator": Critic(self.width, self.layer_factory("leaky_relu"))}

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.wgan64.objective import Wasserstein

        return Wasserstein(self.penalty, self.critic_steps, streams["penalty"], sharding)
