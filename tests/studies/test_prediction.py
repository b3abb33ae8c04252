"""Prediction intervals: worked examples, and how often they cover the mean of new runs."""

import numpy as np
import pytest

from ganlib.studies import prediction

RECORDED = np.array([51.4, 49.5, 48.7, 49.3, 51.6])  # mean 50.10, standard deviation 1.3134


@pytest.mark.parametrize(("new", "half"), [(1, 3.994), (2, 3.050), (10**9, 1.630)])
def test_interval_of_a_mean_is_students(new, half):
    """By hand: t(0.975; 4) = 2.7764 times 1.3134 sqrt(1/5 + 1/new); of very many new values it is the mean's confidence interval."""
    assert prediction.of_mean(RECORDED, new) == pytest.approx((50.10 - half, 50.10 + half), abs=2e-3)


def test_interval_of_a_difference_is_of_both_arms():
    """By hand, of arms with equal spreads: t(0.975; 8) = 2.3060 times 1.3134 sqrt(2 (1/5 + 1/2)); arms without spread predict a point."""
    assert prediction.of_difference(RECORDED, RECORDED + 1, 2) == pytest.approx((1 - 3.584, 1 + 3.584), abs=2e-3)
    assert prediction.of_difference(np.ones(6), np.full(6, 3.0), 2) == (2, 2)


@pytest.mark.parametrize("spread", [1, 2])
@pytest.mark.parametrize(("recorded", "new"), [(6, 1), (6, 2), (6, 6), (12, 2), (12, 12)])
def test_ninety_five_of_a_hundred_replications_lie_inside(recorded, new, spread):
    """94 to 96% over 50,000 studies of two arms, one as noisy as the other or twice as noisy; chance alone moves a share by 0.1%."""
    rng = np.random.default_rng(0)
    arms = [scale * rng.normal(size=(50_000, recorded + new)) for scale in (1, spread)]
    (first, second), (ours, theirs) = zip(*((arm[:, :recorded], arm[:, recorded:].mean(1)) for arm in arms), strict=True)
    intervals = prediction.of_mean(second, new), prediction.of_difference(first, second, new)
    for (low, high), mean in zip(intervals, (theirs, theirs - ours), strict=True):
        assert 0.94 < ((low <= mean) & (mean <= high)).mean() < 0.96
