"""Which attributes a picture shows: linear classifiers on its Inception features, fitted to the real pictures' own labels."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.reference import Reference

PENALTY = 300.0  # times the squared weights of features of variance 1; from 50 to 500 no accuracy moves by more than 0.02
FEWEST = 5  # pictures with an attribute, and without it, below which nothing is learnt about it
BLOCK = 2048  # pictures that are float64 at a time


@dataclass(frozen=True, eq=False)
class Classifier:
    """For each of the A attributes `names` a plane in feature space: weight (A, D), bias (A,).

    `accuracy`, balanced: the mean of the shares of held-out pictures with and without the attribute that it gets right; an
    attribute of which there is only one kind is not in it.
    """

    names: list[str]
    weight: np.ndarray
    bias: np.ndarray
    accuracy: dict[str, float]

    @classmethod
    def fit(cls, reference: Reference, table: pd.DataFrame, names: Collection[str]) -> Self:
        """From the pictures that training sees; columns `names` of `table` tell by rows of the cache who has an attribute: 1, or else -1.

        One that hardly any or nearly all of them have is left out.
        """
        labels = table[list(names)].iloc[reference.seen_rows] == 1
        labels = labels.loc[:, labels.sum().between(FEWEST, len(labels) - FEWEST)]
        classifier = cls(list(labels), *_fit(reference.seen, labels.to_numpy(bool)), {})
        for name, shown in classifier.predict(reference.held_out).items():
            true = (table[name].iloc[reference.held_out_rows] == 1).to_numpy()
            if 0 < true.sum() < len(true):
                classifier.accuracy[name] = float(shown[true].mean() + (~shown[~true]).mean()) / 2
        return classifier

    def predict(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """For each attribute (N,) bool: which of the pictures with features (N, D) show it."""
        scores = features @ self.weight.T.astype(np.float32) + self.bias  # float64 weights would make a float64 copy of the features
        return dict(zip(self.names, (scores > 0).T, strict=True))


def _fit(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (A, D) and biases (A,) for features (N, D) and labels (N, A), in closed form, all attributes by one inverse.

    Ridge regression (Hoerl & Kennard 1970) on y = +1 and -1: w = (Z'Z + PENALTY)^-1 Z'y for features Z of mean 0 and variance 1, which
    points where linear discriminant analysis does (Hastie, Tibshirani & Friedman 2009, exercise 4.2). So that both classes weigh the
    same however rare one is, the plane lies midway between their mean scores; and as it fits its own few pictures of many dimensions better
    than new ones, these are what each picture scores by the fit without it: (z.w - h (y - mean y)) / (1 - h), with the mean of all
    leverages for its own h, as in generalised cross-validation (Golub, Heath & Wahba 1979).
    """
    count, dimensions = features.shape
    moments, with_it = Statistics.of(features), labels.sum(axis=0)
    deviation, strength = np.sqrt(moments.sigma.diagonal()) + 1e-6, PENALTY / (count - 1)
    inverse = np.linalg.inv(moments.sigma / np.outer(deviation, deviation) + strength * np.eye(dimensions))
    leverage = (1 + dimensions - strength * np.trace(inverse)) / count

    total = np.zeros((len(with_it), dimensions))
    for start in range(0, count, BLOCK):
        total += labels[start : start + BLOCK].T.astype(np.float64) @ (features[start : start + BLOCK] - moments.mu)
    total /= deviation  # of z over the pictures with the attribute, and by the same below 0 over those without
    weight = 2 / (count - 1) * total @ inverse
    score = (weight * total).sum(axis=1)
    midway = (score / with_it - score / (count - with_it)) / 2 - leverage * (1 - 2 * with_it / count)
    weight /= deviation
    return weight, -midway / (1 - leverage) - weight @ moments.mu
