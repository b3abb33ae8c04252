"""The Monge Inception distance against its definition and closed forms."""

import numpy as np
import pytest
import torch
from scipy import stats

from ganlib.fidelity import mind as module
from ganlib.fidelity.intervals import jackknife_groups, mind_interval
from ganlib.fidelity.mind import equally_many, mind, mind_without
from ganlib.support.errors import UserError
from tests.fidelity.features import drawn


def by_definition(real: np.ndarray, fake: np.ndarray) -> float:
    """One direction after the other, in float64."""
    directions = torch.cat(list(module._directions(real.shape[1]))).double().numpy()
    total = 0.0
    for direction in directions:
        x, y = (sorted(float(direction @ row) for row in side.astype(np.float64)) for side in (real, fake))
        total += sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) / len(x)
    return 3 * real.shape[1] * total / len(directions)


def test_mind_is_its_definition() -> None:
    real, fake = drawn(7), 2 * drawn(7, seed=1) + 1
    assert mind(real, fake) == pytest.approx(by_definition(real, fake), rel=1e-5)


def test_directions_are_a_thousand_unit_vectors_in_all_directions() -> None:
    directions = torch.cat(list(module._directions(5)))
    assert directions.shape == (1000, 5)
    torch.testing.assert_close(directions.norm(dim=1), torch.ones(1000))
    assert directions.mean(0).abs().max() < 0.1
    assert (directions.square().mean(0) - 1 / 5).abs().max() < 0.03


def test_shift_in_one_dimension_costs_three_times_its_square() -> None:
    """In one dimension a direction is 1 or -1, and every picture moves by the shift."""
    real = drawn(50, 1)
    assert mind(real, real + 2) == pytest.approx(3 * 2**2, rel=1e-5)


def test_shift_costs_about_three_times_its_squared_length() -> None:
    """The mean of (u . s)^2 over directions u is |s|^2 / D."""
    shift = np.array([3, 0, 0, 4, 0, 0, 0, 0], np.float32)
    assert mind(drawn(40), drawn(40) + shift) == pytest.approx(3 * 25, rel=0.1)


def test_order_changes_nothing_and_equal_sides_are_at_zero() -> None:
    real = drawn(30)
    assert mind(real, real[::-1].copy()) == 0
    assert mind(real, drawn(30, seed=1)) == mind(real, drawn(30, seed=1)[::-1].copy()) == mind(drawn(30, seed=1), real)


def test_larger_side_is_subsampled_to_the_smaller() -> None:
    real, fake = drawn(90), drawn(20, seed=1)
    some, same = equally_many(real, fake)
    assert len(some) == 20
    assert len({*map(bytes, some)} & {*map(bytes, real)}) == 20
    assert not np.array_equal(some, real[:20])
    np.testing.assert_array_equal(same, fake)
    assert mind(real, fake) == mind(some, fake)
    assert mind(fake, real) == mind(some, fake)


def test_pictures_left_out_have_no_influence() -> None:
    real, fake = drawn(30), drawn(30, seed=1)
    rows = jackknife_groups(30) == 3
    whole, without = mind_without(real, fake, [None, rows])
    assert whole == mind(real, fake)
    assert without == pytest.approx(mind(real[~rows], fake[~rows]), rel=1e-6)


def test_interval_is_the_jackknife_of_both_sides_at_once_and_not_below_zero() -> None:
    real, fake, groups = drawn(40), drawn(40, seed=1) + 1, jackknife_groups(40)
    without = np.array([mind(real[groups != group], fake[groups != group]) for group in range(20)])
    reach = stats.t.ppf(0.975, 19) * np.sqrt(19 * without.var())  # Efron & Tibshirani 1993, equation 11.5
    assert mind_interval(real, fake) == pytest.approx(mind(real, fake) + reach * np.array([0, -1, 1]), rel=1e-4)
    assert mind_interval(drawn(4), drawn(4, seed=1))[1] == 0


@pytest.mark.parametrize(("score", "least"), [(mind, 2), (mind_interval, 4)])
def test_too_few_pictures_are_one_line(score, least: int) -> None:
    score(drawn(least), drawn(least, seed=1))
    with pytest.raises(UserError, match=f"needs {least} or more fake pictures, not {least - 1}"):
        score(drawn(9), drawn(least - 1))
