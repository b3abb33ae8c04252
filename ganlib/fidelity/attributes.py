"""Linear classifiers of attributes on Inception features, fitted to real pictures and their labels."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.reference import Reference

PENALTY = 300.0  # of the squared weights of standardised features; from 50 to 500 no accuracy changes by more than 0.02
FEWEST = 5  # pictures with and without an attribute, to fit a classifier
BLOCK = 2048  # pictures converted to float64 at a time

TOO_FEW = f"fewer than {FEWEST} of the real pictures have it, or fewer than {FEWEST} lack it"
ONE_CLASS = "the held-out pictures all have it, or all lack it"


@dataclass(frozen=True, eq=False)
class Classifier:
    """A hyperplane for each of A attributes: weight (A, D), bias (A,).

    `accuracy`: balanced accuracy on held-out pictures, without attributes of which these have only one class.
    """

    names: list[str]
    weight: np.ndarray
    bias: np.ndarray
    accuracy: dict[str, float]

    @classmethod
    def fit(cls, reference: Reference, table: pd.DataFrame, names: Collection[str]) -> Self:
        """Fit on the reference's training pictures; `table` has the columns `names`, 1 or -1, by rows of the cache.

        Attributes that fewer than 5 pictures have, or lack, are left out.
        """
        labels = table[list(names)].iloc[reference.seen_rows] == 1
        labels = labels.loc[:, labels.sum().between(FEWEST, len(labels) - FEWEST)]
        classifier = cls(labels.columns.tolist(), *_fit(reference.seen, labels.to_numpy(bool)), {})
        for name, predicted in classifier.predict(reference.held_out).items():
            true = (table[name].iloc[reference.held_out_rows] == 1).to_numpy()
            if 0 < true.sum() < len(true):
                classifier.accuracy[name] = float(predicted[true].mean() + (~predicted[~true]).mean()) / 2
        return classifier

    def predict(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """(N,) bool for each attribute: which pictures with features (N, D) show it."""
        scores = features @ self.weight.T.astype(np.float32) + self.bias  # float64 weights would copy the features to float64
        return dict(zip(self.names, (scores > 0).T, strict=True))


def _fit(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (A, D) and biases (A,) for features (N, D) and labels (N, A), in closed form; all attributes share one inverse.

    Ridge regression (Hoerl & Kennard 1970) on y = +1 and -1: w = (Z'Z + PENALTY)^-1 Z'y for standardised features Z; its direction is
    that of linear discriminant analysis (Hastie, Tibshirani & Friedman 2009, exercise 4.2). The threshold is midway between the classes'
    mean scores, so that a rare class weighs as much as a common one. The scores are leave-one-out predictions, since with more dimensions
    than pictures the fit is better on its own pictures than on new ones: (z.w - h (y - mean y)) / (1 - h), with the mean leverage as h, as
    in generalised cross-validation (Golub, Heath & Wahba 1979).
    """
    count, dimensions = features.shape
    moments, positive = Statistics.of(features), labels.sum(axis=0)
    deviation, strength = np.sqrt(moments.sigma.diagonal()) + 1e-6, PENALTY / (count - 1)
    inverse = np.linalg.inv(moments.sigma / np.outer(deviation, deviation) + strength * np.eye(dimensions))
    leverage = (1 + dimensions - strength * np.trace(inverse)) / count

    total = np.zeros((len(positive), dimensions))
    for start in range(0, count, BLOCK):
        total += labels[start : start + BLOCK].T.astype(np.float64) @ (features[start : start + BLOCK] - moments.mu)
    total /= deviation  # sum of z over the pictures with the attribute, and minus the sum over those without
    weight = 2 / (count - 1) * total @ inverse
    score = (weight * total).sum(axis=1)
    midway = (score / positive - score / (count - positive)) / 2 - leverage * (1 - 2 * positive / count)
    weight /= deviation
    return weight, -midway / (1 - leverage) - weight @ moments.mu
