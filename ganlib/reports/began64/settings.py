"""The settings of began64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ganlib.models.gan import Gan
from ganlib.support.types import Count, NonNegative, Positive

if TYPE_CHECKING:
    import torch
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(Gan):
    """TensorJoe 2017."""

    headline: ClassVar[tuple[str, ...]] = ("convergence", "diversity_within")
    weight_init = "glorot"

    size: Literal[64] = 64
    width: Positive
    filters: Count
    embedding: Count
    conditions: Annotated[dict[str, Annotated[list[str], Field(min_length=1)]], Field(min_length=1)]
    gamma: Positive
    lambda_k: Positive
    wrong_condition: NonNegative
    out_of_bound: NonNegative
    threshold: NonNegative | None
    patience: Count
    lr_floor: Positive

    @property
    def pixel_range(self) -> tuple[float, float]:
        return 0.0, 1.0

    @property
    def condition_groups(self) -> dict[str, list[str]]:
        return self.conditions

    @property
    def condition_sizes(self) -> list[int]:
        """Number of values of each condition: its attributes, and unspecified."""
        return [1 + len(attributes) for attributes in self.conditions.values()]

    def build(self) -> dict[str, Module]:
        from ganlib.reports.began64 import nets

        arguments = (self.latent_size, max(1, round(self.filters * self.width)), self.condition_sizes, self.embedding)
        return {"generator": nets.Generator(*arguments), "discriminator": nets.Discriminator(*arguments)}

    def init_weights(self, net: Module, rng: torch.Generator) -> None:
        from ganlib.reports.began64 import nets

        super().init_weights(net, rng)
        if isinstance(net, nets.Generator):
            net.start_grey()

    def objective(self, streams: Streams, sharding: Sharding) -> Objective:
        from ganlib.reports.began64.objective import Began

        return Began(
            self.condition_sizes,
            streams["wrong conditions"],
            sharding,
            gamma=self.gamma,
            lambda_k=self.lambda_k,
            wrong_condition=self.wrong_condition,
            out_of_bound=self.out_of_bound,
            deviations=self.threshold,
            patience=self.patience,
            lr_floor=self.lr_floor * self.rate_scale,
        )
