"""The settings of the tricks of "How to train a GAN" (github.com/soumith/ganhacks), which the report quotes."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from ganlib.models.gan import Dcgan
from ganlib.support.types import Count, Fraction, NonNegative, Norm

Range = Annotated[list[FiniteFloat], Field(min_length=2, max_length=2)]


class Tricks(Dcgan):
    """All are off by default (docs/settings.md)."""

    output: Literal["tanh", "sigmoid"] = "tanh"
    norm: Norm = "batch"
    dropout: Fraction = 0.0
    sample_dropout: bool = False
    minibatch_std: bool = False
    soft_real: Range | None = None
    soft_fake: Range | None = None
    flip_labels: Fraction = 0.0
    replay: Count | None = None
    input_noise: NonNegative = 0.0
    input_noise_steps: Count = 2400
    d_steps: Count = 1
