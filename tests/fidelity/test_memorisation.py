"""The share of fakes that are closer to training pictures than new pictures are."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from ganlib.fidelity.memorisation import Pair, memorisation
from ganlib.support.errors import UserError
from tests.fidelity.features import drawn

TRAINING, HELD_OUT = drawn(300, seed=0), drawn(200, seed=1)


def test_copies_of_training_pictures_are_all_closer_than_new_pictures() -> None:
    copied = np.random.default_rng(2).integers(300, size=50)
    found = memorisation(TRAINING[copied], TRAINING, HELD_OUT)
    assert found.share == 1
    np.testing.assert_array_equal(found.rows, copied)
    np.testing.assert_array_equal(found.distances, 0)


def test_more_new_pictures_are_as_close_as_new_pictures() -> None:
    found = [memorisation(drawn(100, seed=100 + draw), TRAINING, drawn(100, seed=200 + draw)) for draw in range(60)]
    shares = np.array([one.share for one in found])
    assert abs(shares.mean() - 0.5) < 3 * found[0].standard_error / np.sqrt(60)
    assert shares.std() == pytest.approx(found[0].standard_error, rel=0.3)  # 3 / sqrt(2 * 60) is 0.27


def test_training_pictures_with_little_noise_are_told_from_new_pictures() -> None:
    found = memorisation(TRAINING[:100] + drawn(100, seed=3, scale=0.1), TRAINING, HELD_OUT)
    assert found.share > 0.5 + 5 * found.standard_error


def test_fakes_far_from_everything_are_farther_than_new_pictures() -> None:
    assert memorisation(drawn(40, seed=4) + 50, TRAINING, HELD_OUT).share == 0


def test_share_is_the_mann_whitney_statistic_with_ties_by_half() -> None:
    # whole numbers on a line, so that many distances are equal
    rng = np.random.default_rng(5)
    fake, held_out = (rng.integers(20, size=(count, 1)).astype(np.float32) for count in (30, 40))
    training = np.float32([[3], [11]])
    own, new = (np.abs(side - [3, 11]).min(axis=1) for side in (fake, held_out))
    expected = mannwhitneyu(new, own).statistic / (30 * 40)
    assert memorisation(fake, training, held_out).share == pytest.approx(expected, rel=1e-12)


def test_closest_pairs_are_ten_and_in_order() -> None:
    fake = drawn(30, seed=6)
    fake[17] = TRAINING[210]
    found = memorisation(fake, TRAINING, HELD_OUT)
    assert len(found.closest) == 10
    assert found.closest[0] == Pair(fake=17, training=210, distance=0)
    gaps = [pair.distance for pair in found.closest]
    assert gaps == sorted(found.distances)[:10]
    for pair in found.closest:
        assert pair.distance == pytest.approx(np.linalg.norm(fake[pair.fake] - TRAINING[pair.training]), rel=1e-6)


def test_fewer_fakes_than_ten_are_all_paired() -> None:
    assert len(memorisation(drawn(3, seed=7), TRAINING, HELD_OUT).closest) == 3


def test_no_held_out_pictures_are_refused() -> None:
    with pytest.raises(UserError, match=r"^memorisation needs 1 or more held-out pictures, not 0$"):
        memorisation(drawn(3, seed=8), TRAINING, HELD_OUT[:0])
