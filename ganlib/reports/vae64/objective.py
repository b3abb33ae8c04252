"""The evidence lower bound of a variational autoencoder (Kingma & Welling 2014, arXiv 1312.6114, equations 7 and 10), in nats per picture.

ELBO = log p(x|z) - KL(q(z|x) || p(z)) with one sample of z per picture. Each of the D values of a picture is gaussian around the decoder's
output with standard deviation sigma: log p(x|z) = -|x - decoded|^2 / (2 sigma^2) - D/2 log(2 pi sigma^2), a density over [-1, 1]^D.
"""

import math
from collections.abc import Mapping

from torch import Tensor

from ganlib.models.objective import Batch, Call, Objective, TrainerInterface


class Elbo(Objective):
    """Encoder and decoder minimise the negative ELBO together."""

    def __init__(self, sigma: float) -> None:
        self.sigma = sigma

    def step(self, trainer: TrainerInterface, batch: Batch) -> dict[str, Tensor]:
        encoder, decoder = trainer.nets["encoder"], trainer.nets["generator"]
        mean, log_variance = encoder(batch.real).chunk(2, dim=1)
        decoded = decoder(mean + (log_variance / 2).exp() * batch.noise(len(mean)))
        figures = self.bound(batch.real, decoded, mean, log_variance)
        trainer.minimize(-figures["elbo"], "encoder", "generator")
        return figures

    def bound(self, real: Tensor, decoded: Tensor, mean: Tensor, log_variance: Tensor) -> dict[str, Tensor]:
        """`elbo` = `log_likelihood` - `kl`, in nats, means over the pictures."""
        squares = (decoded - real).square().sum(dim=(1, 2, 3)).mean()
        log_likelihood = -squares / (2 * self.sigma**2) - real[0].numel() / 2 * math.log(2 * math.pi * self.sigma**2)
        kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1).mean() / 2
        return {"elbo": log_likelihood - kl, "log_likelihood": log_likelihood, "kl": kl}

    def reconstruct(self, nets: Mapping[str, Call], pictures: Tensor, condition: tuple[Tensor, ...]) -> Tensor:
        mean, _ = nets["encoder"](pictures).chunk(2, dim=1)
        return nets["generator"](mean)
