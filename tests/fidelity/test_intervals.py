"""The jackknife against scores computed without each group, and the coverage of the intervals."""

import threading
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from scipy import stats

from ganlib.fidelity import intervals
from ganlib.fidelity.intervals import fid_interval, jackknife_groups, kid_interval
from ganlib.support import parallel
from ganlib.support.errors import UserError
from tests.fidelity.features import fid, mmd2

Score = Callable[[np.ndarray, np.ndarray], float]
Interval = Callable[[np.ndarray, np.ndarray], tuple[float, float]]


def drawn(rng: np.random.Generator, real_count: int, fake_count: int, dimensions: int, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Two Gaussian samples whose variances fall off; the second is wider and shifted, or equal if `shift` is 0."""
    spread = np.exp(-np.arange(dimensions) / dimensions)
    real = rng.normal(size=(real_count, dimensions)) * spread
    fake = (rng.normal(size=(fake_count, dimensions)) * (1.2 if shift else 1) + shift) * spread
    return real.astype(np.float32), fake.astype(np.float32)


def kid_ends(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    return kid_interval(real, fake)[1:]


SCORES = pytest.mark.parametrize(("score", "interval"), [(fid, fid_interval), (mmd2, kid_ends)])


# more pictures than dimensions on both sides, on one, on none; the counts are multiples of 20
@SCORES
@pytest.mark.parametrize(("real_count", "fake_count"), [(80, 100), (20, 60), (60, 20), (20, 20)])
def test_interval_follows_from_the_scores_without_each_group(score: Score, interval: Interval, real_count: int, fake_count: int) -> None:
    real, fake = drawn(np.random.default_rng(0), real_count, fake_count, dimensions=32, shift=0.5)
    without = [
        [score(real[jackknife_groups(real_count) != group], fake) for group in range(jackknife_groups(real_count).max() + 1)],
        [score(real, fake[jackknife_groups(fake_count) != group]) for group in range(jackknife_groups(fake_count).max() + 1)],
    ]
    # Efron & Tibshirani 1993, equation 11.5, of each side
    variance = sum((len(side) - 1) / len(side) * np.square(side - np.mean(side)).sum() for side in without)
    reach = stats.t.ppf(0.975, min(map(len, without)) - 1) * np.sqrt(variance)
    low, high = interval(real, fake)
    assert low == pytest.approx(score(real, fake) - reach, rel=1e-4)
    assert high == pytest.approx(score(real, fake) + reach, rel=1e-4)


@pytest.mark.parametrize("count", [4, 5, 39, 40, 47, 1000])
def test_groups_are_twenty_or_pairs_as_equal_as_can_be(count: int) -> None:
    sizes = np.bincount(jackknife_groups(count))
    assert sizes.sum() == count
    assert len(sizes) == min(20, count // 2)
    assert sizes.max() - sizes.min() <= 1


def test_groups_do_not_follow_the_pictures_order() -> None:
    # fakes of ten conditions in turn: in every group some of each
    conditions = np.arange(2000) % 10
    for group in range(20):
        assert len(np.unique(conditions[jackknife_groups(2000) == group])) == 10


def test_mean_of_few_values_has_the_standard_error_of_the_textbook() -> None:
    # the mean's jackknife variance is s^2 / n exactly, and a group's mean stands for its values where sizes differ
    values, groups = np.random.default_rng(1).normal(size=47), np.arange(47)
    without = np.array([values[groups != group].mean() for group in groups])
    low, high = intervals._interval(values.mean(), 0.9, (without, groups))
    assert [low, high] == pytest.approx(stats.t.interval(0.9, 46, values.mean(), stats.sem(values)), rel=1e-12)


def test_groups_of_unequal_size_leave_the_variance_unbiased() -> None:
    rng, groups = np.random.default_rng(2), jackknife_groups(47)
    found = []
    for _ in range(2000):
        values = rng.normal(size=47)
        without = np.array([values[groups != group].mean() for group in range(20)])
        found.append(intervals._variance(values.mean(), without, np.bincount(groups)))
    assert abs(np.mean(found) - 1 / 47) < 3 * np.std(found) / np.sqrt(2000)


@SCORES
@pytest.mark.parametrize(
    "source",
    [(100, 100, 16, 0.3), (100, 100, 16, 0), (40, 40, 64, 0.3)],
    ids=["more pictures than dimensions", "one distribution", "fewer pictures than dimensions"],
)
@pytest.mark.parametrize("draws", [60, pytest.param(400, marks=pytest.mark.slow)])
def test_coverage_of_the_intervals_is_nominal(score: Score, interval: Interval, source: tuple[float, ...], draws: int) -> None:
    draw = partial(drawn, np.random.default_rng(3), *source)  # pictures of either side, dimensions, shift
    scores = np.array([score(*draw()) for _ in range(5 * draws)])
    low, high = np.array([interval(*draw()) for _ in range(draws)]).T
    held = np.mean((low <= scores.mean()) & (scores.mean() <= high))
    assert held >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / draws)
    # nor do they by being too wide: beyond the 1.4 where the sources are one, a tenth each for the spread of widths and of scores
    assert (high - low).mean() / 2 < 1.4 * 1.2 * stats.t.ppf(0.975, 19) * scores.std()


def test_wider_levels_give_wider_intervals() -> None:
    sides = drawn(np.random.default_rng(4), 50, 50, dimensions=8, shift=1)
    (low_90, high_90), (low_99, high_99) = fid_interval(*sides, level=0.9), fid_interval(*sides, level=0.99)
    assert low_99 < low_90 < fid(*sides) < high_90 < high_99


def test_fid_does_not_go_below_zero_and_kid_does() -> None:
    sides = drawn(np.random.default_rng(5), 12, 12, dimensions=2, shift=0)
    assert fid_interval(*sides)[0] == 0
    assert kid_ends(*sides)[0] < 0


@SCORES
def test_four_pictures_have_an_interval_and_three_are_refused(score: Score, interval: Interval) -> None:
    real, fake = drawn(np.random.default_rng(7), 4, 4, dimensions=8, shift=1)
    low, high = interval(real, fake)
    assert low < score(real, fake) < high
    name = "KID" if interval is kid_ends else "FID"
    with pytest.raises(UserError, match=f"^{name}'s interval needs 4 or more fake pictures, not 3$"):
        interval(real, fake[:3])


@pytest.mark.parametrize(("kind", "most"), [("cuda", 1), ("cpu", 2)])
def test_first_linear_algebra_of_a_gpu_is_in_one_thread(kind: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch loads it lazily, at the first call, and several threads at once make it fail: pytorch#90613."""
    inside, seen = threading.Semaphore(0), list[int]()
    eigenvalues, move = torch.linalg.eigvalsh, torch.Tensor.to

    def counting(matrix: torch.Tensor) -> torch.Tensor:
        inside.release()
        seen.append(inside._value)
        time.sleep(0.01)  # in which another thread would come
        inside.acquire()
        return eigenvalues(matrix)

    monkeypatch.setattr(intervals, "device", lambda: torch.device(kind))
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, *where: tensor if where == (torch.device("cuda"),) else move(tensor, *where))
    monkeypatch.setattr(torch.linalg, "eigvalsh", counting)
    monkeypatch.setattr(parallel, "core_count", lambda: 2)
    fid_interval(*drawn(np.random.default_rng(0), 20, 20, dimensions=4, shift=0.5))
    assert max(seen) == most
