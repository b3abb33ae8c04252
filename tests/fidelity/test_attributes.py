"""Attributes learnt from features whose classes are known Gaussians."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from ganlib.fidelity import attributes
from ganlib.fidelity.attributes import Classifier
from ganlib.fidelity.reference import Reference
from tests.fidelity.features import drawn

COUNT = 1200
SHARES = {"Smiling": 0.5, "Eyeglasses": 0.06, "Bald": 0.003}
SHIFT = 3.0  # standard deviations between the two classes' means


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Attributes by chance, for twice as many pictures as are learnt from."""
    rng = np.random.default_rng(0)
    held = {name: np.where(rng.random(2 * COUNT) < share, 1, -1) for name, share in SHARES.items()}
    return pd.DataFrame({"file": "x.jpg", "split": "train", **held})


def reference_of(table: pd.DataFrame, dimensions: int, seen: int = COUNT) -> Reference:
    """Features with unit noise; each attribute moves one of them, and each has another scale."""
    features = drawn(2 * COUNT, dimensions, seed=1)
    for dimension, name in enumerate(SHARES):
        features[:, dimension] += SHIFT * (table[name] == 1)
    features *= 10.0 ** np.linspace(-3, 5, dimensions, dtype=np.float32)
    rows = np.random.default_rng(2).permutation(2 * COUNT)
    return Reference(10, features[rows[:seen]], rows[:seen], features[rows[COUNT:]], rows[COUNT:])


@pytest.fixture(scope="module")
def reference(table: pd.DataFrame) -> Reference:
    return reference_of(table, 12)


@pytest.fixture(scope="module")
def classifier(reference: Reference, table: pd.DataFrame) -> Classifier:
    return Classifier.fit(reference, table, SHARES)


def test_held_out_accuracy_is_that_of_the_best_classifier_however_rare_the_attribute(classifier: Classifier):
    best = ndtr(SHIFT / 2)  # two unit Gaussians SHIFT apart, separated at their midpoint
    assert classifier.names == ["Smiling", "Eyeglasses"]
    assert classifier.accuracy == pytest.approx({"Smiling": best, "Eyeglasses": best}, abs=0.04)


def test_attribute_of_too_few_pictures_is_left_out(classifier: Classifier, reference: Reference, table: pd.DataFrame):
    assert 0 < (table["Bald"].iloc[reference.seen_rows] == 1).sum() < attributes.FEWEST
    assert "Bald" not in classifier.names
    assert Classifier.fit(reference, -table[["Bald"]], ["Bald"]).names == []


def test_accuracy_is_computed_from_the_predictions(classifier: Classifier, reference: Reference, table: pd.DataFrame):
    shown = classifier.predict(reference.held_out)["Smiling"]
    true = (table["Smiling"].iloc[reference.held_out_rows] == 1).to_numpy()
    assert (shown[true].mean() + (~shown[~true]).mean()) / 2 == pytest.approx(classifier.accuracy["Smiling"])


@pytest.mark.parametrize("dimensions", [3, 100])
def test_weights_are_the_ridge_solution_and_the_plane_is_midway_between_leave_one_out_scores(dimensions: int, monkeypatch):
    monkeypatch.setattr(attributes, "BLOCK", 25)
    features = drawn(60, dimensions, seed=3, scale=4, shift=2)
    labels = np.random.default_rng(4).random((60, 1)) + features[:, :1] / 20 > 0.8
    weight, bias = attributes._fit(features, labels)

    z = np.c_[(features - features.mean(axis=0, dtype=np.float64)) / features.std(axis=0, ddof=1, dtype=np.float64), np.ones(60)]
    penalty = attributes.PENALTY * np.diag([1.0] * dimensions + [0.0])  # none on the intercept
    hat = z @ np.linalg.solve(z.T @ z + penalty, z.T)
    y, h = np.where(labels[:, 0], 1.0, -1.0), np.trace(hat) / 60
    left_out = (hat @ y - h * y) / (1 - h)  # by generalised cross-validation's shortcut, intercept and all
    middle = (left_out[y > 0].mean() + left_out[y < 0].mean()) / 2
    np.testing.assert_allclose(features @ weight[0] + bias[0], hat @ y - middle, atol=1e-5)


def test_rare_attribute_is_recognised_as_often_as_its_absence_even_by_more_dimensions_than_pictures(table: pd.DataFrame):
    reference = reference_of(table, 400, seen=300)
    shown = Classifier.fit(reference, table, ["Eyeglasses"]).predict(reference.held_out)["Eyeglasses"]
    true = (table["Eyeglasses"].iloc[reference.held_out_rows] == 1).to_numpy()
    # With a threshold midway between the scores of the training pictures themselves, the rates would be 0.06 and 0.99.
    assert shown[true].mean() == pytest.approx((~shown[~true]).mean(), abs=0.2)
    assert shown[true].mean() > 0.5


def test_without_held_out_pictures_no_accuracy_is_claimed(reference: Reference, table: pd.DataFrame):
    nothing = Reference(10, reference.seen, reference.seen_rows, reference.held_out[:0], reference.held_out_rows[:0])
    assert Classifier.fit(nothing, table, SHARES).accuracy == {}


def test_only_requested_attributes_are_learned(reference: Reference, table: pd.DataFrame):
    assert Classifier.fit(reference, table, []).predict(reference.held_out) == {}
    assert set(Classifier.fit(reference, table, ["Smiling"]).predict(reference.held_out)) == {"Smiling"}
