"""What a report's settings say to the rest of the program: its nets, its objective, its optimizers, its pictures.

Nets and objectives are imported where they are built, so that a stage that only reads params.yaml does not load torch.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from ganlib.support.types import (
    Activation,
    Block,
    Count,
    Decay,
    Fraction,
    Latent,
    Loss,
    OptimizerKind,
    Positive,
    Precision,
    Probability,
    Sampling,
)

if TYPE_CHECKING:
    from torch import Generator
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class OptimizerSpec(NamedTuple):
    """How one net goes down its loss."""

    optimizer: OptimizerKind
    rate: float


class TrainingConfig(Block):
    """Nets that are trained together: what the trainer needs to know of a report, or of the curve demo."""

    weight_init: ClassVar[Literal["normal", "glorot", "uniform"]]
    beta2: ClassVar[float] = 0.999

    latent_size: Count
    lr_g: Positive
    beta1: Fraction
    rate_scale: Positive = 1.0
    ema: Decay | None = None
    precision: Precision = "tf32"
    compile: bool = False

    @property
    @abstractmethod
    def optimizers(self) -> dict[str, OptimizerSpec]:
        """How each net learns, by its name; rates before `rate_scale`."""

    @abstractmethod
    def build(self) -> dict[str, Module]:
        """The nets by name, one of them "generator", with weights yet to be drawn or loaded."""

    def networks(self, seed: int) -> dict[str, Module]:
        """The nets with their first weights, each net's from a stream of its own."""
        from ganlib.core.random import stream

        return {name: self.init_weights(net, stream(seed, "weights", name)) for name, net in self.build().items()}

    def init_weights(self, net: Module, rng: Generator) -> Module:
        """`net` with its first weights."""
        from ganlib.models import init

        return getattr(init, self.weight_init)(net, rng)

    @abstractmethod
    def objective(self, streams: Streams, team: Sharding) -> Objective:
        """How the nets learn; what the objective draws itself comes from `streams`, for the batch that `team` shares."""


class Snapshots(Block):
    """When the generator is kept on the way, to be scored; the end is kept without being named."""

    unit: Literal["epochs", "steps"]
    at: Annotated[list[Count], Field(min_length=1)]

    def steps(self, steps_per_epoch: int) -> frozenset[int]:
        """The same moments in steps."""
        return frozenset(moment * (steps_per_epoch if self.unit == "epochs" else 1) for moment in self.at)


class Report(TrainingConfig):
    """What every image report states; the numbers of params.yaml, after overrides."""

    size: ClassVar[int]
    headline: ClassVar[tuple[str, ...]] = ()
    """One or two figures of the report's own that a person compares, beside those of all reports."""

    pixel_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    crop: str
    optimizer_g: OptimizerKind
    ema: Decay | None
    batch_size: Annotated[int, Field(ge=2)]
    epochs: Count
    max_steps: Count | None
    sample_every: Count
    snapshots: Snapshots | None
    epoch_steps: Count | None = None
    replacement: bool = False
    shuffle: bool = True
    train_images: Count | None = None

    @property
    @abstractmethod
    def prior(self) -> Latent:
        """The distribution of z."""

    @property
    def condition_groups(self) -> dict[str, list[str]]:
        """The groups of attributes that G is conditioned on, by name; empty for most."""
        return {}

    @property
    def reals_per_step(self) -> int:
        """How many real pictures one step takes."""
        return self.batch_size

    @property
    def batches_per_step(self) -> int:
        """How many batches they are, which the nets see one after the other."""
        return 1

    @property
    def pictures_per_logit(self) -> int:
        """How many pictures, one after the other, D judges as one."""
        return 1


class Gan(Report):
    """A generator and a discriminator."""

    headline = ("d_accuracy",)

    latent: Latent
    lr_d: Positive
    optimizer_d: OptimizerKind

    @property
    def prior(self) -> Latent:
        return self.latent

    @property
    def optimizers(self) -> dict[str, OptimizerSpec]:
        return {"generator": OptimizerSpec(self.optimizer_g, self.lr_g), "discriminator": OptimizerSpec(self.optimizer_d, self.lr_d)}


class Dcgan(Gan):
    """What the DCGANs have in common beside their layers."""

    weight_init = "normal"

    width: Positive
    activation: Activation
    d_activation: Activation
    sampling: Sampling
    init_std: Positive
    loss: Loss
    real_label: Probability
    joint_batch: bool

    def objective(self, streams: Streams, team: Sharding) -> Objective:
        from ganlib.models.adversarial import Adversarial

        return Adversarial(self.loss, self.real_label, self.joint_batch)

    def init_weights(self, net: Module, rng: Generator) -> Module:
        from ganlib.models import init

        return init.normal(net, rng, self.init_std)
