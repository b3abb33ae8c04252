"""Features of real pictures, with which the fakes of every report of one crop are compared."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from ganlib.data.faces import Faces, evenly_spaced
from ganlib.fidelity.inception import DIMENSIONS
from ganlib.support.errors import UserError
from ganlib.support.files import replacing

BATCH = 100

Features = Callable[[Iterable[np.ndarray], str, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Reference:
    """float32 features of real pictures of one crop, and their rows in the cache.

    seen (M, D): pictures of the training split, first the `samples` that fakes are scored against, then as many others if the floor
    needs them; held_out (H, D): pictures of other splits, at most `samples`.
    """

    samples: int
    seen: np.ndarray
    seen_rows: np.ndarray
    held_out: np.ndarray
    held_out_rows: np.ndarray

    @classmethod
    def of(cls, features: Features, faces: Faces, held_out: Faces, *, samples: int) -> Self:
        """The reference of the split `faces`, all pictures evenly spaced.

        `features` is called with batches of (n, 3, S, S) uint8, a description and the total count.
        """

        def extract(source: Faces, indices: np.ndarray, desc: str) -> np.ndarray:
            batches = (source[indices[start : start + BATCH]] for start in range(0, len(indices), BATCH))
            return features(batches, desc, len(indices))

        seen, unseen = _chosen(faces, held_out, samples)
        return cls(
            samples,
            extract(faces, seen, "features of reals"), faces.rows[seen],
            extract(held_out, unseen, "features of held-out reals"), held_out.rows[unseen],
        )  # fmt: skip

    @property
    def scored(self) -> np.ndarray:
        """(N, D): the reals that fakes are scored against; a view."""
        return self.seen[: self.samples]

    @property
    def scored_rows(self) -> np.ndarray:
        """(N,): the rows of `scored`."""
        return self.seen_rows[: self.samples]

    @property
    def unscored(self) -> np.ndarray:
        """(M - N, D): the other reals of the training split; a view."""
        return self.seen[self.samples :]

    @property
    def floor_reals(self) -> np.ndarray | None:
        """(N, D) other reals, which stand for a perfect generator's fakes: held out, or else unscored; None if both are too few."""
        return next((side for side in (self.held_out, self.unscored) if len(side) == self.samples), None)

    def save(self, path: Path) -> None:
        """Write a .npz atomically; equal features give equal bytes."""
        with replacing(path) as target, target.open("wb") as file:
            np.savez(file, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(int(stored["samples"]), *(stored[name] for name in ("seen", "seen_rows", "held_out", "held_out_rows")))


def bytes_needed(faces: Faces, held_out: Faces, samples: int) -> int:
    """About the size of a reference's files: its features, a covariance and the covariance's root."""
    return 4 * DIMENSIONS * sum(map(len, _chosen(faces, held_out, samples))) + 2 * 8 * DIMENSIONS**2


def check_samples(samples: int, faces: Faces) -> None:
    """Refuse more samples than the split has pictures with a UserError."""
    if samples > len(faces):
        raise UserError(f"params.yaml: datasets: samples {samples}: the split has only {len(faces)} pictures; lower samples")


def _chosen(faces: Faces, held_out: Faces, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the pictures of `faces`, scored ones first, and of those of `held_out`."""
    check_samples(samples, faces)
    scored = evenly_spaced(samples, len(faces))
    rest = np.setdiff1d(np.arange(len(faces)), scored)
    others = rest[evenly_spaced(samples, len(rest))] if len(held_out) < samples <= len(rest) else rest[:0]
    return np.concatenate([scored, others]), evenly_spaced(min(samples, len(held_out)), len(held_out))
