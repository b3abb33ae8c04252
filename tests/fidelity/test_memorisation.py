"""The probability that a fake is nearer to the training pictures than a held-out picture is."""

import numpy as np
import pytest
import torch
from scipy.stats import mannwhitneyu

from ganlib.fidelity.memorisation import memorisation, thumbnails
from ganlib.support.errors import UserError
from tests.fidelity.features import distances, drawn, nearness

TRAINING, HELD_OUT = drawn(3200, 16, seed=0), drawn(250, 16, seed=1)  # as many as in a preview


def error(fakes: int, held_out: int) -> float:
    """The standard deviation of the Mann-Whitney statistic between samples of one distribution."""
    return float(np.sqrt((fakes + held_out + 1) / (12 * fakes * held_out)))


def test_copies_from_all_over_the_training_set_score_one_at_the_previews_sizes() -> None:
    copied = np.random.default_rng(2).permutation(3200)[:250]
    found = memorisation(TRAINING[copied], TRAINING, HELD_OUT)
    assert found.share == 1
    np.testing.assert_array_equal(found.training, copied[found.fakes])


def test_new_pictures_score_a_half_on_average_at_any_number_of_either() -> None:
    for fakes, held_out in ((100, 100), (250, 40)):
        pairs = [(drawn(fakes, seed=100 + draw), drawn(held_out, seed=200 + draw)) for draw in range(60)]
        shares = np.array([memorisation(fake, TRAINING[:300, :8], new).share for fake, new in pairs])
        assert abs(shares.mean() - 0.5) < 3 * error(fakes, held_out) / np.sqrt(60)
        assert shares.std() == pytest.approx(error(fakes, held_out), rel=0.3)  # 3 / sqrt(2 * 60) is 0.27


def test_half_copies_score_three_quarters() -> None:
    found = memorisation(np.concatenate([TRAINING[:125], drawn(125, 16, seed=9)]), TRAINING, HELD_OUT)
    assert found.share == pytest.approx(0.75, abs=3 * error(125, 250) / 2)


def test_blurred_new_pictures_are_no_copies_and_blurred_copies_are() -> None:
    # A blur shrinks pictures towards the mean, where they are close to every other; 0.6 is that of a radius of about 2 pixels.
    new, copies = 0.6 * drawn(250, 16, seed=3), 0.6 * TRAINING[::13][:246]
    plain = [distances(side, TRAINING).min(axis=1) for side in (new, HELD_OUT)]
    assert mannwhitneyu(plain[1], plain[0]).statistic / 250**2 > 0.9  # what the distance alone would say
    assert memorisation(new, TRAINING, HELD_OUT).share < 0.6
    assert memorisation(copies, TRAINING, HELD_OUT).share > 0.8


def test_training_pictures_with_little_noise_are_recognised() -> None:
    assert memorisation(TRAINING[:100] + drawn(100, 16, seed=3, scale=0.1), TRAINING, HELD_OUT).share > 0.99


def test_fakes_far_from_everything_score_near_zero() -> None:
    assert memorisation(drawn(40, 16, seed=4) + 50, TRAINING, HELD_OUT).share < 0.01


def test_share_is_the_mann_whitney_statistic_of_the_nearness_with_ties_by_half() -> None:
    rng = np.random.default_rng(5)
    fake, held_out = (rng.integers(20, size=(count, 1)).astype(np.float32) for count in (30, 40))  # on a line, so that many are equal
    training = np.float32(rng.integers(20, size=(70, 1)))
    expected = mannwhitneyu(nearness(held_out, training).round(12), nearness(fake, training).round(12)).statistic / (30 * 40)
    assert memorisation(fake, training, held_out).share == pytest.approx(expected, rel=1e-9)


def test_closest_pairs_are_ten_nearest_first() -> None:
    fake = drawn(30, 16, seed=6)
    fake[17] = TRAINING[210]
    found = memorisation(fake, TRAINING, HELD_OUT)
    assert (found.fakes[0], found.training[0]) == (17, 210)
    np.testing.assert_array_equal(found.fakes, nearness(fake, TRAINING).argsort()[:10])
    np.testing.assert_array_equal(found.training, distances(fake[found.fakes], TRAINING).argmin(axis=1))


def test_copies_of_a_picture_that_occurs_often_in_the_training_set_are_copies() -> None:
    training = np.concatenate([np.tile(TRAINING[:1], (60, 1)), TRAINING[1:200]])
    assert memorisation(training[:20], training, HELD_OUT).share == 1


def test_fewer_fakes_than_ten_are_all_paired() -> None:
    assert len(memorisation(drawn(3, 16, seed=7), TRAINING[:3], HELD_OUT).fakes) == 3


def test_no_held_out_pictures_are_refused() -> None:
    with pytest.raises(UserError, match=r"^memorisation needs 1 or more held-out pictures, not 0$"):
        memorisation(drawn(3, 16, seed=8), TRAINING, HELD_OUT[:0])


@pytest.mark.parametrize("size", [56, 64, 112])
def test_thumbnails_are_means_over_squares_of_pixels(size: int) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 3, size, size), dtype=np.uint8)
    found = thumbnails([pictures[:2], torch.from_numpy(pictures[2:])]).reshape(5, 3, 16, 16)
    edges = [(cell * size // 16, -(-(cell + 1) * size // 16)) for cell in range(16)]
    for row, column in ((0, 0), (3, 5), (15, 15)):
        (top, bottom), (left, right) = edges[row], edges[column]
        np.testing.assert_allclose(found[:, :, row, column], pictures[:, :, top:bottom, left:right].mean((2, 3)), rtol=1e-5)
