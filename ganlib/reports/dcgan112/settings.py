"""What params.yaml says of dcgan112."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganlib.reports.base import Dcgan

if TYPE_CHECKING:
    from torch.nn import Module


class Settings(Dcgan):
    """Mukashev 2019."""

    size = 112

    def build(self) -> dict[str, Module]:
        from ganlib.reports.dcgan112 import nets

        return {"generator": nets.generator(self.latent_size, self.width), "discriminator": nets.discriminator(self.width)}
