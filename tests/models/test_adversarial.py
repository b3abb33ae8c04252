"""Against Goodfellow et al. 2014, section 3, on a discriminator whose logits are known."""

import math

import pytest
import torch

from ganlib.models.adversarial import Adversarial
from ganlib.reports.dense64.objective import KerasAdversarial
from ganlib.reports.lsgan64.objective import LeastSquares
from ganlib.reports.sngan64.objective import Hinge

LOGIT = 1.5
P = 1 / (1 + math.exp(-LOGIT))


def discriminator(pictures: torch.Tensor) -> torch.Tensor:
    """The mean of a picture is its logit."""
    return pictures.mean(dim=(1, 2, 3))


def pictures(logit: float, count: int = 4) -> torch.Tensor:
    return torch.full((count, 3, 8, 8), float(logit))


def d_losses(objective, real: float, fake: float) -> dict[str, float]:
    return {name: value.item() for name, value in objective.discriminator_losses(discriminator, pictures(real), pictures(fake)).items()}


def g_loss(objective, fake: float) -> float:
    return objective.generator_losses(discriminator, pictures(fake))["g_loss"].item()


@pytest.mark.parametrize("loss", ["minimax", "non_saturating"])
def test_discriminator_loss_is_minus_log_d_real_minus_log_of_one_minus_d_fake(loss):
    assert d_losses(Adversarial(loss, 1.0), LOGIT, LOGIT)["d_loss"] == pytest.approx(-math.log(P) - math.log(1 - P))


def test_smoothed_real_label_mixes_both_logs():
    expected = -0.9 * math.log(P) - 0.1 * math.log(1 - P) - math.log(0.5)
    assert d_losses(Adversarial("non_saturating", 0.9), LOGIT, 0)["d_loss"] == pytest.approx(expected)


def test_generator_losses_equal_those_of_the_paper():
    assert g_loss(Adversarial("non_saturating", 1.0), LOGIT) == pytest.approx(-math.log(P))
    assert g_loss(Adversarial("minimax", 1.0), LOGIT) == pytest.approx(math.log(1 - P))


@pytest.mark.parametrize(
    ("real", "fake", "accuracy", "fooled"), [(1, -1, 1.0, 0.0), (-1, 1, 0.0, 1.0), (1, 1, 0.5, 1.0), (-1, -1, 0.5, 0.0)]
)
@pytest.mark.parametrize(
    ("objective", "middle"), [(Adversarial("non_saturating", 1.0), 0), (KerasAdversarial(), 0), (LeastSquares(), 0.5), (Hinge(), 0)]
)
def test_accuracy_is_of_all_pictures_and_fooled_of_fakes(objective, middle, real, fake, accuracy, fooled):
    losses = d_losses(objective, middle + real / 4, middle + fake / 4)
    assert (losses["d_accuracy"], losses["fooled"]) == (accuracy, fooled)


def test_least_squares_losses_equal_those_of_mao_et_al_for_outputs_of_one_and_zero():
    assert d_losses(LeastSquares(), 1, 0)["d_loss"] == 0
    assert d_losses(LeastSquares(), 0.5, 0.25)["d_loss"] == pytest.approx((0.5**2 + 0.25**2) / 2)
    assert g_loss(LeastSquares(), 0.25) == pytest.approx(0.75**2 / 2)


@pytest.mark.parametrize(("real", "fake", "loss"), [(1, -1, 0), (2, -3, 0), (0.5, -0.75, 0.5 + 0.25), (-1, 2, 2 + 3)])
def test_hinge_losses_equal_those_of_miyato_et_al_and_gain_nothing_beyond_one(real, fake, loss):
    assert d_losses(Hinge(), real, fake)["d_loss"] == loss
    assert g_loss(Hinge(), fake) == -fake


def test_keras_loss_is_one_mean_over_reals_and_fakes():
    assert d_losses(KerasAdversarial(), LOGIT, LOGIT)["d_loss"] == pytest.approx((-math.log(P) - math.log(1 - P)) / 2)
    assert g_loss(KerasAdversarial(), LOGIT) == pytest.approx(-math.log(P))


def test_keras_shows_losses_clipped_at_probabilities_of_1e_7():
    losses = d_losses(KerasAdversarial(), -100, 100)
    assert losses["d_loss"] == pytest.approx(100)
    assert losses["d_loss_keras"] == pytest.approx(16.118, abs=1e-3)  # -ln(1e-7)
    assert d_losses(KerasAdversarial(), 100, -100)["d_loss_keras"] == pytest.approx(1e-7, rel=1e-2)
