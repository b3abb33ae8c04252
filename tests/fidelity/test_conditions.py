"""Obedience and diversity of fakes whose features are written by hand."""

import numpy as np
import pytest

from ganlib.fidelity.attributes import BLOCK, Classifier
from ganlib.fidelity.conditions import condition_rates, diversity, explained
from tests.fidelity.features import drawn
from tests.painted import GROUPS

NAMES = ["Black_Hair", "Blond_Hair", "Eyeglasses"]
ACCURACY = dict(zip(NAMES, (0.9, 0.7, 0.95), strict=True))
# An attribute is shown where its own dimension is positive.
CLASSIFIER = Classifier(NAMES, np.eye(3), np.zeros(3), ACCURACY)
CONDITIONS = np.array([[1, 0], [1, 1], [2, 0], [2, 1], [0, 0], [0, 1]])
OBEYING = ("B--", "B-g", "-b-", "-bg", "---", "--g")


def shown(*attributes: str) -> np.ndarray:
    """A feature for each picture, from a word like "B-g": black, not blond, glasses."""
    return np.array([[1.0 if letter != "-" else -1.0 for letter in word] for word in attributes], np.float32)


def test_generator_that_obeys_always_does_and_never_false_alarm_rate():
    figures, missing = condition_rates(CLASSIFIER, GROUPS, CONDITIONS, shown(*OBEYING))
    of_both = {"hit_rate": 1, "false_alarm_rate": 0, "lift": 1, "lift_low": 1, "lift_high": 1}
    hair = {f"hair_{key}": value for key, value in ({"judged": 2, "accuracy": 0.8} | of_both).items()}
    eyes = {f"eyes_{key}": value for key, value in ({"judged": 1, "accuracy": 0.95} | of_both).items()}
    assert figures == pytest.approx(hair | eyes)
    assert missing == {}


def test_deaf_generator_obeys_as_often_as_false_alarm_rate():
    figures, _ = condition_rates(CLASSIFIER, GROUPS, CONDITIONS, shown("B-g", "B--", "B-g", "B--", "B--", "B-g"))
    assert (figures["hair_hit_rate"], figures["hair_false_alarm_rate"]) == (0.5, 0.5)
    assert (figures["eyes_hit_rate"], figures["eyes_false_alarm_rate"]) == pytest.approx((1 / 3, 2 / 3))
    assert (figures["hair_lift"], figures["eyes_lift"]) == pytest.approx((0, -1 / 3))
    margin = 1.96 * (2 * (1 / 3 * 2 / 3) / 3) ** 0.5  # of a difference of two proportions, each of three fakes
    assert (figures["eyes_lift_low"], figures["eyes_lift_high"]) == pytest.approx((-1 / 3 - margin, -1 / 3 + margin))


def test_interval_of_the_lift_covers_the_true_one_in_95_percent():
    """Two attributes that exclude each other, so that each fake counts for both; half of the fakes ignore their condition."""
    rng, repeats, covered = np.random.default_rng(1), 1000, 0
    for _ in range(repeats):
        asked = rng.integers(0, 3, 300)
        found = np.where(rng.random(300) < 0.5, asked, rng.integers(0, 3, 300))
        features = np.stack([np.where(found == value, 1.0, -1.0) for value in (1, 2, 0)], axis=1).astype(np.float32)
        figures, _ = condition_rates(CLASSIFIER, {"hair": ["Black_Hair", "Blond_Hair"]}, asked[:, None], features)
        covered += figures["hair_lift_low"] <= 0.5 <= figures["hair_lift_high"]
    assert 0.93 < covered / repeats < 0.97


def test_attribute_that_no_fake_is_conditioned_on_is_left_out_and_named():
    some = CONDITIONS[:, 0] != 2
    figures, missing = condition_rates(CLASSIFIER, GROUPS, CONDITIONS[some], shown("B--", "---", "---", "--g"))
    assert [figures[f"hair_{what}"] for what in ("judged", "hit_rate", "false_alarm_rate", "accuracy")] == [1, 0.5, 0, 0.9]
    assert missing == {"hair.Blond_Hair": "no fake is conditioned on it"}


def test_group_without_a_judged_attribute_has_a_reason():
    figures, missing = condition_rates(CLASSIFIER, GROUPS, CONDITIONS[[1, 3, 5]], shown("B-g", "-bg", "--g"))
    assert {key for key in figures if key.startswith("eyes")} == {"eyes_judged"}
    assert figures["eyes_judged"] == 0
    assert missing == {"eyes.Eyeglasses": "every fake is conditioned on it"}


def test_attribute_that_the_classifier_does_not_know_is_named_with_the_reason():
    narrow = Classifier(NAMES[1:], np.eye(3)[1:], np.zeros(2), ACCURACY)
    figures, missing = condition_rates(narrow, GROUPS, CONDITIONS, shown(*OBEYING))
    assert [figures[f"hair_{what}"] for what in ("judged", "hit_rate", "accuracy")] == [1, 1, 0.7]
    assert list(missing) == ["hair.Black_Hair"]
    assert "fewer than 5 of the real pictures" in missing["hair.Black_Hair"]


def test_accuracy_that_is_unknown_without_held_out_pictures_is_named():
    figures, missing = condition_rates(Classifier(NAMES, np.eye(3), np.zeros(3), {}), GROUPS, CONDITIONS, shown(*OBEYING))
    assert figures["hair_hit_rate"] == 1
    assert list(missing) == ["hair_accuracy", "eyes_accuracy"]


@pytest.mark.parametrize("counts", [(4, 5), (3, 2 * BLOCK + 5)])
def test_diversity_is_the_mean_squared_distance_of_pairs_with_the_same_conditions(counts: tuple[int, int]):
    few, many = drawn(counts[0], 4, seed=0), drawn(counts[1], 4, seed=1)
    sums = [np.square(side[:, None].astype(np.float64) - side).sum() / 2 for side in (few, many)]
    pairs = [len(side) * (len(side) - 1) / 2 for side in (few, many)]
    conditions = np.repeat([[0], [1]], counts, axis=0)
    assert diversity(conditions, np.concatenate([few, many])) == pytest.approx(sum(sums) / sum(pairs), rel=1e-6)


def test_diversity_of_copies_within_each_condition_is_zero_and_without_a_pair_unknown():
    assert diversity(np.array([[0], [0], [1], [1]]), np.array([[1.0], [1.0], [5.0], [5.0]])) == 0
    assert diversity(np.array([[0], [1]]), np.zeros((2, 3))) is None


def test_conditions_explain_the_variance_between_their_means():
    """Two groups at 0 and 10, each spread by 1 to both sides: (2 x 2 x 25) / (2 x 2 x 25 + 4 x 1)."""
    features, conditions = np.array([[-1.0], [1.0], [9.0], [11.0]]), np.array([[0], [0], [1], [1]])
    assert explained(conditions, features) == pytest.approx(100 / 104)
    assert explained(conditions, np.array([[-1.0], [1.0], [-1.0], [1.0]])) == 0
    assert explained(conditions, np.array([[2.0], [2.0], [3.0], [3.0]])) == 1
    assert explained(conditions, np.ones((4, 3))) is None
