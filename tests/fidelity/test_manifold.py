"""Precision, recall, density and coverage against their definitions written out, and against what their authors prove of them."""

from math import prod

import numpy as np
import pytest

from ganlib.fidelity import pairs
from ganlib.fidelity.manifold import manifold
from tests.fidelity.features import distances, drawn


def reference(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    """The definitions, from all distances at once."""

    def radii(x: np.ndarray, k: int) -> np.ndarray:
        return np.sort(distances(x, x), axis=1)[:, k]  # the first is the picture itself

    across = distances(real, fake)
    in_reals_balls = across <= radii(real, 5)[:, None]
    return {
        "precision": (across <= radii(real, 3)[:, None]).any(axis=0).mean(),
        "recall": (across <= radii(fake, 3)).any(axis=1).mean(),
        "density": in_reals_balls.sum() / (5 * len(fake)),
        "coverage": in_reals_balls.any(axis=1).mean(),
    }


@pytest.mark.parametrize("side", [2048, 16])
@pytest.mark.parametrize(("reals", "fakes", "shift"), [(60, 60, 0), (50, 90, 0.5), (90, 35, 1), (6, 4, 0)])
def test_scores_equal_their_definitions(monkeypatch: pytest.MonkeyPatch, side: int, reals: int, fakes: int, shift: float) -> None:
    monkeypatch.setattr(pairs, "SIDE", side)
    real, fake = drawn(reals, 6, seed=0), drawn(fakes, 6, seed=1, shift=shift)
    assert manifold(real, fake) == reference(real, fake)


@pytest.mark.parametrize("offset", [0, 300])
def test_fakes_that_are_the_reals_lie_on_and_fill_the_manifold(offset: float) -> None:
    # a closed ball holds its own picture and k neighbours, the last of them on its very rim
    real = drawn(64, 200, seed=2, shift=offset)
    assert manifold(real, np.roll(real, 1, axis=0)) == {"precision": 1, "recall": 1, "density": (5 + 1) / 5, "coverage": 1}


def test_sets_far_apart_have_nothing_in_common() -> None:
    assert manifold(drawn(30, 6, seed=3), drawn(30, 6, seed=4, shift=100)) == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}


def test_one_real_repeated_is_precise_and_dense_but_covers_little() -> None:
    # reals on a line, 1 apart: the ball of a real at least 3 from the ends reaches 3 with k = 5 and 2 with k = 3
    real = np.arange(100, dtype=np.float32)[:, None]
    fake = np.full((10, 1), 50, np.float32)
    scores = manifold(real, fake)
    assert scores == {"precision": 1, "recall": 1 / 100, "density": 7 / 5, "coverage": 7 / 100}


def test_one_outlier_among_the_reals_lifts_precision_and_hardly_density() -> None:
    # Naeem et al. 2020: one real far out has a ball that spans everything; fakes between it and the others are all precise
    real, fake = drawn(200, 6, seed=5), drawn(200, 6, seed=6, shift=20)
    assert manifold(real, fake)["precision"] == 0
    real[0] = 40
    scores = manifold(real, fake)
    assert scores["precision"] == 1
    assert scores["density"] == pytest.approx(1 / 5)


def test_two_samples_of_one_distribution_have_the_expected_density_and_coverage() -> None:
    # Naeem et al. 2020: E[density] = 1, E[coverage] = 1 - (N-1)...(N-k) / ((2N-1)...(2N-k))
    count, draws = 40, 150
    scores = [manifold(drawn(count, 6, seed=2 * draw), drawn(count, 6, seed=2 * draw + 1)) for draw in range(draws)]
    expected = 1 - prod((count - i) / (2 * count - i) for i in range(1, 6))
    for key, value in (("density", 1), ("coverage", expected)):
        found = np.array([score[key] for score in scores])
        assert abs(found.mean() - value) < 3 * found.std(ddof=1) / np.sqrt(draws), key
