"""What params.yaml says of dcgan64."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganlib.models.report import Dcgan

if TYPE_CHECKING:
    from torch.nn import Module


class Settings(Dcgan):
    """Zhang & Zhao."""

    size = 64

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan64 import nets

        generator = nets.Generator(self.latent_size, self.width, self.activation, self.sampling)
        return {"generator": generator, "discriminator": nets.Discriminator(self.width, self.d_activation, self.sampling)}
