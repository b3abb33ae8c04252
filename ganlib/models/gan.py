"""Base classes of the settings of GANs, besides those of every report: with a discriminator, with DCGAN's layers, or both.

Nets and objectives are imported inside methods, so that stages that only read params.yaml do not load torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ganlib.models.report import OptimizerSpec, Report
from ganlib.support.types import Activation, Block, Latent, Loss, NonNegative, OptimizerKind, Positive, Probability, Sampling

if TYPE_CHECKING:
    import torch
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.dcgan import LayerFactory
    from ganlib.models.objective import Objective, Sharding


class LayerSettings(Block):
    """The settings of DCGAN's layers."""

    sampling: Sampling
    leaky_slope: NonNegative
    bn_momentum: Probability

    def layer_factory(self, kind: Activation) -> LayerFactory:
        from ganlib.models.dcgan import LayerFactory

        return LayerFactory(kind, self.leaky_slope, self.bn_momentum, self.sampling)


class Gan(Report):
    """A generator and a discriminator."""

    headline: ClassVar[tuple[str, ...]] = ("d_accuracy",)
    advice: ClassVar[tuple[str, ...]] = ("a GAN's losses need not fall; docs/reading-a-run.md says what they show",)

    latent: Latent
    lr_d: Positive
    optimizer_d: OptimizerKind

    @property
    def prior(self) -> Latent:
        return self.latent

    @property
    def optimizers(self) -> dict[str, OptimizerSpec]:
        return {"generator": OptimizerSpec(self.optimizer_g, self.lr_g), "discriminator": OptimizerSpec(self.optimizer_d, self.lr_d)}


class Dcgan(LayerSettings, Gan):
    """The common settings of the DCGANs."""

    weight_init = "normal"

    width: Positive
    activation: Activation
    d_activation: Activation
    init_std: Positive
    loss: Loss
    real_label: Probability
    joint_batch: bool

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.models.adversarial import Adversarial

        return Adversarial(self.loss, self.real_label, self.joint_batch)

    def init_weights(self, net: Module, rng: torch.Generator) -> None:
        from ganlib.models import init

        init.normal(net, rng, self.init_std)
