"""The five image reports and the curve demo: the settings of each, its nets, its objective and its pixel range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from ganlib.settings import Count, Fraction, Loss, NonNegative, Positive, Probability
from ganlib.system import Report, System

if TYPE_CHECKING:
    import torch
    from torch.nn import Module

    from ganlib.objectives.objective import Objective


class Dcgan(Report):
    """What the three DCGANs have in common."""

    first_weights = "normal"

    width: Positive
    loss: Loss
    real_label: Probability

    def objective(self, rng: torch.Generator) -> Objective:
        from ganlib.objectives.adversarial import Adversarial

        return Adversarial(self.loss, self.real_label)


class Dcgan112(Dcgan):
    """Mukashev 2019: DCGAN at 112 pixels, D's rate a fifth of G's."""

    size = 112

    def build(self) -> tuple[Module, Module]:
        from ganlib.nets import dcgan

        return dcgan.generator112(self.latent_size, self.width), dcgan.discriminator112(self.width)


class Dcgan64(Dcgan):
    """Zhang & Zhao: DCGAN at 64 pixels, G twice as wide as D, D's rate a quarter of G's."""

    size = 64

    def build(self) -> tuple[Module, Module]:
        from ganlib.nets import dcgan

        return dcgan.Generator64(self.latent_size, self.width), dcgan.Discriminator64(self.width)


class Dcgan56(Dcgan):
    """Saviolo 2019: DCGAN at 56 pixels with dropout everywhere; D's settings tell "as reported" from "as run"."""

    size = 56

    dropout: Fraction
    d_dropout: Fraction
    d_batch_norm: Literal["batch", "affine"]
    d_first_batch_norm: bool
    pack: Count

    @model_validator(mode="after")
    def _packs_divide_the_batch(self) -> Self:
        if self.batch_size % self.pack:
            raise ValueError(f"batch_size {self.batch_size} is not a multiple of pack {self.pack}")
        return self

    def build(self) -> tuple[Module, Module]:
        from ganlib.nets import dcgan

        generator = dcgan.generator56(self.latent_size, self.width, self.dropout)
        return generator, dcgan.discriminator56(self.width, self.d_dropout, self.d_batch_norm, self.d_first_batch_norm, self.pack)


class Dense64(Report):
    """Adly, Bockmon & Nguyen 2021: the dense "hexagon"; half of `batch_size` is real."""

    size = 64
    pixel_range = (0.0, 1.0)
    first_weights = "glorot"

    hidden: Annotated[list[Count], Field(min_length=1)]
    dropout: Fraction

    @model_validator(mode="after")
    def _half_the_batch_is_real(self) -> Self:
        if self.batch_size % 2:
            raise ValueError(f"batch_size {self.batch_size} is odd, and half of it is real")
        return self

    @property
    def reals_per_step(self) -> int:
        return self.batch_size // 2

    def build(self) -> tuple[Module, Module]:
        from ganlib.nets import dense

        generator = dense.Generator(self.latent_size, self.hidden, self.dropout, self.size)
        return generator, dense.Discriminator(self.hidden, self.dropout, self.size)

    def objective(self, rng: torch.Generator) -> Objective:
        from ganlib.objectives.adversarial import KerasAdversarial

        return KerasAdversarial()


class Began64(Report):
    """TensorJoe 2017: conditional BEGAN."""

    size = 64
    pixel_range = (0.0, 1.0)
    first_weights = "glorot"

    width: Positive
    filters: Count
    embedding: Count
    gamma: Positive
    lambda_k: Positive
    wrong_condition: NonNegative
    out_of_bound: NonNegative
    threshold: NonNegative | None
    patience: Count
    lr_floor: Positive

    @property
    def rows(self) -> list[int]:
        """How many values each condition has."""
        return [1 + len(attributes) for attributes in self.conditions.values()]

    def build(self) -> tuple[Module, Module]:
        from ganlib.nets import began

        filters = max(1, round(self.filters * self.width))
        generator = began.Generator(self.latent_size, filters, self.rows, self.embedding)
        return generator, began.Discriminator(self.latent_size, filters, self.rows, self.embedding)

    def networks(self, rng: torch.Generator) -> tuple[Module, Module]:
        generator, discriminator = super().networks(rng)
        generator.start_grey()
        return generator, discriminator

    def objective(self, rng: torch.Generator) -> Objective:
        from ganlib.objectives.began import Began

        return Began(
            self.rows,
            rng,
            gamma=self.gamma,
            lambda_k=self.lambda_k,
            wrong_condition=self.wrong_condition,
            out_of_bound=self.out_of_bound,
            deviations=self.threshold,
            patience=self.patience,
            lr_floor=self.lr_floor * self.rate_scale,
        )


REPORTS: dict[str, type[Report]] = {
    "dcgan112": Dcgan112,
    "dcgan64": Dcgan64,
    "dense64": Dense64,
    "began64": Began64,
    "dcgan56": Dcgan56,
}


class Curve(System):
    """Zhang & Zhao's demo: a GAN that learns to draw parabolas through `points` points."""

    first_weights = "uniform"

    coupled: bool
    points: Annotated[int, Field(ge=2)]
    hidden: Count
    loss: Loss
    batch_size: Count
    steps: Count

    def build(self) -> tuple[Module, Module]:
        from ganlib.nets import curve

        return curve.generator(self.latent_size, self.hidden, self.points), curve.discriminator(self.points, self.hidden)

    def objective(self, rng: torch.Generator) -> Objective:
        from ganlib.objectives.adversarial import Adversarial

        return Adversarial(self.loss, real_label=1.0)
