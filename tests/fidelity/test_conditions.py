"""Obedience and diversity of fakes whose features are written by hand."""

import numpy as np
import pytest

from ganlib.fidelity.attributes import Classifier
from ganlib.fidelity.conditions import diversity, obedience

GROUPS = {"hair": ["Black_Hair", "Blond_Hair"], "eyes": ["Eyeglasses"]}
NAMES = np.array(["Black_Hair", "Blond_Hair", "Eyeglasses"])
# An attribute is shown where its own dimension is positive.
CLASSIFIER = Classifier(NAMES, np.eye(3), np.zeros(3), np.array([0.9, 0.7, 0.95]))
CONDITIONS = np.array([[1, 0], [1, 1], [2, 0], [2, 1], [0, 0], [0, 1]])


def shown(*attributes: str) -> np.ndarray:
    """A feature for each picture, from a word like "B-g": black, not blond, glasses."""
    return np.array([[1.0 if letter != "-" else -1.0 for letter in word] for word in attributes], np.float32)


def test_generator_that_obeys_always_does_and_never_unasked():
    figures = obedience(CLASSIFIER, GROUPS, CONDITIONS, shown("B--", "B-g", "-b-", "-bg", "---", "--g"))
    assert figures == pytest.approx(
        {"hair_obeyed": 1, "hair_unasked": 0, "hair_accuracy": 0.8, "eyes_obeyed": 1, "eyes_unasked": 0, "eyes_accuracy": 0.95}
    )


def test_deaf_generator_obeys_as_often_as_unasked():
    figures = obedience(CLASSIFIER, GROUPS, CONDITIONS, shown("B-g", "B--", "B-g", "B--", "B--", "B-g"))
    assert (figures["hair_obeyed"], figures["hair_unasked"]) == (0.5, 0.5)
    assert (figures["eyes_obeyed"], figures["eyes_unasked"]) == pytest.approx((1 / 3, 2 / 3))


def test_group_with_an_attribute_that_nobody_was_made_for_is_left_out():
    some = CONDITIONS[:, 0] != 2
    figures = obedience(CLASSIFIER, GROUPS, CONDITIONS[some], shown("B--", "B-g", "---", "--g"))
    assert set(figures) == {"eyes_obeyed", "eyes_unasked", "eyes_accuracy"}


def test_group_with_an_attribute_that_the_classifier_does_not_know_is_left_out():
    narrow = Classifier(NAMES[1:], np.eye(3)[1:], np.zeros(2), np.array([0.7, 0.95]))
    assert "hair_obeyed" not in obedience(narrow, GROUPS, CONDITIONS, shown("B--", "B-g", "-b-", "-bg", "---", "--g"))


def test_diversity_is_the_mean_squared_distance_of_pairs_with_the_same_conditions():
    rng = np.random.default_rng(0)
    features, conditions = rng.standard_normal((9, 4)), np.array([[0]] * 4 + [[1]] * 5)
    pairs = [(i, j) for i in range(9) for j in range(i) if conditions[i] == conditions[j]]
    expected = np.mean([np.square(features[i] - features[j]).sum() for i, j in pairs])
    assert diversity(conditions, features) == pytest.approx(expected)


def test_copies_within_each_condition_have_no_diversity():
    assert diversity(np.array([[0], [0], [1], [1]]), np.array([[1.0], [1.0], [5.0], [5.0]])) == 0


def test_without_a_pair_diversity_is_unknown():
    assert np.isnan(diversity(np.array([[0], [1]]), np.zeros((2, 3))))
