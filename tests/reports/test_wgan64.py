"""Against Gulrajani et al. 2017, algorithm 1, on critics whose slope is known."""

import pytest
import torch

from ganlib.core.random import Streams
from ganlib.models.objective import Batch
from ganlib.reports.wgan64.objective import Wasserstein
from ganlib.training.distributed.team import ALONE
from ganlib.training.trainer import Trainer
from tests.training import small


def losses(critic, real: float, fake: float) -> dict[str, float]:
    objective = Wasserstein(7.0, 5, torch.Generator().manual_seed(0), ALONE)
    found = objective.critic_losses(critic, torch.full((4, 3, 8, 8), real), torch.full((4, 3, 8, 8), fake))
    return {name: value.item() for name, value in found.items()}


@pytest.mark.parametrize("slope", [0.5, 1.0, 3.0])
def test_linear_critic_pays_the_penalty_times_its_squared_slope_beyond_one_less_the_distance(slope):
    weight = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(1))
    weight *= slope / weight.norm()
    found = losses(lambda pictures: (weight * pictures).sum(dim=(1, 2, 3)), 0.75, 0.25)
    distance = weight.sum().item() / 2
    assert found["slope"] == pytest.approx(slope, rel=1e-5)
    assert found["distance"] == pytest.approx(distance, rel=1e-4, abs=1e-6)
    assert found["d_loss"] == pytest.approx(7 * (slope - 1) ** 2 - distance, rel=1e-4, abs=1e-5)


def test_slope_is_computed_at_a_separate_point_between_each_real_and_fake():
    """The gradient of |x|^2 / 2 is x. With reals of 1 and fakes of 0, a share of the way from the real leaves 1 - share of its norm."""
    found = losses(lambda pictures: pictures.square().sum(dim=(1, 2, 3)) / 2, 1.0, 0.0)
    shares = torch.rand(4, generator=torch.Generator().manual_seed(0))
    assert found["slope"] == pytest.approx((1 - shares).mean().item() * (3 * 8 * 8) ** 0.5, rel=1e-5)


def test_generator_goes_up_the_critics_score():
    report = small.report("wgan64", optimizer_g="sgd", optimizer_d="sgd", lr_g=1e-30, lr_d=1e-30)
    trainer, z = Trainer(report, torch.device("cpu"), Streams(1)), torch.randn(4, report.latent_size)
    figures = trainer.step(Batch(torch.rand(report.reals_per_step, 3, 64, 64), (), lambda _: z))
    score = trainer.modules["discriminator"](trainer.generator(z)).mean().item()
    assert figures["g_loss"].item() == pytest.approx(-score, rel=1e-5)


def test_critic_steps_five_times_on_separate_reals_and_g_once():
    report = small.report("wgan64", critic_steps=5)
    trainer = Trainer(report, torch.device("cpu"), Streams(1))
    updates, seen, asked = [], [], []
    for name, optimizer in trainer.optimizers.items():
        optimizer.register_step_post_hook(lambda *_, name=name: updates.append(name))
    objective = trainer.objective
    losses_of = objective.critic_losses
    objective.critic_losses = lambda critic, real, fake: (seen.append(real[:, 0, 0, 0].tolist()), losses_of(critic, real, fake))[1]
    reals = torch.arange(report.reals_per_step) / report.reals_per_step
    trainer.step(
        Batch(reals[:, None, None, None].expand(-1, 3, 64, 64), (), lambda z: (asked.append(z), torch.randn(z, report.latent_size))[1])
    )
    assert updates == ["discriminator"] * 5 + ["generator"]
    assert [value for some in seen for value in some] == reals.tolist()
    assert asked == [4] * 6
