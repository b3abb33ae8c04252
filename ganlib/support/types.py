"""The kinds of value that a block of params.yaml is made of; each block is a frozen model that checks itself once."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, lt=1)]  # a momentum or a dropout rate
Decay = Annotated[float, Field(gt=0, lt=1)]
Probability = Annotated[float, Field(gt=0, le=1)]

Latent = Literal["uniform", "gaussian", "spherical"]
OptimizerKind = Literal["adam", "sgd"]  # sgd: without momentum
Loss = Literal["non_saturating", "minimax"]
Activation = Literal["relu", "leaky_relu"]
Sampling = Literal["strides", "average", "max"]  # how a DCGAN halves its maps: by strides, or by pools; doubled by nearest neighbours then
Precision = Literal["fp32", "tf32", "bf16"]  # of products on a GPU; bf16 counts on a CPU as well
Scale = Literal["preview", "evening", "full"]  # a report's block of that name stands in for its own values; full has none
Split = Literal["train", "valid", "test", "all"]
Protocol = Literal["pytorch-fid", "clean"]  # how pictures are brought to Inception's input
Metric = Literal["fid", "kid", "mind", "precision", "recall", "density", "coverage"]

EXTRACTOR = "inception-2015-12-05"


class Block(BaseModel):
    """A block of params.yaml: an unknown key, a missing one or a value of another type is an error."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
