"""What params.yaml says of wgan64."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganlib.models.report import Gan
from ganlib.support.types import Count, Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(Gan):
    """Gulrajani et al. 2017 on dcgan64's nets; `batch_size` reals are for one step of the critic, of which there are `critic_steps`."""

    size = 64
    headline = ("distance",)
    weight_init = "normal"
    beta2 = 0.9

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

        return {"generator": Generator(self.latent_size, self.width), "discriminator": Critic(self.width)}

    def objective(self, streams: Streams, team: Sharding) -> Objective:
        from ganlib.reports.wgan64.objective import Wasserstein

        return Wasserstein(self.penalty, self.critic_steps, streams["penalty"], team)
