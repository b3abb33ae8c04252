"""The settings of wgan64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ganlib.reports.baseline import Baseline
from ganlib.support.types import Count, Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.dcgan import LayerFactory
    from ganlib.models.objective import Objective, Sharding


class Settings(Baseline):
    """Gulrajani et al. 2017 with dcgan64's nets; each of the `critic_steps` updates of the critic takes `batch_size` reals."""

    headline: ClassVar[tuple[str, ...]] = ("distance",)
    second_order = True

    penalty: Positive
    critic_steps: Count

    @property
    def reals_per_step(self) -> int:
        return self.batch_size * self.critic_steps

    @property
    def batches_per_step(self) -> int:
        return self.critic_steps

    def discriminator(self, make: LayerFactory) -> Module:
        from ganlib.reports.wgan64.nets import Critic

        return Critic(self.width, make)

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.wgan64.objective import Wasserstein

        return Wasserstein(self.penalty, self.critic_steps, streams["penalty"], sharding)
