"""Which real pictures are taken, and what of them is kept."""

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


def reference(seen: range, unseen: range, samples: int, searched: int | None) -> Reference:
    return Reference.of(first_pixels, split(seen), split(unseen), samples=samples, searched=searched)


def test_rows_name_the_pictures_that_the_features_are_of():
    found = reference(range(20, 220), range(10), samples=4, searched=120)
    assert found.scored_rows.tolist() == [20, 70, 120, 170]
    assert found.held_out_rows.tolist() == [0, 2, 5, 7]
    assert (len(found.scored), len(found.others), len(found.held_out)) == (4, 116, 4)
    assert len(np.unique(found.seen_rows)) == 120
    assert np.array_equal(found.scored[:, 0], found.scored_rows)
    assert np.array_equal(found.seen[:, 0], found.seen_rows)
    assert np.array_equal(found.held_out[:, 0], found.held_out_rows)


def test_blank_takes_every_picture_of_the_split():
    found = reference(range(200), range(200, 250), samples=10, searched=None)
    assert sorted(found.seen_rows) == list(range(200))


def test_floor_is_taken_against_held_out_pictures_or_where_too_few_against_others_of_the_split():
    assert np.array_equal(reference(range(50), range(50, 90), 10, 40).second, reference(range(50), range(50, 90), 10, 40).held_out)
    others = reference(range(50), range(50, 55), samples=10, searched=40)
    assert len(others.second) == 10
    assert set(others.second[:, 0]) < set(others.others[:, 0])
    assert reference(range(50), range(50, 55), samples=10, searched=15).second is None


def test_whole_split_leaves_nothing_held_out():
    found = reference(range(50), range(0), samples=10, searched=30)
    assert found.held_out.shape == (0, 1)
    assert len(found.second) == 10


@pytest.mark.parametrize(("samples", "searched"), [(20, 10), (10, 51), (60, None)])
def test_more_than_there_are_is_refused(samples: int, searched: int | None):
    with pytest.raises(UserError, match=r"params\.yaml: datasets: samples .* the split's 50 pictures"):
        reference(range(50), range(50, 60), samples, searched)


def test_stored_reference_is_the_same_and_so_are_its_bytes(tmp_path):
    found = reference(range(50), range(50, 60), samples=10, searched=20)
    found.save(tmp_path / "a.npz")
    found.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    stored = Reference.load(tmp_path / "a.npz")
    assert all(np.array_equal(value, vars(found)[name]) for name, value in vars(stored).items())
    assert np.array_equal(stored.scored, found.scored)


def test_scored_and_others_are_views_of_the_one_array_of_features():
    found = reference(range(50), range(50, 60), samples=10, searched=20)
    assert np.shares_memory(found.scored, found.seen)
    assert np.shares_memory(found.others, found.seen)
    assert len(found.scored) + len(found.others) == len(found.seen)


def test_room_on_the_disk_that_is_asked_for_is_what_the_files_take(tmp_path):
    def features(batches: Iterable[np.ndarray], desc: str, total: int) -> np.ndarray:
        return np.random.default_rng(0).normal(size=(total, 2048)).astype(np.float32)

    faces, held_out = split(range(200)), split(range(200, 250))
    found = Reference.of(features, faces, held_out, samples=60, searched=None)
    found.save(tmp_path / "features.npz")
    Statistics(np.zeros(2048), np.eye(2048), count=50_000).save(tmp_path / "statistics.npz", "net", "resize")  # with a root of full rank
    taken = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert bytes_needed(faces, held_out, 60, None) == pytest.approx(taken, rel=0.01)
    assert bytes_needed(faces, held_out, 60, 150) == bytes_needed(faces, held_out, 60, None) - 50 * 2048 * 4
