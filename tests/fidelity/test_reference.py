"""Which real pictures a reference has, and what it stores of them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

from ganlib.data.faces import Faces
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.reference import Reference, bytes_needed
from ganlib.support.errors import UserError


def split(numbers: range) -> Faces:
    """Pictures whose every pixel is their number, which is their row in the cache too."""
    pictures = np.arange(256, dtype=np.uint8)[:, None, None, None] * np.ones((3, 8, 8), np.uint8)
    return Faces(pictures, np.array(numbers), pd.DataFrame(index=numbers))


def first_pixels(batches: Iterable[np.ndarray], desc: str, total: int) -> np.ndarray:
    found = np.array([float(picture[0, 0, 0]) for batch in batches for picture in batch], np.float32)[:, None]
    assert len(found) == total
    return found


def reference(seen: range, unseen: range, samples: int) -> Reference:
    return Reference.of(first_pixels, split(seen), split(unseen), samples=samples)


def test_rows_name_the_pictures_that_the_features_are_of():
    found = reference(range(20, 220), range(3), samples=4)
    assert found.scored_rows.tolist() == [20, 70, 120, 170]
    assert found.held_out_rows.tolist() == [0, 1, 2]
    assert (len(found.scored), len(found.unscored), len(found.held_out)) == (4, 4, 3)
    assert len(np.unique(found.seen_rows)) == 8
    assert np.array_equal(found.scored[:, 0], found.scored_rows)
    assert np.array_equal(found.seen[:, 0], found.seen_rows)
    assert np.array_equal(found.held_out[:, 0], found.held_out_rows)


def test_held_out_pictures_are_as_many_as_are_scored_evenly_spaced_and_then_no_others_are_needed():
    found = reference(range(20, 220), range(10), samples=4)
    assert found.held_out_rows.tolist() == [0, 2, 5, 7]
    assert len(found.unscored) == 0
    assert np.array_equal(found.floor_reals, found.held_out)


@pytest.mark.parametrize("held_out", [0, 5])
def test_floor_uses_others_of_the_split_if_too_few_are_held_out(held_out: int):
    found = reference(range(50), range(50, 50 + held_out), samples=10)
    assert found.held_out.shape == (held_out, 1)
    assert np.array_equal(found.floor_reals, found.unscored)
    assert found.floor_reals[:, 0].tolist() == [1, 6, 11, 16, 21, 26, 31, 36, 41, 46]  # evenly spaced among those not scored
    assert reference(range(15), range(50, 50 + held_out), samples=10).floor_reals is None


def test_more_samples_than_pictures_are_refused():
    with pytest.raises(UserError, match=r"^params\.yaml: datasets: samples 60: the split has only 50 pictures; lower samples$"):
        reference(range(50), range(50, 60), samples=60)


def test_stored_reference_is_the_same_and_so_are_its_bytes(tmp_path):
    found = reference(range(50), range(50, 55), samples=10)
    found.save(tmp_path / "a.npz")
    found.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    stored = Reference.load(tmp_path / "a.npz")
    assert all(np.array_equal(value, vars(found)[name]) for name, value in vars(stored).items())
    assert np.array_equal(stored.scored, found.scored)


def test_scored_and_unscored_are_views_of_the_one_array_of_features():
    found = reference(range(50), range(50, 55), samples=10)
    assert np.shares_memory(found.scored, found.seen)
    assert np.shares_memory(found.unscored, found.seen)
    assert len(found.scored) + len(found.unscored) == len(found.seen)


@pytest.mark.parametrize("held_out", [50, 70])
def test_required_disk_space_is_the_size_of_the_files(tmp_path, held_out):
    def features(batches: Iterable[np.ndarray], desc: str, total: int) -> np.ndarray:
        return np.random.default_rng(0).normal(size=(total, 2048)).astype(np.float32)

    faces, others = split(range(200)), split(range(180, 180 + held_out))
    found = Reference.of(features, faces, others, samples=60)
    found.save(tmp_path / "features.npz")
    Statistics(np.zeros(2048), np.eye(2048), count=50_000).save(tmp_path / "statistics.npz", "net", "resize")  # with a root of full rank
    taken = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert bytes_needed(faces, others, 60) == pytest.approx(taken, rel=0.01)
