"""The Frechet distance against arithmetic and a float64 reference, and its statistics' way to disk and back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganlib.errors import UserError
from ganlib.fidelity.frechet import Statistics, frechet_distance


def drawn(count: int, dimensions: int, seed: int) -> np.ndarray:
    """(count, dimensions) float32 features with correlations."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(dimensions, dimensions))
    return (rng.normal(size=(count, dimensions)) @ mixing + rng.normal(size=dimensions)).astype(np.float32)


def gaussian(mu: list[float], sigma: np.ndarray) -> Statistics:
    return Statistics(np.asarray(mu, dtype=np.float64), np.asarray(sigma, dtype=np.float64), count=1000)


def dense(real: np.ndarray, fake: np.ndarray) -> float:
    """The formula as Heusel et al. 2017 write it, equation 6; the product's root by its eigenvalues."""
    covariances = [np.cov(side.astype(np.float64), rowvar=False) for side in (real, fake)]
    root = np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).astype(complex)).real.sum()
    means = real.mean(0, dtype=np.float64) - fake.mean(0, dtype=np.float64)
    return means @ means + sum(map(np.trace, covariances)) - 2 * root


def test_equal_covariances_leave_the_squared_distance_of_the_means() -> None:
    sigma = np.cov(drawn(50, 3, seed=0), rowvar=False)
    assert frechet_distance(gaussian([0, 0, 0], sigma), gaussian([1, 2, -2], sigma)) == pytest.approx(9, abs=1e-9)


def test_diagonal_covariances_have_the_closed_form() -> None:
    real, fake = np.array([1.0, 4.0, 9.0, 0.0]), np.array([4.0, 4.0, 0.25, 16.0])
    closed_form = np.square(np.sqrt(real) - np.sqrt(fake)).sum()  # 1 + 0 + 6.25 + 16
    assert frechet_distance(gaussian([0] * 4, np.diag(real)), gaussian([0] * 4, np.diag(fake))) == pytest.approx(closed_form, abs=1e-9)


@pytest.mark.parametrize(("count_real", "count_fake"), [(100, 120), (10, 12), (10, 100), (100, 10), (16, 16), (2, 30), (2, 2)])
def test_distance_equals_the_formula_in_float64_at_any_rank(count_real: int, count_fake: int) -> None:
    real, fake = drawn(count_real, 16, seed=1), drawn(count_fake, 16, seed=2)
    assert frechet_distance(Statistics.of(real), Statistics.of(fake)) == pytest.approx(dense(real, fake), rel=1e-6)


def test_two_samples_have_the_distance_worked_out_by_hand() -> None:
    # means (1, 0) and (0, 3); the only variances are 2 along x and 2 along x, so the covariances' part is (sqrt 2 - sqrt 2)^2
    real, fake = np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([[-1.0, 3.0], [1.0, 3.0]])
    assert frechet_distance(Statistics.of(real), Statistics.of(fake)) == pytest.approx(10, abs=1e-9)


def test_covariance_alone_gives_what_the_features_give() -> None:
    real, fake = (Statistics.of(drawn(count, 16, seed=count)) for count in (9, 12))
    through_features = frechet_distance(real, fake)
    for by_covariance in ((replace(real, deviations=None), fake), (real, replace(fake, deviations=None))):
        assert frechet_distance(*by_covariance) == pytest.approx(through_features, rel=1e-6)


@pytest.mark.parametrize("count", [2, 20, 64, 500])
def test_identical_sets_are_at_distance_zero(count: int) -> None:
    features = drawn(count, 64, seed=3)
    features[:, :8] = 1  # dead features, as Inception has
    assert frechet_distance(Statistics.of(features), Statistics.of(features.copy())) == pytest.approx(0, abs=1e-6)


def test_distance_is_symmetric() -> None:
    real, fake = Statistics.of(drawn(200, 16, seed=4)), Statistics.of(drawn(7, 16, seed=5))
    assert frechet_distance(real, fake) == pytest.approx(frechet_distance(fake, real), rel=1e-12)


def test_moments_are_those_of_numpy() -> None:
    features = drawn(40, 8, seed=6)
    statistics = Statistics.of(features)
    np.testing.assert_allclose(statistics.mu, features.mean(0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(statistics.sigma, np.cov(features.astype(np.float64), rowvar=False), rtol=1e-12)


def test_fewer_than_two_samples_are_refused() -> None:
    with pytest.raises(UserError, match="at least 2 pictures"):
        Statistics.of(np.ones((1, 4), np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused(bad: float) -> None:
    features = drawn(5, 4, seed=7)
    features[3, 1] = bad
    with pytest.raises(UserError, match=r"1 of 5 pictures .* picture 3"):
        Statistics.of(features)


@pytest.mark.parametrize("count", [6, 60])
def test_statistics_come_back_from_disk_as_they_were(tmp_path: Path, count: int) -> None:
    saved = Statistics.of(drawn(count, 16, seed=8))
    saved.save(tmp_path / "real.npz", "net", "resize")
    loaded = Statistics.load(tmp_path / "real.npz", "net", "resize")
    for field in ("mu", "sigma", "count", "deviations"):
        np.testing.assert_array_equal(getattr(saved, field), getattr(loaded, field))
    assert list(tmp_path.iterdir()) == [tmp_path / "real.npz"]


def test_same_statistics_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first.npz", "second.npz"):
        Statistics.of(drawn(6, 16, seed=9)).save(tmp_path / name, "net", "resize")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()


@pytest.mark.parametrize(("extractor", "protocol"), [("another", "resize"), ("net", "another")])
def test_statistics_of_another_extractor_or_protocol_are_refused(tmp_path: Path, extractor: str, protocol: str) -> None:
    Statistics.of(drawn(6, 4, seed=10)).save(tmp_path / "real.npz", "net", "resize")
    with pytest.raises(UserError, match=f"made with net and resize, not with {extractor} and {protocol}"):
        Statistics.load(tmp_path / "real.npz", extractor, protocol)


def test_statistics_that_do_not_say_their_extractor_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "foreign.npz", mu=np.zeros(4), sigma=np.eye(4))
    with pytest.raises(UserError, match="made with an unnamed extractor and an unnamed protocol"):
        Statistics.load(tmp_path / "foreign.npz", "net", "resize")


def test_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = Statistics.of(drawn(6, 4, seed=11))
    statistics.save(tmp_path / "real.npz", "net", "resize")
    before = (tmp_path / "real.npz").read_bytes()

    def disk_full(file: object, **arrays: object) -> None:
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", disk_full)
    with pytest.raises(OSError, match="disk full"):
        statistics.save(tmp_path / "real.npz", "net", "resize")
    assert (tmp_path / "real.npz").read_bytes() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "real.npz"]
