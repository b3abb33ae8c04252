"""The Frechet distance between two Gaussians (Dowson & Landau 1982), which on Inception's features is the FID (Heusel et al. 2017)."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
import torch
from scipy.linalg import lapack

from ganlib.support.errors import UserError
from ganlib.support.files import replacing


@dataclass(frozen=True, eq=False)
class Statistics:
    """Mean (D,) and unbiased covariance (D, D) in float64 of `count` features; `count` is None if another tool's file lacks it."""

    mu: np.ndarray
    sigma: np.ndarray
    count: int | None
    stored_root: np.ndarray | None = None

    @classmethod
    def of(cls, features: np.ndarray) -> Self:
        """The statistics of (N, D) features; fewer than two are a UserError.

        Two passes over blocks of D features, so that float64 copies are never larger than the covariance.
        """
        count, dimensions = features.shape
        if count < 2:
            raise UserError(f"a Frechet distance needs at least 2 pictures on each side, not {count}")
        mu = features.mean(axis=0, dtype=np.float64)
        sigma = np.zeros((dimensions, dimensions))
        for start in range(0, count, dimensions):
            deviations = features[start : start + dimensions] - mu
            sigma += deviations.T @ deviations
        return cls(mu, sigma / (count - 1), count)

    @cached_property
    def root(self) -> np.ndarray:
        """(R, D) with root.T @ root = sigma of rank R: the Cholesky factor with complete pivoting (Higham 1990), largest rows first."""
        if self.stored_root is not None:
            return self.stored_root
        factor, pivots, rank, _ = lapack.dpstrf(self.sigma)
        root = np.empty((rank, len(self.mu)))
        root[:, pivots - 1] = np.triu(factor)[:rank]
        return root

    @property
    def rank_at_most(self) -> int:
        """Upper bound on the rank of the covariance."""
        return len(self.mu) if self.count is None else min(len(self.mu), self.count - 1)

    def save(self, path: Path, extractor: str, protocol: str) -> None:
        """Write a .npz that pytorch-fid can read (`mu`, `sigma`), atomically; equal statistics give equal bytes."""
        with replacing(path) as target, target.open("wb") as file:
            np.savez(file, mu=self.mu, sigma=self.sigma, root=self.root, count=np.array(self.count), extractor=extractor, protocol=protocol)

    @classmethod
    def load(cls, path: Path, extractor: str, protocol: str, dimensions: int = 2048) -> Self:
        """Read a file by `save`, or `mu` and `sigma` by pytorch-fid or clean-fid, which store neither extractor, protocol nor count.

        Another extractor or protocol, other `dimensions`, values that are not finite and other kinds of files are a UserError.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                found = [str(stored[key]) if key in stored else own for key, own in (("extractor", extractor), ("protocol", protocol))]
                count = int(stored["count"]) if "count" in stored else None
                mu, sigma = (stored[key].astype(np.float64, casting="same_kind") for key in ("mu", "sigma"))
                root = stored.get("root")
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
        except (BadZipFile, EOFError, KeyError, RuntimeError, TypeError, ValueError, zlib.error):
            raise UserError(f"{path}: not a .npz with the arrays `mu` and `sigma`, as ganlib, pytorch-fid and clean-fid write it") from None
        if found != [extractor, protocol]:
            raise UserError(f"{path}: computed with {' and '.join(found)}, not with {extractor} and {protocol}; recompute it")
        shapes = (mu.shape, sigma.shape, (dimensions,) if root is None else root.shape[1:])
        if shapes != ((dimensions,), (dimensions, dimensions), (dimensions,)):
            raise UserError(f"{path}: `mu` {mu.shape} and `sigma` {sigma.shape} are not of the {dimensions} dimensions of {extractor}")
        if not all(np.isfinite(array).all() for array in (mu, sigma, 0 if root is None else root)):
            raise UserError(f"{path}: contains values that are not finite; recompute it")
        return cls(mu, sigma, count, root)


def frechet_distance(real: Statistics, fake: Statistics) -> float:
    """|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) (Heusel et al. 2017, equation 6).

    With S1 = R.T R the nonzero eigenvalues of S1 S2 are those of R S2 R.T, which is symmetric, and small if R has few rows: R is from the
    side with fewer pictures, or else from the real side, whose root is stored. R's rows decrease in norm, so R S2 R.T is graded, and the
    eigenvalues of a graded matrix are accurate down to the smallest (Barlow & Demmel 1990), as the square root requires.
    """
    inner, outer = (real, fake) if real.rank_at_most <= fake.rank_at_most else (fake, real)
    root, sigma = torch.from_numpy(inner.root), torch.from_numpy(outer.sigma)
    eigenvalues = torch.linalg.eigvalsh(root @ sigma @ root.T)  # by MKL, three to five times as fast as SciPy's
    overlap = eigenvalues.clamp(min=0).sqrt().sum().item()
    distance = np.square(real.mu - fake.mu).sum() + np.trace(real.sigma) + np.trace(fake.sigma) - 2 * overlap
    return max(float(distance), 0.0)
