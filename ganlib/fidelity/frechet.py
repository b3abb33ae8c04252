"""The Frechet distance between two Gaussians (Dowson & Landau 1982), which on Inception's features is the FID (Heusel et al. 2017)."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from scipy import linalg

from ganlib.errors import UserError
from ganlib.files import replacing


@dataclass(frozen=True, eq=False)
class Statistics:
    """Mean (D,) and unbiased covariance (D, D) of `count` features, in float64.

    `deviations` (count, D), where there are fewer of them than dimensions, are the centred features over sqrt(count - 1):
    the covariance is `deviations.T @ deviations`, exactly of their rank.
    """

    mu: np.ndarray
    sigma: np.ndarray
    count: int
    deviations: np.ndarray | None = None

    @classmethod
    def of(cls, features: np.ndarray) -> Self:
        """The statistics of (N, D) features; fewer than two, or any that is not finite, is a UserError."""
        count, dimensions = features.shape
        if count < 2:
            raise UserError(f"a Frechet distance needs at least 2 pictures on each side, not {count}")
        if not np.isfinite(features).all():
            bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
            raise UserError(f"the features of {len(bad)} of {count} pictures are not finite numbers, the first of them picture {bad[0]}")
        deviations = features.astype(np.float64)
        mu = deviations.mean(axis=0)
        deviations -= mu
        deviations /= np.sqrt(count - 1)
        return cls(mu, deviations.T @ deviations, count, deviations if count < dimensions else None)

    @cached_property
    def root(self) -> np.ndarray:
        """Some B with B.T @ B = sigma: the deviations if they are kept, else the eigenvectors scaled."""
        if self.deviations is not None:
            return self.deviations
        eigenvalues, vectors = linalg.eigh(self.sigma, driver="evd")
        return np.sqrt(eigenvalues.clip(min=0))[:, None] * vectors.T

    def save(self, path: Path, extractor: str, protocol: str) -> None:
        """Write a .npz that pytorch-fid can read (`mu`, `sigma`), whole or not at all; the same statistics give the same bytes."""
        kept = {} if self.deviations is None else {"deviations": self.deviations}
        with replacing(path) as target, target.open("wb") as file:
            np.savez(file, mu=self.mu, sigma=self.sigma, count=self.count, extractor=extractor, protocol=protocol, **kept)

    @classmethod
    def load(cls, path: Path, extractor: str, protocol: str) -> Self:
        """Read what `save` wrote; statistics of another extractor or protocol are a UserError."""
        with np.load(path, allow_pickle=False) as stored:
            made = [str(stored.get(key, f"an unnamed {key}")) for key in ("extractor", "protocol")]
            if made != [extractor, protocol]:
                raise UserError(f"{path}: made with {' and '.join(made)}, not with {extractor} and {protocol}; remove it and make it again")
            return cls(stored["mu"], stored["sigma"], int(stored["count"]), stored.get("deviations"))


def frechet_distance(real: Statistics, fake: Statistics) -> float:
    """|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) (Heusel et al. 2017, equation 6).

    With S1 = A.T A and S2 = B.T B, S1 S2 shares its eigenvalues other than zero with (A B.T)(A B.T).T, so the trace of its root is
    the sum of A B.T's singular values, which loses no digits where covariances of few pictures have most eigenvalues: near zero.
    """
    overlap = linalg.svdvals(real.root @ fake.root.T).sum()
    distance = np.square(real.mu - fake.mu).sum() + np.trace(real.sigma) + np.trace(fake.sigma) - 2 * overlap
    return max(float(distance), 0.0)
