"""Nearest neighbours against every difference written out."""

import numpy as np
import pytest

from ganlib.errors import UserError
from ganlib.fidelity import tiles
from ganlib.fidelity.neighbours import nearest, squared_distances


def drawn(count: int, seed: int, dimensions: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)


def distances(queries: np.ndarray, bank: np.ndarray) -> np.ndarray:
    return np.array([[np.sqrt(np.square(row - query.astype(np.float64)).sum()) for row in bank] for query in queries])


@pytest.mark.parametrize("side", [2048, 7])
@pytest.mark.parametrize("k", [1, 3, 10])
def test_neighbours_are_the_closest_of_all(monkeypatch: pytest.MonkeyPatch, side: int, k: int) -> None:
    monkeypatch.setattr(tiles, "SIDE", side)
    queries, bank = drawn(30, seed=0), drawn(45, seed=1)
    found, rows = nearest(queries, bank, k)
    every = distances(queries, bank)
    np.testing.assert_array_equal(rows, every.argsort(axis=1)[:, :k])
    np.testing.assert_array_equal(found, np.sort(every, axis=1)[:, :k])


@pytest.mark.parametrize("side", [2048, 7])
def test_picture_is_not_its_own_neighbour_among_its_own(monkeypatch: pytest.MonkeyPatch, side: int) -> None:
    monkeypatch.setattr(tiles, "SIDE", side)
    features = drawn(30, seed=0)
    every = distances(features, features)
    np.fill_diagonal(every, np.inf)
    found, rows = nearest(features, features, 4, itself=True)
    np.testing.assert_array_equal(rows, every.argsort(axis=1)[:, :4])
    np.testing.assert_array_equal(found, np.sort(every, axis=1)[:, :4])


def test_copy_is_at_distance_zero_and_found_far_from_the_origin() -> None:
    bank = drawn(40, seed=2, dimensions=300) + np.float32(1000)
    copies = np.array([31, 4, 4, 0])
    found, rows = nearest(bank[copies], bank)
    np.testing.assert_array_equal(found, 0)
    np.testing.assert_array_equal(rows[:, 0], copies)


def test_twin_of_a_picture_is_its_neighbour_at_distance_zero() -> None:
    features = drawn(20, seed=3)
    features[13] = features[5]
    found, rows = nearest(features, features, itself=True)
    assert (rows[5, 0], found[5, 0], rows[13, 0], found[13, 0]) == (13, 0, 5, 0)


def test_tiles_never_overstate_a_distance_and_understate_it_by_rounding_alone() -> None:
    x, y = drawn(50, seed=4, dimensions=500), drawn(60, seed=5, dimensions=500)
    y[:10] = x[:10]
    ((_, _, tile),) = squared_distances(x, y, "distances")
    true = distances(x, y) ** 2
    assert (tile.numpy() <= true).all()
    np.testing.assert_allclose(tile.numpy(), true, rtol=0, atol=1e-9)


def test_bank_as_large_as_the_neighbours_asked_for_is_enough() -> None:
    features = drawn(3, seed=6)
    np.testing.assert_array_equal(np.sort(nearest(features, features, 3)[1], axis=1), [[0, 1, 2]] * 3)
    np.testing.assert_array_equal(np.sort(nearest(features, features, 2, itself=True)[1], axis=1), [[1, 2], [0, 2], [0, 1]])


def test_bank_of_too_few_pictures_is_refused() -> None:
    features = drawn(3, seed=7)
    with pytest.raises(UserError, match=r"^the search for neighbours needs 4 or more bank pictures, not 3$"):
        nearest(features, features, 3, itself=True)


def test_features_that_are_not_finite_are_refused() -> None:
    features = drawn(3, seed=8)
    features[1, 0] = np.nan
    with pytest.raises(UserError, match="1 of 3 query pictures have features that are not finite, first row 1"):
        nearest(features, drawn(3, seed=9))
