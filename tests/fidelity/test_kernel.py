"""KID against arithmetic and its definition in float64, and that it is unbiased."""

from pathlib import Path

import cleanfid.fid
import numpy as np
import pytest

from ganlib.fidelity import pairs
from ganlib.fidelity.kernel import KernelSums, kernel_sums, kid
from ganlib.support.errors import UserError
from tests.fidelity.features import drawn, mmd2


def test_estimate_on_small_integers_is_the_one_worked_out_by_hand() -> None:
    # k(x, y) = (xy + 1)^3. Reals 0 1 2: k(0,1) + k(0,2) + k(1,2) = 1 + 1 + 27, so 29/3. Fakes 1 3: k(1,3) = 64.
    # Across: 1 + 1 + 8 + 64 + 27 + 343 = 444, so 2 * 444/6 = 148.
    real, fake = np.array([[0], [1], [2]], np.float32), np.array([[1], [3]], np.float32)
    assert kid(real, fake) == pytest.approx(29 / 3 + 64 - 148, rel=1e-12)


def test_clean_fids_kid_of_one_subset_of_all_pictures_is_the_same() -> None:
    # torch-fidelity and clean-fid average 100 subsets of at most 1,000 pictures by default
    real, fake = drawn(60, 2048, seed=0, scale=0.4), drawn(60, 2048, shift=0.1, seed=1, scale=0.4)
    theirs = cleanfid.fid.kernel_distance(real, fake, num_subsets=1, max_subset_size=60)
    assert kid(real, fake) == pytest.approx(theirs, rel=1e-4)
    assert kid(real, fake) == pytest.approx(mmd2(real, fake), rel=1e-5)


def test_subsets_of_other_tools_scatter_around_the_estimate_from_all_pairs() -> None:
    real, fake = drawn(30, seed=0), drawn(21, shift=0.5, seed=1)
    rng = np.random.default_rng(3)
    subsets = [mmd2(real[rng.permutation(30)[:10]], fake[rng.permutation(21)[:10]]) for _ in range(400)]
    assert kid(real, fake) == pytest.approx(mmd2(real, fake), rel=1e-5)
    assert abs(np.mean(subsets) - kid(real, fake)) < 3 * np.std(subsets) / np.sqrt(400)


def test_two_samples_of_one_distribution_are_at_zero_on_average() -> None:
    rng = np.random.default_rng(0)
    scores = [kid(*rng.normal(size=(2, 12, 4)).astype(np.float32)) for _ in range(200)]
    assert abs(np.mean(scores)) < 3 * np.std(scores) / np.sqrt(len(scores))
    assert min(scores) < 0  # an estimator cut off at zero would be biased


def test_estimate_does_not_depend_on_the_number_of_pictures_on_average() -> None:
    rng = np.random.default_rng(1)

    def scores(count: int) -> np.ndarray:
        return np.array([kid(*rng.normal([[[0]], [[1]]], size=(2, count, 4)).astype(np.float32)) for _ in range(150)])

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


def test_features_mapped_read_only_are_scored(tmp_path: Path) -> None:
    np.save(tmp_path / "real.npy", drawn(8, seed=0))
    mapped = np.load(tmp_path / "real.npy", mmap_mode="r")
    assert kid(mapped, drawn(8, seed=1)) == kid(drawn(8, seed=0), drawn(8, seed=1))


def test_fewer_than_two_pictures_are_refused() -> None:
    with pytest.raises(UserError, match=r"^KID needs 2 or more fake pictures, not 1$"):
        kid(drawn(2, seed=0), drawn(1, seed=0))
