"""Against Kingma & Welling 2014, appendix B, and the density of a gaussian."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from ganlib.core.random import Streams
from ganlib.models.objective import Batch
from ganlib.reports.vae64.objective import Elbo
from ganlib.training.trainer import Trainer
from tests.training import small


def test_bound_is_the_log_density_of_the_pixels_less_the_divergence_from_the_prior():
    rng = torch.Generator().manual_seed(1)
    real, decoded = (torch.randn(5, 3, 8, 8, generator=rng) for _ in range(2))
    mean, log_variance = (torch.randn(5, 7, generator=rng) for _ in range(2))
    found = Elbo(0.3).bound(real, decoded, mean, log_variance)
    log_likelihood = Normal(decoded, 0.3).log_prob(real).sum(dim=(1, 2, 3)).mean()
    kl = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(dim=1).mean()
    torch.testing.assert_close(found["log_likelihood"], log_likelihood)
    torch.testing.assert_close(found["kl"], kl)
    torch.testing.assert_close(found["elbo"], log_likelihood - kl)


def test_perfect_reconstruction_from_the_prior_is_worth_the_height_of_the_density():
    zeros = torch.zeros(2, 3, 8, 8)
    found = Elbo(0.1).bound(zeros, zeros, torch.zeros(2, 4), torch.zeros(2, 4))
    assert found["kl"] == 0
    assert found["elbo"].item() == pytest.approx(-3 * 64 * math.log(0.1 * math.sqrt(2 * math.pi)))


def test_one_step_moves_encoder_and_decoder_up_the_bound():
    trainer = Trainer(small.report("vae64", lr_g=1e-3), torch.device("cpu"), Streams(1))
    pictures = torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(2)) * 2 - 1
    batch = Batch(pictures, (), lambda count: torch.zeros(count, 100))
    first = trainer.step(batch)["elbo"]
    for _ in range(5):
        last = trainer.step(batch)["elbo"]
    assert last > first
    assert list(trainer.optimizers) == ["generator", "encoder"]


def test_decoder_gets_a_z_of_the_posterior():
    """Means first and logarithms of variances behind them: z = mean + sqrt(variance) * noise."""
    trainer, z = Trainer(small.report("vae64"), torch.device("cpu"), Streams(1)), []
    pictures, noise = torch.rand(4, 3, 64, 64) * 2 - 1, torch.randn(4, 100)
    encoded = trainer.modules["encoder"](pictures)
    trainer.modules["generator"].register_forward_pre_hook(lambda _, given: z.append(given[0]))
    trainer.step(Batch(pictures, (), lambda _: noise))
    torch.testing.assert_close(z, [encoded[:, :100] + encoded[:, 100:].exp().sqrt() * noise])


def test_reconstructions_are_decoded_from_the_posteriors_mean():
    trainer = Trainer(small.report("vae64"), torch.device("cpu"), Streams(1))
    pictures = torch.rand(4, 3, 64, 64)
    mean = trainer.modules["encoder"](pictures)[:, :100]
    torch.testing.assert_close(trainer.objective.reconstruct(trainer.nets, pictures, ()), trainer.modules["generator"](mean))
