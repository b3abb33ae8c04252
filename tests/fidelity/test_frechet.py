"""The Frechet distance against arithmetic and a float64 reference, and its statistics' way to disk and back."""

import pickle
import re
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pytorch_fid.fid_score import compute_statistics_of_path
from scipy import linalg

from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.support.errors import UserError

NO_ARRAYS = "not a .npz with the arrays `mu` and `sigma`"


def drawn(count: int, dimensions: int, seed: int) -> np.ndarray:
    """(count, dimensions) float32 features with correlations."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(dimensions, dimensions))
    return (rng.normal(size=(count, dimensions)) @ mixing + rng.normal(size=dimensions)).astype(np.float32)


def saved(save: Callable[..., None], *arrays: np.ndarray, **named: np.ndarray) -> bytes:
    save(file := BytesIO(), *arrays, **named)
    return file.getvalue()


NPZ = saved(np.savez_compressed, mu=np.arange(4.0), sigma=np.eye(4))


def damaged(content: bytes) -> bytes:
    """With some bytes of the first compressed array turned over."""
    return content[:60] + bytes(255 - byte for byte in content[60:80]) + content[80:]


def gaussian(mu: list[float], sigma: np.ndarray) -> Statistics:
    return Statistics(np.asarray(mu, dtype=np.float64), np.asarray(sigma, dtype=np.float64), count=1000)


def decaying(count: int, dimensions: int, seed: int) -> np.ndarray:
    """(count, dimensions) float32 features whose variances fall over eight orders of magnitude, in directions that all sets share."""
    basis, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(dimensions, dimensions)))
    spread = 10 ** np.linspace(1, -3, dimensions)
    return (np.random.default_rng(seed).normal(size=(count, dimensions)) * spread @ basis).astype(np.float32)


def through_singular_values(real: np.ndarray, fake: np.ndarray) -> float:
    """The distance from the features themselves: the trace of the root is the sum of the singular values of their cross product."""
    means = [side.mean(axis=0, dtype=np.float64) for side in (real, fake)]
    deviations = [(side - mean) / np.sqrt(len(side) - 1) for side, mean in zip((real, fake), means, strict=True)]
    overlap = linalg.svdvals(deviations[0] @ deviations[1].T).sum()
    return np.square(means[0] - means[1]).sum() + sum(np.square(side).sum() for side in deviations) - 2 * overlap


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


@pytest.mark.parametrize(("count_real", "count_fake"), [(150, 160), (50, 150), (150, 50), (40, 45), (2, 2), (2, 150)])
def test_distance_of_decaying_spectra_equals_that_by_singular_values(count_real: int, count_fake: int) -> None:
    real, fake = decaying(count_real, 64, seed=1), decaying(count_fake, 64, seed=2)
    assert frechet_distance(Statistics.of(real), Statistics.of(fake)) == pytest.approx(through_singular_values(real, fake), abs=1e-9)


@pytest.mark.parametrize("make", [drawn, decaying])
@pytest.mark.parametrize("shape", [*((n, 128) for n in (2, 20, 128, 129, 300)), pytest.param((2500, 2048), marks=pytest.mark.slow)])
def test_identical_sets_are_at_distance_zero(make: Callable[..., np.ndarray], shape: tuple[int, int]) -> None:
    features = make(*shape, seed=3)
    features[:, :8] = 1  # dead features, as Inception has
    scale = features.var(axis=0, ddof=1, dtype=np.float64).sum() / 100  # FID's covariances have traces near 100
    features /= np.sqrt(scale)
    assert frechet_distance(Statistics.of(features), Statistics.of(features.copy())) == pytest.approx(0, abs=1e-6)


def test_collapsed_generator_costs_no_digits() -> None:
    real, fake = decaying(150, 64, seed=1), decaying(10, 64, seed=2).repeat(15, axis=0)
    assert frechet_distance(Statistics.of(real), Statistics.of(fake)) == pytest.approx(through_singular_values(real, fake), rel=1e-6)


def test_distance_is_symmetric() -> None:
    real, fake = Statistics.of(drawn(200, 16, seed=4)), Statistics.of(drawn(7, 16, seed=5))
    assert frechet_distance(real, fake) == pytest.approx(frechet_distance(fake, real), rel=1e-12)


@pytest.mark.parametrize("count", [5, 8, 40])
def test_moments_equal_numpys(count: int) -> None:
    features = drawn(count, 8, seed=6)
    statistics = Statistics.of(features)
    np.testing.assert_allclose(statistics.mu, features.mean(0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(statistics.sigma, np.cov(features.astype(np.float64), rowvar=False), rtol=1e-12)


def test_moments_of_large_means_keep_their_digits() -> None:
    features = drawn(400, 8, seed=6) + np.float32(1e5)
    np.testing.assert_allclose(Statistics.of(features).sigma, np.cov(features.astype(np.float64), rowvar=False), rtol=1e-9)


def test_moments_take_no_copy_of_the_features() -> None:
    features = np.ones((100_000, 32), np.float32)
    tracemalloc.start()
    Statistics.of(features)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < features.nbytes / 10


@pytest.mark.parametrize("count", [2, 6, 60])
def test_root_times_itself_is_the_covariance_and_has_its_rank(count: int) -> None:
    statistics = Statistics.of(drawn(count, 16, seed=8))
    assert statistics.root.shape == (min(count - 1, 16), 16)
    np.testing.assert_allclose(statistics.root.T @ statistics.root, statistics.sigma, atol=1e-12 * np.trace(statistics.sigma))


@pytest.mark.parametrize("count", [6, 60])
def test_statistics_and_their_root_are_loaded_unchanged(tmp_path: Path, count: int) -> None:
    stored = Statistics.of(drawn(count, 16, seed=8))
    stored.save(tmp_path / "real.npz", "net", "resize")
    loaded = Statistics.load(tmp_path / "real.npz", "net", "resize", 16)
    for field in ("mu", "sigma", "count", "root"):
        np.testing.assert_array_equal(getattr(stored, field), getattr(loaded, field))
    assert loaded.root is loaded.stored_root
    assert list(tmp_path.iterdir()) == [tmp_path / "real.npz"]


def test_pytorch_fid_reads_our_file_and_we_read_its(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.npz", tmp_path / "theirs.npz"
    statistics = Statistics.of(drawn(60, 16, seed=8))
    statistics.save(ours, "net", "resize")
    mu, sigma = compute_statistics_of_path(str(ours), None, 50, 16, "cpu")
    np.savez_compressed(theirs, mu=mu, sigma=sigma)  # as its `save_fid_stats` and clean-fid's `make_custom_stats` do
    loaded = Statistics.load(theirs, "net", "resize", 16)
    np.testing.assert_array_equal(loaded.sigma, statistics.sigma)
    assert loaded.count is None
    assert frechet_distance(statistics, loaded) == pytest.approx(0, abs=1e-9)


def test_statistics_of_few_pictures_score_the_same_without_their_count(tmp_path: Path) -> None:
    real, fake = Statistics.of(decaying(20, 64, seed=1)), Statistics.of(decaying(80, 64, seed=2))
    np.savez(tmp_path / "foreign.npz", mu=real.mu, sigma=real.sigma)
    foreign = Statistics.load(tmp_path / "foreign.npz", "net", "resize", 64)
    assert frechet_distance(foreign, fake) == pytest.approx(frechet_distance(real, fake), abs=1e-5)


def test_same_statistics_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first.npz", "second.npz"):
        Statistics.of(drawn(6, 16, seed=9)).save(tmp_path / name, "net", "resize")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()


@pytest.mark.parametrize(("extractor", "protocol"), [("another", "resize"), ("net", "another")])
def test_statistics_of_another_extractor_or_protocol_are_refused(tmp_path: Path, extractor: str, protocol: str) -> None:
    Statistics.of(drawn(6, 4, seed=10)).save(tmp_path / "real.npz", "net", "resize")
    with pytest.raises(UserError, match=rf"^\S*real\.npz: computed with net and resize, not with {extractor} and {protocol}"):
        Statistics.load(tmp_path / "real.npz", extractor, protocol, 4)


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"mu": np.zeros(4)}, NO_ARRAYS),
        ({"feats": np.zeros((9, 4))}, NO_ARRAYS),  # clean-fid's own file for KID
        ({"mu": np.array([{}] * 4), "sigma": np.eye(4)}, NO_ARRAYS),  # pickled
        ({"mu": np.array(["a"] * 4), "sigma": np.eye(4)}, NO_ARRAYS),
        ({"mu": np.zeros(3), "sigma": np.eye(3)}, r"`mu` (3,) and `sigma` (3, 3) are not of the 4 dimensions of net"),
        ({"mu": np.zeros(4), "sigma": np.eye(3)}, r"`mu` (4,) and `sigma` (3, 3) are not of the 4 dimensions of net"),
        ({"mu": np.zeros(4), "sigma": np.diag([1, 1, np.nan, 1])}, "values that are not finite"),
        ({"mu": np.array([0, 0, np.inf, 0]), "sigma": np.eye(4)}, "values that are not finite"),
        ({"mu": np.zeros(4), "sigma": np.eye(4), "root": np.full((2, 4), np.nan)}, "values that are not finite"),
    ],
)
def test_foreign_file_without_such_statistics_is_refused(tmp_path: Path, arrays: dict[str, np.ndarray], complaint: str) -> None:
    np.savez(tmp_path / "foreign.npz", **arrays)
    with pytest.raises(UserError, match=rf"^\S*foreign\.npz: .*{re.escape(complaint)}[^\n]*$"):
        Statistics.load(tmp_path / "foreign.npz", "net", "resize", 4)


@pytest.mark.parametrize("content", [b"", b"PK but no zip", pickle.dumps({"mu": 0}), saved(np.save, np.eye(4)), NPZ[:-30], damaged(NPZ)])
def test_file_of_another_kind_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"^\S*odd\.npz: not a \.npz with the arrays"):
        Statistics.load(tmp_path / "odd.npz", "net", "resize", 4)


def test_file_that_cannot_be_opened_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.npz: cannot be read: No such file or directory"):
        Statistics.load(tmp_path / "absent.npz", "net", "resize")
    with pytest.raises(UserError, match=r"cannot be read: Is a directory"):
        Statistics.load(tmp_path, "net", "resize")


@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")  # NumPy 2.0 leaves its archive open
def test_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    statistics = Statistics.of(drawn(6, 4, seed=11))
    statistics.save(tmp_path / "real.npz", "net", "resize")
    before = (tmp_path / "real.npz").read_bytes()
    with pytest.raises(TypeError, match="pickle"):  # after the arrays
        statistics.save(tmp_path / "real.npz", (letter for letter in "net"), "resize")
    assert (tmp_path / "real.npz").read_bytes() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "real.npz"]
