"""The settings of dcgan64 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ganlib.models.report import Dcgan

if TYPE_CHECKING:
    from torch.nn import Module


class Settings(Dcgan):
    """Zhang & Zhao."""

    size: Literal[64] = 64

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan64 import nets

        generator = nets.Generator(self.latent_size, self.width, self.layer_factory(self.activation))
        discriminator = nets.Discriminator(self.width, self.layer_factory(self.d_activation))
        return {"generator": generator, "discriminator": discriminator}
