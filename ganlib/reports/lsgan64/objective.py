"""Least-squares GAN: Mao et al. 2017 (arXiv 1611.04076), equation 9, with a = 0 and b = c = 1."""

from torch import Tensor

from ganlib.models.adversarial import Adversarial, judgements
from ganlib.models.objective import Call


class LeastSquares(Adversarial):
    """A step is that of any GAN; D's outputs are to be 1 for reals and 0 for fakes, and it calls real what is above the middle."""

    def __init__(self) -> None:
        """Nothing to choose."""

    def discriminator_losses(self, discriminator: Call, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        of_real, of_fake = discriminator(real), discriminator(fake)
        d_loss = ((of_real - 1).square().mean() + of_fake.square().mean()) / 2
        return {"d_loss": d_loss, **judgements(of_real - 0.5, of_fake - 0.5)}

    def generator_losses(self, discriminator: Call, fake: Tensor) -> dict[str, Tensor]:
        return {"g_loss": (discriminator(fake) - 1).square().mean() / 2}
