"""The hinge loss with which spectral norm was published: Miyato et al. 2018 (arXiv 1802.05957), equations 16 and 17."""

from torch import Tensor
from torch.nn.functional import relu

from ganlib.models.adversarial import Adversarial, d_metrics
from ganlib.models.objective import Call


class Hinge(Adversarial):
    """D's logits should be above 1 for reals and below -1 for fakes, and gain nothing beyond."""

    def __init__(self) -> None:
        """There are no settings."""

    def discriminator_losses(self, discriminator: Call, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        real_logits, fake_logits = discriminator(real), discriminator(fake)
        d_loss = relu(1 - real_logits).mean() + relu(1 + fake_logits).mean()
        return {"d_loss": d_loss, **d_metrics(real_logits, fake_logits)}

    def generator_losses(self, discriminator: Call, fake: Tensor) -> dict[str, Tensor]:
        return {"g_loss": -discriminator(fake).mean()}
