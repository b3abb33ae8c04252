"""Which attributes a picture shows: linear classifiers on its Inception features, trained on the real pictures' own labels."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from ganlib.fidelity.arrays import Arrays
from ganlib.fidelity.reference import Reference

PENALTY = 10.0
FEWEST = 5  # pictures with an attribute, and without it, below which nothing is learnt about it


@dataclass(frozen=True, eq=False)
class Classifier(Arrays):
    """A logistic regression for each of the A attributes `names`: weight (A, D), bias (A,).

    accuracy (A,), balanced: the mean of the shares of held-out pictures with and without the attribute that are told rightly; NaN where
    either kind is missing.
    """

    names: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    accuracy: np.ndarray

    @classmethod
    def of(cls, reference: Reference, table: pd.DataFrame) -> Self:
        """Trained on the pictures that training sees; `table` tells, by rows of the cache, every attribute as 1 or -1.

        An attribute that hardly any or nearly all of them have is left out. The loss is the mean log loss, in which both classes weigh the
        same however rare one is, plus PENALTY / N times half the squared weights of standardised features.
        """
        labels = table.drop(columns=["file", "split"]).iloc[reference.seen_rows] == 1
        labels = labels.loc[:, labels.sum().between(FEWEST, len(labels) - FEWEST)]
        mean, deviation = reference.seen.mean(axis=0, dtype=np.float64), reference.seen.std(axis=0, dtype=np.float64) + 1e-6
        weight, bias = _fit(((reference.seen - mean) / deviation).astype(np.float32), labels.to_numpy(bool))
        weight = weight / deviation
        bias = bias - weight @ mean

        true = (table[list(labels)].iloc[reference.held_out_rows] == 1).to_numpy(bool)
        said = _says(reference.held_out, weight, bias)
        with np.errstate(invalid="ignore"):
            accuracy = ((said & true).sum(axis=0) / true.sum(axis=0) + (~said & ~true).sum(axis=0) / (~true).sum(axis=0)) / 2
        return cls(np.array(list(labels), dtype=str), weight, bias, accuracy)

    def says(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """For each attribute (N,) bool: which of the pictures with features (N, D) show it."""
        return dict(zip(self.names.tolist(), _says(features, self.weight, self.bias).T, strict=True))


def _says(features: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return features @ weight.T + bias > 0


def _fit(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (A, D) and biases (A,) for features (N, D) and labels (N, A); all attributes at once, as they need the same products.

    Where N < D the fit is made in the space that the features span, which holds the minimum (representer theorem, Schölkopf et al. 2001).
    """
    if len(features) < features.shape[1]:
        basis, inside = np.linalg.qr(features.T)
        weight, bias = _fit(inside.T, labels)
        return weight @ basis.T, bias
    sign = np.where(labels, 1.0, -1.0)
    share = np.where(labels, 0.5 / labels.sum(axis=0), 0.5 / (~labels).sum(axis=0))
    ridge = PENALTY / len(labels)
    start = np.zeros((labels.shape[1], features.shape[1] + 1))

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weight, bias = np.split(parameters.reshape(start.shape), [-1], axis=1)
        margin = sign * (features @ weight.T.astype(np.float32) + bias.T)
        slope = -share * sign * expit(-margin)
        gradient = np.hstack([slope.T.astype(np.float32) @ features + ridge * weight, slope.sum(axis=0)[:, None]])
        return (share * np.logaddexp(0, -margin)).sum() + ridge / 2 * np.square(weight).sum(), gradient.ravel()

    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B").x.reshape(start.shape) if start.size else start
    return found[:, :-1], found[:, -1]
