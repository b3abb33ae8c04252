"""Base classes of the settings: what a report tells the rest of the program about its nets, objective, optimizers and pictures.

Nets and objectives are imported inside methods, so that stages that only read params.yaml do not load torch.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from ganlib.support.types import (
    Block,
    Count,
    Decay,
    Fraction,
    Latent,
    OptimizerKind,
    Positive,
    Precision,
    Seed,
)

if TYPE_CHECKING:
    import torch
    from torch.nn import Module

    from ganlib.core.random import Purpose, Streams
    from ganlib.models.objective import Objective, Sharding


class OptimizerSpec(NamedTuple):
    """The optimizer of one net and its learning rate."""

    optimizer: OptimizerKind
    rate: float


class TrainingConfig(Block):
    """Nets that are trained together: what the trainer needs of a report or of the curve demo."""

    weight_init: ClassVar[Literal["normal", "glorot", "uniform"]]
    second_order: ClassVar[bool] = False
    """Whether the objective differentiates a gradient, which torch.compile cannot."""

    latent_size: Count
    lr_g: Positive
    beta1: Fraction
    beta2: Fraction
    rate_scale: Positive = 1.0
    ema: Decay | None = None
    precision: Precision = "tf32"
    compile: bool = False
    threads: Count | None = None

    @property
    @abstractmethod
    def optimizers(self) -> dict[str, OptimizerSpec]:
        """The optimizer of each net, by its name, with rates before `rate_scale`."""

    @abstractmethod
    def build(self) -> dict[str, Module]:
        """The nets by name, one of them "generator", before initialization or loading."""

    def networks(self, seed: int) -> dict[str, Module]:
        """The nets with initial weights, each drawn from its own random stream."""
        from ganlib.core.random import stream
        from ganlib.models import init

        nets = self.build()
        for name, net in nets.items():
            init.checked(net, partial(self.init_weights, rng=stream(seed, "weights", name)))
        return nets

    def init_weights(self, net: Module, rng: torch.Generator) -> None:
        """Draw the initial weights of one net from `rng`."""
        from ganlib.models import init

        getattr(init, self.weight_init)(net, rng)

    @abstractmethod
    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        """How the nets are trained. Random numbers of the objective come from `streams`, drawn for the batch of all ranks."""


class Snapshots(Block):
    """When the generator is kept during training, to be scored; the last one is always kept."""

    unit: Literal["epochs", "steps"]
    at: Annotated[list[Count], Field(min_length=1)]

    def steps(self, steps_per_epoch: int) -> frozenset[int]:
        """`at` in steps."""
        return frozenset(moment * (steps_per_epoch if self.unit == "epochs" else 1) for moment in self.at)


class Seeds(Block):
    """Seeds of single sources of randomness in training; None: the run's seed."""

    weights: Seed | None = None
    order: Seed | None = None
    z: Seed | None = None
    dropout: Seed | None = None


class Report(TrainingConfig):
    """The settings of an image report, as in params.yaml after overrides."""

    headline: ClassVar[tuple[str, ...]] = ()
    """One or two metrics of this report in metrics/<report>.json, besides those of all reports."""

    advice: ClassVar[tuple[str, ...]] = ()
    """Lines for whoever reads the log of a training."""

    size: int
    """Height and width of the pictures, in pixels."""

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
    seeds: Annotated[Seeds, Field(exclude_if=lambda seeds: seeds == Seeds())] = Seeds()

    @property
    def own_seeds(self) -> dict[Purpose, int]:
        """The seeds of the streams that do not have the run's."""
        own: dict[Purpose, int | None] = {
            "weights": self.seeds.weights,
            "order": self.seeds.order,
            "noise": self.seeds.z,
            "dropout": self.seeds.dropout,
        }
        return {purpose: seed for purpose, seed in own.items() if seed is not None}

    def networks(self, seed: int) -> dict[str, Module]:
        """The nets with the initial weights of a run with this seed."""
        return super().networks(self.own_seeds.get("weights", seed))

    @property
    @abstractmethod
    def prior(self) -> Latent:
        """The distribution of z."""

    @property
    def pixel_range(self) -> tuple[float, float]:
        """Lowest and highest value of a pixel, as the nets see it."""
        return -1.0, 1.0

    @property
    def condition_groups(self) -> dict[str, list[str]]:
        """The groups of attributes that condition G, by name; empty for unconditional reports."""
        return {}

    @property
    def reals_per_step(self) -> int:
        """Number of real pictures per step."""
        return self.batch_size

    @property
    def batches_per_step(self) -> int:
        """Number of consecutive batches per step, into which `reals_per_step` is divided."""
        return 1

    def steps_per_epoch(self, count: int) -> int:
        """The number of complete batches in `count` pictures, or `epoch_steps`; 0 if there are too few pictures for one step.

        A step of several batches counts once, so such a training uses each picture that many times per epoch.
        """
        per_batch = self.reals_per_step // self.batches_per_step
        return (self.epoch_steps or count // per_batch) if count >= self.reals_per_step else 0

    @property
    def judged_together(self) -> int:
        """Number of consecutive pictures that D judges together."""
        return 1
