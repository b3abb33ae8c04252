"""The settings of dcgan112 in params.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ganlib.models.gan import Dcgan

if TYPE_CHECKING:
    from torch.nn import Module


class Settings(Dcgan):
    """Mukashev 2019."""

    size: Literal[112, 56]

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan112 import nets

        generator = nets.generator(self.latent_size, self.width, self.size, self.layer_factory(self.activation))
        discriminator = nets.discriminator(self.width, self.size, self.layer_factory(self.d_activation))
        return {"generator": generator, "discriminator": discriminator}
