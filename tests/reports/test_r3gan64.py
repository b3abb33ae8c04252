"""Against Huang et al. 2024 on discriminators whose logits and gradients are known."""

import math

import pytest
import torch

from ganlib.core.random import Streams
from ganlib.models.objective import Batch
from ganlib.reports.r3gan64.objective import Relativistic
from ganlib.training.trainer import Trainer
from tests.training import small

REAL, FAKE = torch.full((4, 3, 8, 8), 0.75), torch.full((4, 3, 8, 8), 0.25)


def test_penalties_of_a_parabola_and_the_gradient_of_the_whole_loss_equal_their_closed_forms():
    """D(x) = s |x|^2 / 2 has the gradient s x."""
    scale = torch.tensor(0.02, requires_grad=True)
    real, fake = (picture.square().sum().item() / 4 for picture in (REAL, FAKE))  # |x|^2
    found = Relativistic(3.0).discriminator_losses(lambda pictures: scale * pictures.square().sum(dim=(1, 2, 3)) / 2, REAL, FAKE)
    assert (found["r1"].item(), found["r2"].item()) == pytest.approx((0.02**2 * real, 0.02**2 * fake), rel=1e-5)
    lead = 0.02 * (real - fake) / 2
    assert found["d_loss"].item() == pytest.approx(math.log1p(math.exp(-lead)) + 1.5 * 0.02**2 * (real + fake), rel=1e-5)
    found["d_loss"].backward()
    slope = -(real - fake) / 2 / (1 + math.exp(lead))  # of softplus(-lead) by s
    assert scale.grad.item() == pytest.approx(slope + 3.0 * 0.02 * (real + fake), rel=1e-5)


def test_each_real_is_paired_with_one_fake_and_a_constant_on_all_logits_changes_nothing():
    real, fake = torch.tensor([5.0, 1.0, 3.0, 2.0]), torch.tensor([4.0, 2.0, 1.0, 1.0])
    losses = []
    for constant in (0, 100):
        found = Relativistic(1.0).discriminator_losses(
            lambda pictures, constant=constant: pictures.mean(dim=(1, 2, 3)) + constant,
            *(logits[:, None, None, None].expand(4, 3, 8, 8) for logits in (real, fake)),
        )
        assert found["d_pair_accuracy"].item() == 0.75
        losses.append(found["d_loss"].item())
    penalties = 2 / (3 * 8 * 8)  # the gradient of a mean of n values is 1 / n, and its squared norm is too
    expected = sum(math.log1p(math.exp(behind - ahead)) for ahead, behind in zip(real.tolist(), fake.tolist(), strict=True)) / 4
    assert losses == pytest.approx([expected + penalties / 2] * 2, rel=1e-5)


def test_g_wants_its_fakes_ahead_of_the_same_reals():
    report = small.report("r3gan64", optimizer_g="sgd", optimizer_d="sgd", lr_g=1e-30, lr_d=1e-30)
    trainer, z = Trainer(report, torch.device("cpu"), Streams(1)), torch.randn(4, report.latent_size)
    real = torch.rand(4, 3, 64, 64)
    g_loss = trainer.step(Batch(real, (), lambda _: z))["g_loss"].item()
    fake, discriminator = trainer.modules["generator"](z), trainer.modules["discriminator"]
    assert g_loss == pytest.approx((1 + (discriminator(real) - discriminator(fake)).exp()).log().mean().item(), rel=1e-5)
