"""Against Berthelot et al. 2017, section 3, and TensorJoe's additions, on discriminators whose errors are known."""

import math

import pytest
import torch
from torch.optim import SGD

from ganlib import params
from ganlib.core.random import Streams
from ganlib.models.objective import Batch
from ganlib.reports.began64.objective import Began
from ganlib.reports.began64.settings import Settings
from ganlib.training.distributed.team import ALONE


def began(**changes: object) -> Began:
    settings = {**params.load().report("began64").model_dump(), "rate_scale": 1.0, **changes}
    return Settings.model_validate(settings).objective(Streams(0), ALONE)


def error_of(amount: float):
    """A discriminator that misses every pixel by `amount`."""
    return lambda pictures, condition: pictures + amount


def error_by_picture(pictures: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
    """Its error is the value of each pixel."""
    return 2 * pictures


def pictures(*values: float) -> torch.Tensor:
    return torch.stack([torch.full((3, 64, 64), value) for value in values])


def batch(real: torch.Tensor) -> Batch:
    return Batch(real, (torch.zeros(len(real), 2, dtype=torch.int64),), torch.zeros)


def step(objective: Began, real: torch.Tensor, fake: torch.Tensor, discriminator=error_by_picture) -> dict[str, float]:
    losses = objective.discriminator_losses(discriminator, batch(real), fake)
    losses |= objective.generator_losses(discriminator, batch(real), fake)
    after = objective.after_step({name: loss.detach() for name, loss in losses.items()})
    return {name: float(value) for name, value in (losses | after).items()}


def test_balance_moves_by_lambda_times_gamma_real_minus_fake():
    losses = step(began(gamma=0.4, lambda_k=0.001), pictures(0.5, 0.5), pictures(0.1, 0.1))
    assert losses["real_loss"] == pytest.approx(0.5)
    assert losses["fake_loss"] == pytest.approx(0.1)
    assert losses["k"] == pytest.approx(0.001 * (0.4 * 0.5 - 0.1))
    assert losses["convergence"] == pytest.approx(0.5 + abs(0.4 * 0.5 - 0.1))
    assert losses["balance"] == pytest.approx(0.1 / 0.5)


@pytest.mark.parametrize(("real", "fake", "k", "expected"), [(0.1, 0.9, 0.0, 0.0), (0.9, 0.1, 1.0, 1.0)])
def test_balance_stays_between_zero_and_one(real, fake, k, expected):
    objective = began(lambda_k=10.0)
    objective.k = torch.tensor(k)
    assert step(objective, pictures(real, real), pictures(fake, fake))["k"] == expected


def test_wrong_conditions_are_never_the_true_ones_and_cover_all_others():
    true = torch.cartesian_prod(torch.arange(5), torch.arange(2)).repeat(200, 1)
    wrong = began()._wrong(true)
    assert (wrong != true).any(dim=1).all()
    assert [bound.values.tolist() for bound in (wrong.min(dim=0), wrong.max(dim=0))] == [[0, 0], [4, 1]]
    of_first = {tuple(row) for row in wrong[::10].tolist()}
    assert len(of_first) == 9


@pytest.mark.parametrize(("changes", "weight"), [({}, 1.5), ({"wrong_condition": 1.25}, 1.25), ({"wrong_condition": 5.0}, 5.0)])
def test_d_pays_for_reals_earns_k_times_fakes_and_pays_for_the_distance_of_wrong_conditions(changes, weight):
    """A discriminator that misses reals by 0.1, fakes by 0.2, and by 0.3 more under a wrong condition."""

    def discriminator(pictures: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        fake, wrong = pictures[:, 0, 0, 0] < 0, (condition != 0).any(dim=1)
        return pictures + (0.1 + 0.1 * fake + 0.3 * wrong)[:, None, None, None]

    objective = began(**changes)
    objective.k = torch.tensor(0.5)
    losses = step(objective, pictures(0.5, 0.5), pictures(-1.0, -1.0), discriminator)
    assert losses["real_loss"] == pytest.approx(0.1)
    assert losses["wrong_loss"] == pytest.approx(abs(0.4 - weight * 0.1))
    assert losses["d_loss"] == pytest.approx(0.1 - 0.5 * 0.2 + losses["wrong_loss"])
    assert losses["fake_loss"] == pytest.approx(0.2)


def test_out_of_bound_loss_is_quadratic_only_outside_the_range_and_weighted():
    for changes, weight in (({}, 1.0), ({"out_of_bound": 0.5}, 0.5)):
        losses = step(began(**changes), pictures(0.5, 0.5), pictures(1.5, 0.5), error_of(0.2))
        assert losses["out_of_range"] == pytest.approx(0.5)
        assert losses["g_loss"] == pytest.approx(0.2 + weight * (1.0**2 - 0.25) / 2)
    assert step(began(), pictures(0.5, 0.5), pictures(1.0, 0.0), error_of(0.2))["g_loss"] == pytest.approx(0.2)


def test_reals_above_last_epochs_mean_and_two_deviations_are_left_out():
    objective = began(wrong_condition=0.0)
    values = [0.1] * 9 + [0.9]
    everything = step(objective, pictures(*values), pictures(*values))
    assert everything["kept"] == 1
    objective.after_epoch({})
    mean = sum(values) / 10
    deviation = math.sqrt(sum(value**2 for value in values) / 10 - mean**2)
    assert objective.threshold == pytest.approx(mean + 2 * deviation)
    left = step(objective, pictures(*values), pictures(*values))
    assert left["kept"] == pytest.approx(0.9)
    assert left["real_loss"] == pytest.approx(0.1)
    assert [everything["left_out"], left["left_out"]] == [0, 1]
    assert step(objective, pictures(*values), pictures(*values))["left_out"] == 2


def test_threshold_counts_the_reals_it_left_out():
    objective = began(wrong_condition=0.0)
    values = [0.1] * 9 + [0.9]
    thresholds = []
    for _ in range(3):
        step(objective, pictures(*values), pictures(*values))
        objective.after_epoch({})
        thresholds.append(objective.threshold)
    assert thresholds[0] == pytest.approx(thresholds[2])


def test_batch_above_the_threshold_changes_no_weight_and_is_still_measured():
    objective = began()
    objective.threshold = 0.01
    weight = torch.tensor(2.0, requires_grad=True)
    losses = objective.discriminator_losses(lambda pictures, condition: weight * pictures, batch(pictures(0.5, 0.5)), pictures(0.0, 0.0))
    losses["d_loss"].backward()
    assert weight.grad == 0
    assert losses["kept"] == 0
    assert losses["real_loss"].item() == pytest.approx(0.5)


@pytest.mark.parametrize(("rate", "expected"), [(5e-5, [5e-5] * 3 + [2.5e-5] * 3 + [2e-5] * 4), (1e-5, [1e-5] * 10)])
def test_both_rates_are_halved_after_three_epochs_without_a_better_measure_down_to_their_floor(rate, expected):
    """The first epoch is the best; 2, 3 and 4 are no better, and so on. A rate below the floor of 2e-5 stays."""
    objective, rates = began(), []
    optimizers = {net: SGD([torch.zeros(1, requires_grad=True)], lr=rate) for net in ("generator", "discriminator")}
    for _ in range(10):
        step(objective, pictures(0.5, 0.5), pictures(0.1, 0.1))
        objective.after_epoch(optimizers)
        rates.append([optimizer.param_groups[0]["lr"] for optimizer in optimizers.values()])
    assert rates == [[both] * 2 for both in expected]
