"""KID against arithmetic, a plain float64 reference and its own promise to be unbiased."""

from pathlib import Path

import numpy as np
import pytest

from ganlib.fidelity import pairs
from ganlib.fidelity.kernel import KernelSums, kernel_sums, kid, mmd2
from ganlib.support.errors import UserError
from tests.fidelity.features import drawn


def reference(x: np.ndarray, y: np.ndarray) -> float:
    """Binkowski et al. 2018's estimator, written out: means of the kernel over distinct pairs."""

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a.astype(np.float64) @ b.T.astype(np.float64) / a.shape[1] + 1) ** 3

    def distinct(a: np.ndarray) -> float:
        return kernel(a, a)[~np.eye(len(a), dtype=bool)].mean()

    return distinct(x) + distinct(y) - 2 * kernel(x, y).mean()


def whole(real: np.ndarray, fake: np.ndarray) -> float:
    sums = kernel_sums(real, fake, np.ones((1, len(real))), np.ones((1, len(fake))))
    return mmd2(sums, len(real), len(fake)).item()


def test_estimate_on_small_integers_is_the_one_worked_out_by_hand() -> None:
    # k(x, y) = (xy + 1)^3. Reals 0 1 2: k(0,1) + k(0,2) + k(1,2) = 1 + 1 + 27, so 29/3. Fakes 1 3: k(1,3) = 64.
    # Across: 1 + 1 + 8 + 64 + 27 + 343 = 444, so 2 * 444/6 = 148.
    real, fake = np.array([[0], [1], [2]], np.float32), np.array([[1], [3]], np.float32)
    assert whole(real, fake) == pytest.approx(29 / 3 + 64 - 148, rel=1e-12)


def test_sides_of_one_picture_repeated_have_the_closed_form_and_no_spread() -> None:
    # k = (x.y / 2 + 1)^3: x.x = 2 gives 8, y.y = 4 gives 27, x.y = 2 gives 8
    real, fake = np.tile(np.float32([1, 1]), (6, 1)), np.tile(np.float32([2, 0]), (4, 1))
    assert kid(real, fake, seed=0) == (pytest.approx(8 + 27 - 2 * 8, rel=1e-12), 0)


# 20 v 30 computes each pair once; 300 v 200 in subsets of 5, each subset by itself
@pytest.mark.parametrize(("real_count", "fake_count", "subset_size"), [(20, 30, 10), (300, 200, 5)])
def test_mean_and_deviation_are_those_over_the_subsets(real_count: int, fake_count: int, subset_size: int) -> None:
    real, fake = drawn(real_count, seed=0), drawn(fake_count, shift=0.5, seed=1)
    rng = np.random.default_rng(3)
    ours, theirs = ([rng.choice(len(side), subset_size, replace=False) for _ in range(40)] for side in (real, fake))
    scores = [reference(real[a], fake[b]) for a, b in zip(ours, theirs, strict=True)]
    mean, deviation = kid(real, fake, subsets=40, subset_size=subset_size, seed=3)
    assert mean == pytest.approx(np.mean(scores), abs=1e-5)
    assert deviation == pytest.approx(np.std(scores), abs=1e-5)


def test_half_of_the_smaller_side_is_a_subset_where_fewer_than_two_subsets_are_there() -> None:
    real, fake = drawn(30, seed=0), drawn(21, shift=0.5, seed=1)
    assert kid(real, fake, subset_size=1000, seed=0) == kid(real, fake, subset_size=10, seed=0)


def test_two_samples_of_one_distribution_are_at_zero_on_average() -> None:
    rng = np.random.default_rng(0)
    scores = [whole(*rng.normal(size=(2, 12, 4)).astype(np.float32)) for _ in range(200)]
    assert abs(np.mean(scores)) < 3 * np.std(scores) / np.sqrt(len(scores))
    assert min(scores) < 0  # an estimator cut off at zero would be biased


def test_estimate_does_not_depend_on_the_number_of_pictures_on_average() -> None:
    rng = np.random.default_rng(1)

    def scores(count: int) -> np.ndarray:
        return np.array([whole(*rng.normal([[[0]], [[1]]], size=(2, count, 4)).astype(np.float32)) for _ in range(150)])

    few, many = scores(6), scores(60)
    assert abs(few.mean() - many.mean()) < 3 * np.hypot(few.std(), many.std()) / np.sqrt(150)


def test_sums_do_not_depend_on_the_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = drawn(23, seed=0), drawn(17, seed=1)
    groups = [np.arange(len(side)) % 3 == np.arange(3)[:, None] for side in (real, fake)]
    once = kernel_sums(real, fake, *(members.astype(float) for members in groups))
    monkeypatch.setattr(pairs, "SIDE", 5)
    by_fives = kernel_sums(real, fake, *(members.astype(float) for members in groups))
    for name, one, other in zip(KernelSums._fields, once, by_fives, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, err_msg=name)


def test_same_seed_gives_the_same_score() -> None:
    real, fake = drawn(50, seed=0), drawn(40, shift=0.5, seed=1)
    assert kid(real, fake, subset_size=5, seed=7) == kid(real, fake, subset_size=5, seed=7)
    assert kid(real, fake, subset_size=5, seed=7) != kid(real, fake, subset_size=5, seed=8)


def test_features_mapped_read_only_are_scored(tmp_path: Path) -> None:
    np.save(tmp_path / "real.npy", drawn(8, seed=0))
    mapped = np.load(tmp_path / "real.npy", mmap_mode="r")
    assert kid(mapped, drawn(8, seed=1), seed=0) == kid(drawn(8, seed=0), drawn(8, seed=1), seed=0)


def test_fewer_than_four_pictures_are_refused() -> None:
    with pytest.raises(UserError, match=r"^KID needs 4 or more fake pictures, not 3$"):
        kid(drawn(4, seed=0), drawn(3, seed=0), seed=0)
