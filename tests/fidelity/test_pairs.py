"""Tiles that cover every pair once, and nearest neighbours against every difference written out."""

import numpy as np
import pytest
import torch

from ganlib.fidelity import pairs
from ganlib.fidelity.pairs import nearest, squared_distances, tiles
from tests.fidelity.features import distances, drawn


@pytest.mark.parametrize("side", [2048, 7])
@pytest.mark.parametrize(("k", "exclude_self"), [(1, False), (3, False), (10, False), (4, True)])
def test_neighbours_are_the_closest_of_all_others(monkeypatch: pytest.MonkeyPatch, side: int, k: int, exclude_self: bool) -> None:
    monkeypatch.setattr(pairs, "SIDE", side)
    queries = drawn(30, seed=0)
    bank = queries if exclude_self else drawn(45, seed=1)
    every = distances(queries, bank) + (np.diag([np.inf] * 30) if exclude_self else 0)
    found, rows = nearest(queries, bank, k, exclude_self=exclude_self)
    np.testing.assert_array_equal(rows, every.argsort(axis=1)[:, :k])
    np.testing.assert_array_equal(found, np.sort(every, axis=1)[:, :k])


def test_copy_is_at_distance_zero_and_found_far_from_the_origin() -> None:
    bank = drawn(40, 300, seed=2) + np.float32(1000)
    copies = np.array([31, 4, 4, 0])
    found, rows = nearest(bank[copies], bank)
    np.testing.assert_array_equal(found, 0)
    np.testing.assert_array_equal(rows[:, 0], copies)


def test_twin_of_a_picture_is_its_neighbour_at_distance_zero() -> None:
    features = drawn(20, seed=3)
    features[13] = features[5]
    found, rows = nearest(features, features, exclude_self=True)
    assert (rows[5, 0], found[5, 0], rows[13, 0], found[13, 0]) == (13, 0, 5, 0)


def test_tiles_never_overstate_a_distance_and_understate_it_by_rounding_alone() -> None:
    x, y = drawn(50, 500, seed=4), drawn(60, 500, seed=5)
    y[:10] = x[:10]
    ((_, _, tile),) = squared_distances(x, y, "distances")
    true = distances(x, y) ** 2
    assert (tile.numpy() <= true).all()
    np.testing.assert_allclose(tile.numpy(), true, rtol=0, atol=1e-9)


def test_bank_may_be_as_small_as_the_number_of_neighbours() -> None:
    features = drawn(3, seed=6)
    np.testing.assert_array_equal(np.sort(nearest(features, features, 3)[1], axis=1), [[0, 1, 2]] * 3)
    np.testing.assert_array_equal(np.sort(nearest(features, features, 2, exclude_self=True)[1], axis=1), [[1, 2], [0, 2], [0, 1]])


@pytest.mark.parametrize("upper", [False, True])
def test_tiles_cover_every_pair_once(monkeypatch: pytest.MonkeyPatch, upper: bool) -> None:
    monkeypatch.setattr(pairs, "SIDE", 4)
    x, y = drawn(10, seed=7), drawn(10, seed=8)
    covered = np.zeros((10, 10), int)
    for rows, columns, ours, theirs in tiles(x, y, torch.float64, "pairs", upper=upper):
        covered[rows, columns] += 1
        np.testing.assert_array_equal(ours, x[rows])
        np.testing.assert_array_equal(theirs, y[columns])
    np.testing.assert_array_equal(covered, [[not upper or column // 4 >= row // 4 for column in range(10)] for row in range(10)])


@pytest.mark.parametrize(("place", "counts"), [("cpu", [5, 5, 5, 5] * 2), ("meta", [15, 5, 5])])
def test_features_are_copied_to_the_device_in_float32_and_once_unless_that_is_the_cpu(
    monkeypatch: pytest.MonkeyPatch, place: str, counts: list[int]
) -> None:
    monkeypatch.setattr(pairs, "SIDE", 5)
    monkeypatch.setattr(pairs, "device", lambda: torch.device(place))
    copied, tensor = [], torch.tensor
    monkeypatch.setattr(torch, "tensor", lambda rows, **on: (copied.append((rows.dtype, len(rows))), tensor(rows, **on))[1])
    strips = [(ours, theirs) for _, _, ours, theirs in tiles(drawn(10, seed=9), drawn(15, seed=10), torch.float64, "pairs")]
    assert len(strips) == 6
    assert copied == [(np.float32, count) for count in counts]
    assert {side.dtype for pair in strips for side in pair} == {torch.float64}
    assert {side.device.type for pair in strips for side in pair} == {place}
