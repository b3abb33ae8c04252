"""What params.yaml says of began64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ganlib.models.report import Gan
from ganlib.support.types import Count, NonNegative, Positive

if TYPE_CHECKING:
    from torch.nn import Module

    from ganlib.core.random import Streams
    from ganlib.models.objective import Objective, Sharding


class Settings(Gan):
    """TensorJoe 2017."""

    size = 64
    headline = ("convergence", "diversity_within")
    pixel_range = (0.0, 1.0)
    weight_init = "glorot"

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
    def condition_groups(self) -> dict[str, list[str]]:
        return self.conditions

    @property
    def condition_sizes(self) -> list[int]:
        """How many values each condition has: its attributes, and unspecified."""
        return [1 + len(attributes) for attributes in self.conditions.values()]

    def build(self) -> dict[str, Module]:
        from ganlib.reports.began64 import nets

        given = (self.latent_size, max(1, round(self.filters * self.width)), self.condition_sizes, self.embedding)
        return {"generator": nets.Generator(*given), "discriminator": nets.Discriminator(*given)}

    def networks(self, seed: int) -> dict[str, Module]:
        nets = super().networks(seed)
        nets["generator"].start_grey()
        return nets

    def objective(self, streams: Streams, team: Sharding) -> Objective:
        from ganlib.reports.began64.objective import Began

        return Began(
            self.condition_sizes,
            streams["wrong conditions"],
            team,
            gamma=self.gamma,
            lambda_k=self.lambda_k,
            wrong_condition=self.wrong_condition,
            out_of_bound=self.out_of_bound,
            deviations=self.threshold,
            patience=self.patience,
            lr_floor=self.lr_floor * self.rate_scale,
        )
