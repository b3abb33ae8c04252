"""What the trainer needs to know of any two nets that learn from each other, and what every image report states.

The nets are imported where they are built, so that a stage that only reads params.yaml does not load torch.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ganlib.settings import Block, Count, Fraction, Latent, Positive, Precision

if TYPE_CHECKING:
    import torch
    from torch.nn import Module

    from ganlib.objectives.objective import Objective


class System(Block):
    """Two nets that learn from each other: what the trainer needs to know of a report, or of the curve demo."""

    first_weights: ClassVar[Literal["normal", "glorot", "uniform"]]

    latent_size: Count
    lr_g: Positive
    lr_d: Positive
    rate_scale: Positive = 1.0
    beta1: Fraction
    precision: Precision = "tf32"
    compile: bool = False

    @abstractmethod
    def build(self) -> tuple[Module, Module]:
        """The generator and the discriminator, with weights yet to be drawn or loaded."""

    def networks(self, rng: torch.Generator) -> tuple[Module, Module]:
        """The generator and the discriminator, their first weights drawn from `rng`."""
        from ganlib.nets import initial

        generator, discriminator = self.build()
        draw = getattr(initial, self.first_weights)
        return draw(generator, rng), draw(discriminator, rng)

    @abstractmethod
    def objective(self, rng: torch.Generator) -> Objective:
        """What the two nets want; what it draws itself comes from `rng`."""


class Snapshots(Block):
    """When the generator is kept on the way, to be scored; the end is kept without being named."""

    unit: Literal["epochs", "steps"]
    at: Annotated[list[Count], Field(min_length=1)]

    def steps(self, steps_per_epoch: int) -> frozenset[int]:
        """The same moments in steps."""
        return frozenset(moment * (steps_per_epoch if self.unit == "epochs" else 1) for moment in self.at)


class Report(System):
    """What every image report states; the numbers of params.yaml, after overrides."""

    size: ClassVar[int]
    pixel_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    crop: str
    latent: Latent
    batch_size: Annotated[int, Field(ge=2)]
    epochs: Count
    max_steps: Count | None
    sample_every: Count
    snapshots: Snapshots | None
    epoch_steps: Count | None = None
    replacement: bool = False
    conditions: dict[str, Annotated[list[str], Field(min_length=1)]] = Field(default={})

    @property
    def reals_per_step(self) -> int:
        """How many real pictures, and as many fakes, D sees in one step."""
        return self.batch_size
