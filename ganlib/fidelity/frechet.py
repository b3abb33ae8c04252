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
    """Mean (D,) and unbiased covariance (D, D) in float64 of `count` features, which is None where another tool's file does not say."""

    mu: np.ndarray
    sigma: np.ndarray
    count: int | None
    stored_root: np.ndarray | None = None

    @classmethod
    def of(cls, features: np.ndarray) -> Self:
        """The statistics of (N, D) features; fewer than two are a UserError.

        In two passes over D features at a time, so that float64 copies are never larger than the covariance.
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
        """(R, D) with root.T @ root = sigma of rank R: its Cholesky factor with complete pivoting (Higham 1990), largest rows first."""
        if self.stored_root is not None:
            return self.stored_root
        factor, pivots, rank, _ = lapack.dpstrf(self.sigma)
        root = np.empty((rank, len(self.mu)))
        root[:, pivots - 1] = np.triu(factor)[:rank]
        return root

    @property
    def rank_at_most(self) -> int:
        """What the covariance of so few features can have."""
        return min(len(self.mu), (self.count or np.inf) - 1)

    def save(self, path: Path, extractor: str, protocol: str) -> None:
        """Write a .npz that pytorch-fid can read (`mu`, `sigma`), whole or not at all; the same statistics give the same bytes."""
        with replacing(path) as target, target.open("wb") as file:
            np.savez(file, mu=self.mu, sigma=self.sigma, root=self.root, count=self.count, extractor=extractor, protocol=protocol)

    @classmethod
    def load(cls, path: Path, extractor: str, protocol: str, dimensions: int = 2048) -> Self:
        """Read what `save` wrote, or the `mu` and `sigma` of pytorch-fid or clean-fid, which name neither extractor, protocol nor count.

        A file that names others than these, of other `dimensions`, with values that are not finite or of any other kind is a UserError.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                made = [str(stored[key]) if key in stored else asked for key, asked in (("extractor", extractor), ("protocol", protocol))]
                count = int(stored["count"]) if "count" in stored else None
                mu, sigma = (stored[key].astype(np.float64, casting="same_kind") for key in ("mu", "sigma"))
                root = stored.get("root")
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
        except (BadZipFile, EOFError, KeyError, RuntimeError, TypeError, ValueError, zlib.error):
            raise UserError(f"{path}: is no .npz with the arrays `mu` and `sigma`, as ganlib, pytorch-fid and clean-fid write it") from None
        if made != [extractor, protocol]:
            raise UserError(f"{path}: made with {' and '.join(made)}, not with {extractor} and {protocol}; make it again with these")
        shapes = (mu.shape, sigma.shape, (dimensions,) if root is None else root.shape[1:])
        if shapes != ((dimensions,), (dimensions, dimensions), (dimensions,)):
            raise UserError(f"{path}: `mu` {mu.shape} and `sigma` {sigma.shape} are not of the {dimensions} dimensions of {extractor}")
        if not all(np.isfinite(array).all() for array in (mu, sigma, 0 if root is None else root)):
            raise UserError(f"{path}: holds values that are not finite numbers; make it again")
        return cls(mu, sigma, count, root)


def frechet_distance(real: Statistics, fake: Statistics) -> float:
    """|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) (Heusel et al. 2017, equation 6).

    With S1 = R.T R the product S1 S2 shares its eigenvalues other than zero with R S2 R.T, which is symmetric, and small where R has
    few rows: that of the side with fewer pictures, or else of the real side, whose root is stored. R's rows fall in size, and so do the
    product's: a matrix graded like that keeps the digits of its smallest eigenvalues (Barlow & Demmel 1990), which the square root needs.
    """
    inner, outer = (real, fake) if real.rank_at_most <= fake.rank_at_most else (fake, real)
    root, sigma = torch.from_numpy(inner.root), torch.from_numpy(outer.sigma)
    eigenvalues = torch.linalg.eigvalsh(root @ sigma @ root.T)  # MKL's, three to five times as fast as SciPy's
    overlap = eigenvalues.clamp(min=0).sqrt().sum().item()
    distance = np.square(real.mu - fake.mu).sum() + np.trace(real.sigma) + np.trace(fake.sigma) - 2 * overlap
    return max(float(distance), 0.0)
