"""Types of the values in params.yaml. Each block is a frozen model that is validated once."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Seed = Annotated[int, Field(ge=0, lt=2**63)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, lt=1)]  # momentum, dropout rate
Decay = Annotated[float, Field(gt=0, lt=1)]
Probability = Annotated[float, Field(gt=0, le=1)]

Latent = Literal["uniform", "gaussian", "spherical"]
OptimizerKind = Literal["adam", "sgd"]  # sgd without momentum
Loss = Literal["non_saturating", "minimax"]
Activation = Literal["relu", "leaky_relu"]
Sampling = Literal["strides", "nearest", "average", "max"]  # of a DCGAN: all but strides upsample by nearest neighbours; pools in D
Norm = Literal["batch", "instance", "none"]
Precision = Literal["fp32", "tf32", "bf16"]  # of matrix products on a GPU; bf16 applies to CPUs too
Scale = Literal["preview", "evening", "full"]  # selects the block of a report that overrides its values; full overrides none
Split = Literal["train", "valid", "test", "all"]
Protocol = Literal["pytorch-fid", "clean"]  # how pictures are resized for Inception
Metric = Literal["fid", "kid", "mind", "precision", "recall", "density", "coverage"]

EXTRACTOR = "inception-2015-12-05"


class Block(BaseModel):
    """A block of params.yaml. Unknown keys, missing keys and values of another type are errors."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
