"""Attributes learnt from features whose classes are known Gaussians."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, ndtr

from ganlib.fidelity import attributes
from ganlib.fidelity.attributes import Classifier
from ganlib.fidelity.reference import Reference

COUNT = 1200
SHARES = {"Smiling": 0.5, "Eyeglasses": 0.06, "Bald": 0.003}
SHIFT = 3.0  # standard deviations between the two classes' means


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Attributes by chance, for twice as many pictures as are learnt from."""
    rng = np.random.default_rng(0)
    held = {name: np.where(rng.random(2 * COUNT) < share, 1, -1) for name, share in SHARES.items()}
    return pd.DataFrame({"file": "x.jpg", "split": "train", **held})


@pytest.fixture(scope="module")
def reference(table: pd.DataFrame) -> Reference:
    """Features of 12 dimensions with unit noise; an attribute moves one of them, at another scale."""
    rng = np.random.default_rng(1)
    features = rng.standard_normal((2 * COUNT, 12))
    for dimension, name in enumerate(SHARES):
        features[:, dimension] += SHIFT * (table[name] == 1)
    features = (features * 10.0 ** np.arange(-6, 6)).astype(np.float32)
    rows = np.arange(2 * COUNT)
    some = COUNT // 2
    return Reference(features[:some], rows[:some], features[some:COUNT], rows[some:COUNT], features[COUNT:], rows[COUNT:])


@pytest.fixture(scope="module")
def classifier(reference: Reference, table: pd.DataFrame) -> Classifier:
    return Classifier.of(reference, table)


def test_held_out_accuracy_is_that_of_the_best_classifier_however_rare_the_attribute(classifier: Classifier):
    best = ndtr(SHIFT / 2)  # two unit Gaussians SHIFT apart, told by their midpoint
    assert classifier.names.tolist() == ["Smiling", "Eyeglasses"]
    assert classifier.accuracy == pytest.approx([best, best], abs=0.04)


def test_attribute_that_hardly_any_picture_has_is_left_out(classifier: Classifier, table: pd.DataFrame):
    assert 0 < (table["Bald"][:COUNT] == 1).sum() < attributes.FEWEST
    assert "Bald" not in classifier.names


def test_says_is_what_accuracy_was_taken_from(classifier: Classifier, reference: Reference, table: pd.DataFrame):
    said = classifier.says(reference.held_out)["Smiling"]
    true = (table["Smiling"][COUNT:] == 1).to_numpy()
    assert (said[true].mean() + (~said[~true]).mean()) / 2 == pytest.approx(classifier.accuracy[0])


@pytest.mark.parametrize("dimensions", [3, 100])
def test_fit_is_the_minimum_of_the_stated_loss(dimensions: int):
    rng = np.random.default_rng(2)
    features = rng.standard_normal((60, dimensions)).astype(np.float32)
    labels = features[:, :1] + rng.standard_normal((60, 1)) > 0.5
    weight, bias = attributes._fit(features, labels)
    wrong = expit(features @ weight[0] + bias[0]) - labels[:, 0]
    wrong *= np.where(labels[:, 0], 0.5 / labels.sum(), 0.5 / (~labels).sum())
    assert wrong @ features + attributes.PENALTY / 60 * weight[0] == pytest.approx(np.zeros(dimensions), abs=1e-4)
    assert wrong.sum() == pytest.approx(0, abs=1e-4)


def test_without_held_out_pictures_no_accuracy_is_claimed(reference: Reference, table: pd.DataFrame):
    nothing = Reference(**{**vars(reference), "held_out": reference.held_out[:0], "held_out_rows": reference.held_out_rows[:0]})
    assert np.isnan(Classifier.of(nothing, table).accuracy).all()


def test_table_without_attributes_teaches_nothing(reference: Reference, table: pd.DataFrame):
    classifier = Classifier.of(reference, table[["file", "split"]])
    assert classifier.says(reference.held_out) == {}


def test_stored_classifier_says_the_same(classifier: Classifier, reference: Reference, tmp_path):
    classifier.save(tmp_path / "classifier.npz")
    stored = Classifier.load(tmp_path / "classifier.npz")
    for name, said in classifier.says(reference.held_out).items():
        assert np.array_equal(stored.says(reference.held_out)[name], said)
