"""Least-squares GAN: Mao et al. 2017 (arXiv 1611.04076), equation 9, with a = 0 and b = c = 1."""

from torch import Tensor

from ganlib.models.adversarial import Adversarial, d_metrics
from ganlib.models.objective import Call


class LeastSquares(Adversarial):
    """D's outputs should be 1 for reals and 0 for fakes; above 0.5 it calls a picture real."""

    def __init__(self) -> None:
        """There are no settings."""

    def discriminator_losses(self, discriminator: Call, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        real_output, fake_output = discriminator(real), discriminator(fake)
        d_loss = ((real_output - 1).square().mean() + fake_output.square().mean()) / 2
        return {"d_loss": d_loss, **d_metrics(real_output - 0.5, fake_output - 0.5)}

    def generator_losses(self, discriminator: Call, fake: Tensor) -> dict[str, Tensor]:
        return {"g_loss": (discriminator(fake) - 1).square().mean() / 2}
